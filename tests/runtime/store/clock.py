"""A clock that a test moves, and what the conformance suite writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from wfc.model import Event, Hook, NewRun, Run, Transition
from wfc.store.protocol import Store

SECOND = 1_000_000


class Clock:
    """Microseconds; stands still unless told otherwise."""

    def __init__(self) -> None:
        self.now = 1_700_000_000 * SECOND

    def __call__(self) -> int:
        return self.now


def new_run(run_id: str = "r1", *, key: str | None = None) -> NewRun:
    return NewRun(run_id, "workflow//w", "b1", bytes(32), b'{"n":1}', {"zone": "UTC"}, key)


def event(run: Run, type_: str = "step_created", *, offset: int = 0, **data: Any) -> Event:
    return Event(run.next_seq + offset, type_, run.updated_at, "step_1", data, b"1")


def step_forward(run: Run, *events: Event, **changes: Any) -> Transition:
    """Return a transition of the run's owner that appends these events and changes the row; by itself not due."""
    row = replace(run, **{"next_seq": run.next_seq + len(events), "wake_at": None, **changes})
    return Transition(run.owner or "nobody", row, list(events))


def hook(run: Run, token: str = "t", hook_id: str = "hook_1") -> Hook:
    return Hook(token, hook_id, run.run_id, "app:Hook", run.updated_at)


async def claimed(store: Store, worker: str = "w1", run_id: str = "r1") -> Run:
    """Create a run and let the worker claim it."""
    await store.create_run(new_run(run_id))
    (run,) = await store.claim(worker, 10)
    return run


def with_store(open_store: Callable[[], Store], test: Callable[[Store], Awaitable[None]]) -> None:
    """Run a test on one open store, and close it."""

    async def main() -> None:
        store = open_store()
        try:
            await test(store)
        finally:
            await store.close()

    asyncio.run(main())
