"""An event loop whose clock jumps: where another loop would wait for a timer, this one is there already.

Comes in: callbacks, timers, and a limit for the clock. Goes out: the same order of events as on a loop that waits, in
no time. The clock stands still while callbacks run, and while a thread works for the loop (`run_in_executor`). While
`is_working` says that something goes on and a socket or pipe is open, the loop may be waiting for the world outside:
then its clock goes as fast as any other. The clock jumps inside `until` only, as far as the caller lets it.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Limit = Callable[[], float]

FOREVER = float("inf")
_ROUNDING = 5e-7  # times are microseconds


class VirtualLoop(asyncio.SelectorEventLoop):
    """See the module. `start_us` is the wall clock's time, in microseconds since the epoch, at which it begins."""

    def __init__(self, start_us: int, is_working: Callable[[], bool] = lambda: False) -> None:
        self._now = 0.0
        self._start_us = start_us
        self._is_working = is_working
        self._limit: Limit = self.time
        self._idle: asyncio.Future[None] | None = None
        self._running_threads = 0
        self._pool = ThreadPoolExecutor(thread_name_prefix="wfc-testing")
        self._files = _Selector(self)
        super().__init__(self._files)
        self._clock_resolution = _ROUNDING  # asyncio's own is too fine for the sums of months: a timer would never ring
        self.set_default_executor(self._pool)
        self._own_files = len(self._files.get_map())

    def time(self) -> float:
        """Return the seconds that have passed on this loop."""
        return self._now

    def wall_clock_us(self) -> int:
        """Return the wall clock's time."""
        return self._start_us + round(self._now * 1e6)

    async def until(self, limit: Limit) -> None:
        """Let everything happen that can happen up to a time of the loop, and return once it is that late.

        `limit` is asked each time that the clock has to move for anything to happen: a time that has passed stops it
        there, FOREVER lets it go on until there is no timer left.
        """
        self._limit = limit
        self._idle = self.create_future()
        try:
            await self._idle
        finally:
            self._idle = None

    async def until_done(self, awaited: Awaitable[T], limit: Limit = lambda: FOREVER) -> asyncio.Future[T]:
        """Let time pass until something is done, or until nothing more can happen: its future tells which."""
        future = asyncio.ensure_future(awaited)
        idle = self.create_task(self.until(limit))
        await asyncio.wait({future, idle}, return_when=asyncio.FIRST_COMPLETED)
        idle.cancel()
        await asyncio.gather(idle, return_exceptions=True)
        return future

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run something in a thread; the clock stands still until it has ended, even where nobody waits for it."""
        self._running_threads += 1
        running = (executor or self._pool).submit(func, *args)
        result = asyncio.wrap_future(running, loop=self)
        running.add_done_callback(self._thread_ended)  # after the result's own: it must arrive before the clock moves
        return result

    def _thread_ended(self, _: Future[Any]) -> None:
        try:
            self.call_soon_threadsafe(self._note_ended)
        except RuntimeError:  # the loop was closed: nobody will ask any more
            return

    def _note_ended(self) -> None:
        self._running_threads -= 1

    def _wait(self, timeout: float | None, look: Callable[[float | None], list[Any]]) -> list[Any]:
        """Wait for the world outside or the next timer, which is due after `timeout`. `look` waits for the world."""
        found = look(0)
        if found or timeout == 0:
            return found
        if self._running_threads:
            return look(None)
        if self._idle is None or self._idle.done():
            return self._wait_really(timeout, look)
        left = max(0.0, self._limit() - self._now)
        ahead = FOREVER if timeout is None else timeout
        if left and self._is_working() and len(self._files.get_map()) > self._own_files:
            return self._wait_really(None if min(ahead, left) == FOREVER else min(ahead, left), look)
        if ahead <= left + _ROUNDING and ahead != FOREVER:
            self._now += ahead
        else:
            self._now += left if left != FOREVER else 0.0
            self._idle.set_result(None)
        return []

    def _wait_really(self, timeout: float | None, look: Callable[[float | None], list[Any]]) -> list[Any]:
        began = time.monotonic()
        found = look(timeout)
        self._now += (time.monotonic() - began) if found or timeout is None else timeout
        return found


class _Selector(selectors.DefaultSelector):
    """Asks the loop instead of waiting."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return self._loop._wait(timeout, super().select)
