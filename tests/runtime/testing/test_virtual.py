"""The loop whose clock jumps."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from wfc.testing.virtual import FOREVER, VirtualLoop

START = 1_700_000_000_000_000
YEAR = 365 * 86_400.0


def drive(test: Callable[[VirtualLoop], Awaitable[None]], is_working: Callable[[], bool] = lambda: False) -> None:
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(START, is_working)) as runner:

        async def main() -> None:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, VirtualLoop)
            await test(loop)

        runner.run(main())


def test_timers_ring_in_their_order_and_at_their_time() -> None:
    """Also after years, when a float has no room for nanoseconds."""

    async def test(loop: VirtualLoop) -> None:
        rung: list[tuple[float, float]] = []

        def ring(due: float) -> None:
            rung.append((due, loop.time()))

        for seconds in (3.25, 20 * YEAR, 0.000001, 86_400.000007, 20 * YEAR + 0.5):
            loop.call_later(seconds, ring, seconds)
        await loop.until(lambda: FOREVER)
        assert [due for due, _ in rung] == sorted(due for due, _ in rung)
        assert all(abs(due - now) < 1e-6 for due, now in rung)
        assert loop.wall_clock_us() == START + round((20 * YEAR + 0.5) * 1e6)

    drive(test)


def test_the_clock_stops_at_the_limit() -> None:
    """What is due exactly then happens; what is due later doesn't, and the clock shows the limit."""

    async def test(loop: VirtualLoop) -> None:
        rung: list[int] = []
        for seconds in (5, 10, 11):
            loop.call_later(seconds, rung.append, seconds)
        await loop.until(lambda: 10.0)
        assert (rung, loop.time()) == ([5, 10], 10.0)
        await loop.until(lambda: 10.5)
        assert (rung, loop.time()) == ([5, 10], 10.5)
        await loop.until(lambda: 1.0)  # has passed: what can happen now
        assert loop.time() == 10.5
        await loop.until(lambda: FOREVER)
        assert (rung, loop.time()) == ([5, 10, 11], 11.0)

    drive(test)


def test_the_limit_is_asked_as_time_goes_on() -> None:
    """So that time passes for as long as something is under way."""

    async def test(loop: VirtualLoop) -> None:
        under_way = {1.0, 2.0, 3.0}
        for seconds in (1.0, 2.0, 3.0, 4.0):
            loop.call_later(seconds, under_way.discard, seconds)
        await loop.until(lambda: FOREVER if under_way else loop.time())
        assert loop.time() == 3.0

    drive(test)


def test_threads_are_waited_for_without_a_jump() -> None:
    """A timer doesn't overtake a thread, nor one that nobody waits for any more."""

    async def test(loop: VirtualLoop) -> None:
        seen: list[str] = []
        loop.call_later(60, seen.append, "timer")
        await asyncio.gather(loop.until(lambda: FOREVER), loop.run_in_executor(None, lambda: time.sleep(0.02)))
        assert seen == ["timer"]
        began = time.monotonic()

        started = threading.Event()

        def work() -> None:
            started.set()
            time.sleep(0.05)
            seen.append("thread")

        abandoned = loop.run_in_executor(None, work)
        started.wait()
        abandoned.cancel()
        loop.call_later(60, seen.append, "later")
        await loop.until(lambda: FOREVER)
        assert seen == ["timer", "thread", "later"]
        assert time.monotonic() - began >= 0.05
        assert loop.time() == 120.0

    drive(test)


def test_a_thread_may_use_the_default_executor() -> None:
    """asyncio.to_thread counts as any other."""

    async def test(loop: VirtualLoop) -> None:
        done = await loop.until_done(asyncio.to_thread(lambda: 7))
        assert done.result() == 7
        assert loop.time() == 0.0

    drive(test)


def test_what_can_never_be_done_is_told() -> None:
    """until_done returns a future that isn't done once nothing more can happen."""

    async def test(loop: VirtualLoop) -> None:
        waiting: asyncio.Future[Any] = loop.create_future()
        loop.call_later(5, lambda: None)
        found = await loop.until_done(waiting)
        assert not found.done()
        assert loop.time() == 5.0
        late = await loop.until_done(asyncio.sleep(3, "slept"))
        assert (late.result(), loop.time()) == ("slept", 8.0)

    drive(test)


@pytest.mark.parametrize("working", [True, False])
def test_an_open_socket_makes_time_real_while_something_works(working: bool) -> None:
    """Else it is an idle connection, which holds nothing up."""

    async def test(loop: VirtualLoop) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        loop.add_reader(ours, lambda: None)
        began = time.monotonic()
        loop.call_later(0.05, lambda: None)
        await loop.until(lambda: 0.05)
        took = time.monotonic() - began
        assert (took >= 0.05) is working
        loop.remove_reader(ours)
        ours.close()
        theirs.close()

    drive(test, lambda: working)


def test_outside_of_until_it_is_a_loop_like_any_other() -> None:
    """Whoever waits for a timer there waits really."""

    async def test(loop: VirtualLoop) -> None:
        began = time.monotonic()
        await asyncio.sleep(0.02)
        assert time.monotonic() - began >= 0.02
        assert loop.time() >= 0.02

    drive(test)
