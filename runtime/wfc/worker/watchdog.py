"""Ends turns of flows that hold the worker up: `while True: pass` in a workflow must not stop the runs of all others.

Comes in: the thread that a worker runs on. Goes out: OverdueTurnError in a turn that doesn't end (flow/overdue.py),
with the place in the user's source where it was. One thread looks every half second what the worker's thread is doing;
a turn costs nothing but a counter.

What counts is the processor time of the worker's thread: a machine under load, a suspended laptop or a stopped process
make no turn too long. A turn that waits without working (a poll with `time.sleep`) gets longer, by the number of looks,
since those stand still together with the process. A look at which the turn imports a module, or stands in a debugger,
counts as none. A call that doesn't come back to the interpreter can't be ended; the log says where it is.
"""

from __future__ import annotations

import bdb
import logging
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ..flow.overdue import TurnWatch, watch_of
from ..flow.places import place_of_frame

LOOKS_PER_LIMIT = 4
PATIENCE = 5  # how much longer a turn may take that doesn't work
_EXCUSES = ("<frozen importlib._bootstrap>", bdb.__file__)
_LIBRARIES = ("<", *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")))

_log = logging.getLogger("wfc.worker")
_watchdogs: dict[int, _Watchdog] = {}


@contextmanager
def watching_turns(seconds: float) -> Iterator[None]:
    """In its block, end the turns of the present thread that work for longer than `seconds`."""
    thread = threading.get_ident()
    watchdog = _watchdogs.get(thread)
    if watchdog is None:
        watchdog = _watchdogs[thread] = _Watchdog(thread, seconds)
        watchdog.start()
    watchdog.workers += 1
    try:
        yield
    finally:
        watchdog.workers -= 1
        if not watchdog.workers:
            del _watchdogs[thread]
            watchdog.leave.set()


class _Watchdog(threading.Thread):
    """Looks after the turns of one thread, for all workers there."""

    def __init__(self, thread: int, seconds: float) -> None:
        super().__init__(name="wfc-watchdog", daemon=True)
        self.workers = 0
        self.leave = threading.Event()
        self._thread = thread
        self._limit = seconds
        self._clock = _cpu_clock_of(thread)

    def run(self) -> None:
        """Look at the thread until the last worker has left."""
        watch = watch_of(self._thread)
        since = _Since(0, 0.0)
        while not self.leave.wait(self._limit / LOOKS_PER_LIMIT):
            number, going = watch.number, watch.going
            frame = sys._current_frames().get(self._thread) if going else None
            if frame is None or number != since.turn or _is_excused(frame):
                since = _Since(number, self._worked())
                continue
            since.looks += 1
            worked = self._worked() - since.worked
            waited = since.looks >= LOOKS_PER_LIMIT * PATIENCE
            if worked >= self._limit or waited:
                self._end(watch, number, frame, waiting=worked < self._limit)
                since = _Since(number, self._worked())  # the workflow may catch it: then again

    def _end(self, watch: TurnWatch, number: int, frame: FrameType, *, waiting: bool) -> None:
        place = place_of_frame(frame, others=_LIBRARIES) or f"{frame.f_code.co_filename}:{frame.f_lineno}"
        seconds = self._limit * PATIENCE if waiting else self._limit
        verdict = (
            f"the workflow ran for more than {seconds:g} seconds without awaiting anything, at {place}; meanwhile its "
            "worker could do nothing else: await in the loop, or move the work to a step"
        )
        if watch.interrupt(number, verdict) and waiting:
            _log.warning("a workflow blocks its worker at %s; it is blocked once that call returns", place)

    def _worked(self) -> float:
        """Return the processor time of the thread in seconds; where the platform can't tell, that of the clock."""
        return time.monotonic() if self._clock is None else time.clock_gettime(self._clock)


class _Since:
    """When a turn was first seen: how far the thread had worked then, and how many looks have seen the turn since."""

    __slots__ = ("looks", "turn", "worked")

    def __init__(self, turn: int, worked: float) -> None:
        self.turn = turn
        self.worked = worked
        self.looks = 0


def _cpu_clock_of(thread: int) -> int | None:
    find = getattr(time, "pthread_getcpuclockid", None)  # macOS has none
    return None if find is None else int(find(thread))


def _is_excused(frame: FrameType) -> bool:
    """Does the thread import a module, or stand in a debugger?"""
    found: FrameType | None = frame
    while found is not None:
        if found.f_code.co_filename in _EXCUSES:
            return True
        found = found.f_back
    return False
