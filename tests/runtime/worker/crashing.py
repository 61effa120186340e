"""A store that dies with its process at a chosen write, and what is needed to begin again after that.

Writes are numbered as they come. At the chosen one the process is said to die, before the write or after it; from then
on every call fails, so that nothing the dead worker still tries has an effect.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.runtime.handmade import Project
from wfc.builds import Builds
from wfc.client import Client
from wfc.clock import wall_clock_us
from wfc.errors import StoreError
from wfc.model import Run
from wfc.store.sqlite.store import SqliteStore
from wfc.worker.options import WorkerOptions
from wfc.worker.worker import Worker

WRITES = frozenset(
    {
        "reopen",
        "register",
        "unregister",
        "heartbeat",
        "release_dead",
        "retry_blocked",
        "claim",
        "skip_ahead",
        "commit",
        "block",
    }
)


class ProcessDiedError(StoreError):
    """Stands for the end of the process: nobody sees it but the test."""


class CrashingStore:
    """Passes calls on to a store; see the module. `at` is the number of the fatal write, from 1; 0 never dies."""

    def __init__(self, path: Path, at: int, *, after: bool) -> None:
        self._store = SqliteStore(path)
        self._at = at
        self._after = after
        self.writes = 0
        self.dead = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name not in WRITES:
            return found

        async def call(*args: Any) -> Any:
            if self.dead:
                raise ProcessDiedError("the process is dead")
            self.writes += 1
            fatal = self.writes == self._at
            if fatal and not self._after:
                self._die()
            result = await found(*args)
            if fatal:
                self._die()
            return result

        return call

    def _die(self) -> None:
        self.dead = True
        raise ProcessDiedError("the process died here")

    def bury(self) -> None:
        """Do what the kernel does when a process ends: its locks and descriptors are gone."""
        self._store._locks.close()
        self._store._database.close()
        self._store._bell.close()


async def work_until(root: Path, run: Run, at: int, *, after: bool, fast_forward: bool) -> int:
    """Work on the run with a worker that dies at the write `at`; return how many writes there were."""
    store = CrashingStore(root / ".wfc" / "state.db", at, after=after)
    options = WorkerOptions(fast_forward=run.run_id if fast_forward else None, grace=0)
    client = Client(store, Builds(root / ".wfc", root))
    worker = Worker(client.store, client.builds, wall_clock_us, options)

    async def ended() -> bool:
        return (await client.store.run(run.run_id)).is_terminal

    try:
        async with asyncio.timeout(10):
            await worker.run(ended)
    except ProcessDiedError:
        pass
    finally:
        store.bury()
        bodies = [task for task in asyncio.all_tasks() if "#" in task.get_name()]
        for task in bodies:
            task.cancel()
        await asyncio.gather(*bodies, return_exceptions=True)
    return store.writes


async def play(project: Project, run: Run, outside: Any, at: int, *, after: bool, fast_forward: bool) -> int:
    """Let one worker die at a write and another finish, while `outside` does its part; return the first's writes."""
    playing = asyncio.create_task(outside(project, run))
    writes = await work_until(project.root, run, at, after=after, fast_forward=fast_forward)
    if not (await project.store.run(run.run_id)).is_terminal:
        await work_until(project.root, run, 0, after=False, fast_forward=fast_forward)
    async with asyncio.timeout(20):
        await playing
    return writes
