"""Hooks and child runs for workflows that run under plain asyncio: a queue, and a future.

`at_hand` puts them where `X.wait()` and `start()` would ask for a run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from tests.e2e.suspension.notes import asked
from tests.e2e.suspension.scenario import MOST_PAYLOADS
from wfc.handles import StartOptions
from wfc.hooks import BaseHook, HookEvent


class PlainChannel:
    """What a hook is without a run: payloads in a queue."""

    def __init__(self, cls: Any) -> None:
        self.disposed = False
        self.next = (queue := asyncio.Queue[Any]()).get
        self._cls = cls
        self._queue = queue
        self._paid = 0
        asked.hooks.append(self)

    @property
    def takes_more(self) -> bool:
        return not self.disposed and self._paid < MOST_PAYLOADS

    def pay(self) -> None:
        self._paid += 1
        self._queue.put_nowait(self._cls(self._paid))

    def dispose(self) -> None:
        self.disposed = True


class PlainChild:
    """What a child run is without a run."""

    async def return_value(self) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        asked.children.append(future)
        return await future


def _wait(cls: Any, /, **_: Any) -> Any:
    return HookEvent(PlainChannel(cls))  # type: ignore[arg-type]


async def _start(self: StartOptions, workflow: Any, *args: Any) -> Any:
    return PlainChild()


async def _wait_for(awaitable: Any, seconds: float | None) -> Any:
    """Do what `asyncio.wait_for` does since Python 3.12, and in a workflow on any: before that it made a task."""
    async with asyncio.timeout(seconds):
        return await awaitable


@contextmanager
def at_hand() -> Iterator[None]:
    """Let workflows wait for hooks and start children without a run."""
    with (
        patch.object(BaseHook, "wait", classmethod(_wait)),
        patch.object(StartOptions, "start", _start),
        patch("asyncio.wait_for", _wait_for),
    ):
        yield
