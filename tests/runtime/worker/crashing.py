"""A store that dies with its process at a chosen write, and what is needed to begin again after that.

Writes are numbered as they come: those of a worker and of the bodies that run in it, or those of a client. At the
chosen one the process is said to die before the write or after it; from then on every write fails, so that nothing the
dead process still tries has an effect. Or the reply is lost: the write is made, its caller hears that it failed, and
the process lives on, with a store that works.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from tests.runtime.handmade import Project
from wfc.builds import Builds
from wfc.client import Client, use_client
from wfc.clock import wall_clock_us
from wfc.errors import StoreError
from wfc.store.sqlite.store import SqliteStore
from wfc.worker.options import WorkerOptions
from wfc.worker.worker import Worker

BY_WORKERS = frozenset(
    {
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
BY_CLIENTS = frozenset({"create_run", "post", "post_payload", "write_chunks", "reopen"})


class Death(Enum):
    """What goes wrong at a write."""

    BEFORE = "before"
    AFTER = "after"
    REPLY_LOST = "reply lost"


@dataclass(frozen=True)
class Place:
    """The write at which something goes wrong, from 1; 0 is nowhere. `side` says whose writes are counted."""

    side: str = "worker"
    write: int = 0
    death: Death = Death.BEFORE

    def __str__(self) -> str:
        return f"{self.side} {self.write} {self.death.value}".replace(" ", "-")


NOWHERE = Place()


class ProcessDiedError(StoreError):
    """Stands for the end of the process: nobody sees it but the test."""


class CrashingStore:
    """Passes calls on to a store; see the module."""

    def __init__(self, path: Path, place: Place) -> None:
        self._store = SqliteStore(path)
        self._place = place
        self.writes = 0
        self.dead = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if name not in BY_WORKERS | BY_CLIENTS:
            return found

        async def call(*args: Any, **options: Any) -> Any:
            if self.dead:
                raise ProcessDiedError("the process is dead")
            self.writes += 1
            fatal = self.writes == self._place.write
            if fatal and self._place.death is Death.BEFORE:
                self._die()
            result = await found(*args, **options)
            if fatal and self._place.death is Death.AFTER:
                self._die()
            if fatal:
                raise StoreError("the reply was lost")
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


async def work_until(root: Path, place: Place, ended: Callable[[], Awaitable[bool]], fast_forward: str | None) -> int:
    """Work with a worker to which this happens, until all has ended; return how many writes there were."""
    store: Any = CrashingStore(root / ".wfc" / "state.db", place)
    client = Client(store, Builds(root / ".wfc", root))
    use_client(client)  # also that of step bodies: they die with their worker
    worker = Worker(client.store, client.builds, wall_clock_us, WorkerOptions(fast_forward=fast_forward, grace=0))
    try:
        async with asyncio.timeout(20):
            await worker.run(ended)
    except StoreError:
        assert place.write, "a worker to which nothing happens failed"
    finally:
        store.bury()
        bodies = [task for task in asyncio.all_tasks() if "#" in task.get_name()]
        for task in bodies:
            task.cancel()
        await asyncio.gather(*bodies, return_exceptions=True)
    return int(store.writes)


Outside = Callable[[Project, Client, str], Awaitable[None]]


async def act(project: Project, outside: Outside, run_id: str, place: Place) -> int:
    """Let a client do its part; where it dies or hears of a failure, one that knows nothing of it begins again."""
    store: Any = CrashingStore(project.root / ".wfc" / "state.db", place)
    try:
        await outside(project, Client(store, project.client.builds), run_id)
    except StoreError:
        assert place.write, "a client to which nothing happens failed"
        await act(project, outside, run_id, NOWHERE)
    finally:
        store.bury()
    return int(store.writes)


async def play(project: Project, outside: Outside, run_id: str, place: Place, *, fast_forward: bool) -> tuple[int, int]:
    """Let a worker and a client do their parts, one of which meets a failure, and a second worker what is left.

    Returns the number of writes of the first worker and of the first client.
    """
    hits = {place.side: place}
    acting = asyncio.create_task(act(project, outside, run_id, hits.get("client", NOWHERE)))

    async def ended() -> bool:
        return acting.done() and not await project.store.live_runs()

    skipped = run_id if fast_forward else None
    async with asyncio.timeout(30):
        writes = await work_until(project.root, hits.get("worker", NOWHERE), ended, skipped)
        if not await ended():
            await work_until(project.root, NOWHERE, ended, skipped)
        return writes, await acting
