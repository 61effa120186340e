"""A compiled project at work: a client in this process, and `wfc worker` processes as a user has them.

Comes in: a project's folder. Goes out: runs that are started and awaited through the public client, and what the
worker's process costs. Durability is the default one.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.bench.measure import WFC
from wfc.client import Client, connect
from wfc.model import Run
from wfc.store.protocol import RunQuery

T = TypeVar("T")

_PATIENCE = 300.0


class Worker:
    """A `wfc worker` process. `peak_rss_mb` is known once it has ended."""

    def __init__(self, project: Path) -> None:
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [WFC, "worker"], cwd=project, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.peak_rss_mb = 0.0

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send a signal that ends the process, and wait for its end."""
        self._process.send_signal(number)
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        # Linux counts kilobytes, macOS bytes.
        self.peak_rss_mb = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**20

    def rss_mb(self) -> float:
        """Return the memory that the process holds now."""
        shown = subprocess.run(["ps", "-o", "rss=", "-p", str(self._process.pid)], capture_output=True, check=True)
        return int(shown.stdout) / 1024

    def cpu_seconds(self) -> float:
        """Return the processor time that the process has used so far. Linux only."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Host:
    """A project and its client."""

    project: Path
    client: Client

    async def start(self, workflow: str, **arguments: Any) -> Run:
        """Start a run of one of the project's workflows."""
        build = self.client.builds.current()
        (id_,) = (entry.workflow_id for _, entry in build.manifest.workflow_entries() if _name(entry) == workflow)
        signature = build.flow(id_).signature
        return await self.client.start(id_, lambda: signature.encode_args((), arguments))

    async def end(self, run: Run) -> Run:
        """Wait for a run's end. Raise where it isn't completed: a benchmark of failures means nothing."""
        async with asyncio.timeout(_PATIENCE):
            ended = await self.client.wait(run.run_id)
        if ended.status != "completed":
            raise RuntimeError(f"run {run.run_id} is {ended.status}")
        return ended

    async def ends(self, runs: Iterable[Run]) -> list[Run]:
        """Wait until all these runs have completed."""
        return [await self.end(run) for run in runs]

    async def until(self, run: Run, seq: int) -> Run:
        """Wait until a run's log is longer than `seq` events."""

        async def grown() -> Run | None:
            now = await self.client.store.run(run.run_id)
            return now if now.next_seq > seq + 1 else None

        return await _when(grown)

    async def rest(self) -> None:
        """Wait until no run is due, and no worker holds one."""
        store = self.client.store

        async def all_wait() -> bool:
            due = await store.next_due()
            held = any(run.owner for run in await store.runs(RunQuery(1000, "running")))
            return not held and (due is None or due > time.time() * 1e6)

        await _when(all_wait)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[Worker]:
        """Run a worker process that has served one run, so that its start is not measured."""
        worker = Worker(self.project)
        try:
            await self.end(await self.start("sequence", n=1))
            yield worker
        finally:
            worker.end()


async def _when(look: Callable[[], Awaitable[T | None]]) -> T:
    """Look every millisecond until there is something, and return it: a worker tells nobody how far it is."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.001)


def _name(entry: Any) -> str:
    return str(entry.workflow_id).rpartition("//")[2]


@asynccontextmanager
async def open_host(project: Path) -> AsyncIterator[Host]:
    """Open a client on the project's store."""
    client = connect(project)
    try:
        yield Host(project, client)
    finally:
        await client.store.close()
