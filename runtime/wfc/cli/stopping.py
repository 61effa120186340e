"""How a process that works on runs comes to its end: signals, and a bound on how long that takes.

Comes in: SIGTERM and SIGINT. The first lets running steps finish within the grace period, the second cancels them, the
third ends the process where it stands. Whatever happens, the process is gone soon after the grace period: a step that
ignores its cancellation, or that never gives its thread or the event loop back, is left to die with it, and its attempt
is spent, as one of a worker that was killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ..errors import WfcError
from ..worker.worker import ABANDON_SECONDS, Worker
from .session import EXIT_FAILED, EXIT_INTERRUPTED, say

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
LEEWAY_SECONDS = 5.0  # for the last commits


@contextmanager
def stopping_on_signals(working: Worker, grace: float, tell: Callable[[str], object]) -> Iterator[None]:
    """In its block, stop the worker on signals; see the module. Call it on the main thread, with a running event loop.

    Raises WfcError where code of a step cancels what is in the block. `tell` says to a person what is waited for. The
    handlers are Python's own and not the event loop's, which a step may hold.
    """
    stopper = _Stopper(working, grace, tell)
    before = {number: signal.signal(number, stopper.handle) for number in _SIGNALS}
    try:
        yield
    except asyncio.CancelledError:  # not by a signal: those are handled here
        raise WfcError(
            "a step has cancelled the worker itself: a step may cancel tasks that it has started, and no others "
            "(asyncio.all_tasks() gives those of all steps, and the worker's); its attempt is spent"
        ) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stopper.let_go()


class _Stopper:
    """Counts signals, and acts on them."""

    def __init__(self, working: Worker, grace: float, tell: Callable[[str], object]) -> None:
        self._working = working
        self._grace = grace
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._received = 0
        self._last_resort: threading.Timer | None = None

    def handle(self, number: int, _: FrameType | None) -> None:
        """Take a signal, between any two instructions of the main thread."""
        self._received += 1
        if self._received > 2:
            leave_at_once(EXIT_INTERRUPTED)
        self._loop.call_soon_threadsafe(self._stop, self._received > 1)
        if self._received == 1:
            self._end_within(self._grace + ABANDON_SECONDS + LEEWAY_SECONDS)
        elif self._last_resort is not None:
            self._last_resort.cancel()
            self._end_within(ABANDON_SECONDS + LEEWAY_SECONDS)

    def let_go(self) -> None:
        """The worker has come to its end by itself."""
        if self._last_resort is not None:
            self._last_resort.cancel()

    def _stop(self, now: bool) -> None:
        if not now and self._working.bodies:
            self._tell(
                f"stopping: {self._working.bodies} running step(s) may finish first, within {self._grace:g} s; "
                "a second signal cancels them"
            )
        self._working.stop(now=now)

    def _end_within(self, seconds: float) -> None:
        self._last_resort = threading.Timer(seconds, self._give_up)
        self._last_resort.daemon = True
        self._last_resort.start()

    def _give_up(self) -> None:
        self._tell("a step holds the event loop and doesn't give it back: the process ends, and its attempt is spent")
        leave_at_once(EXIT_FAILED)


def exit_despite_bodies(working: Worker, code: int) -> None:
    """Leave the process soon, whatever steps have left behind: asyncio and the interpreter would wait for it for ever.

    A body that doesn't end is left at once. A thread that a step has started gets a little time.
    """
    if working.has_stuck_bodies:
        leave_at_once(code)
    if _left_behind():
        last_resort = threading.Timer(LEEWAY_SECONDS, _leave_threads, (code,))
        last_resort.daemon = True
        last_resort.start()


def _left_behind() -> list[str]:
    own = (threading.current_thread(), threading.main_thread())
    return [thread.name for thread in threading.enumerate() if not thread.daemon and thread not in own]


def _leave_threads(code: int) -> None:
    names = ", ".join(_left_behind())
    say(f"a step has left threads running that don't end ({names}): the process ends without them")
    leave_at_once(code)


def leave_at_once(code: int) -> None:
    """End the process with what it has written so far."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:  # also where a signal has interrupted a write
        os._exit(code)
