"""Calls to the store that nobody awaits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..errors import StoreError


class Background:
    """Runs calls beside the worker's loop; `on_failure` hears of a store that can't be used."""

    def __init__(self, on_failure: Callable[[StoreError], None]) -> None:
        self._on_failure = on_failure
        self._running: set[asyncio.Future[None]] = set()

    def run(self, call: Awaitable[None]) -> None:
        """Start a call."""
        task = asyncio.ensure_future(call)
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def idle(self) -> None:
        """Wait until all calls have ended."""
        while self._running:
            await asyncio.wait(self._running)

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, StoreError):
            self._on_failure(error)
