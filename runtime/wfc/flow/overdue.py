"""Turns that don't end: how a watchdog on another thread ends one, and only that one.

Comes in: the code of one turn, run by `run_watched`. Goes out: OverdueTurnError where a watchdog (worker/watchdog.py)
has called `TurnWatch.interrupt` meanwhile. There is no clock here: a watchdog decides what is too long.

The interpreter offers one way to stop another thread's Python code: an exception that is raised in it at some later
bytecode. It must not come after the turn, in the worker's own code. So the turn ends by saying so, and by taking back,
under a lock, what may still be on its way; an interrupt that comes in the middle of that is caught and ignored.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from threading import get_ident

_raise_in_thread = ctypes.pythonapi.PyThreadState_SetAsyncExc
_raise_in_thread.argtypes = (ctypes.c_ulong, ctypes.py_object)


class OverdueTurnError(RuntimeError):
    """A turn took so long that a watchdog has ended it. What it did is worthless: nothing of it may be committed."""


class InterruptTurn(SystemExit):
    """Raised in a turn that is to end. asyncio hands a SystemExit through, and `except Exception` doesn't stop it."""


class TurnWatch:
    """What the turns of one thread show to a watchdog on another one.

    `number` counts turns and `going` says whether one is going on; the thread itself writes both, without a lock.
    """

    __slots__ = ("_lock", "_thread", "_verdict", "going", "number")

    def __init__(self, thread: int) -> None:
        self._thread = thread
        self._lock = threading.Lock()
        self._verdict: tuple[int, str] | None = None
        self.number = 0
        self.going = False

    def begin(self) -> None:
        """Say that a turn begins."""
        self._verdict = None
        self.number += 1
        self.going = True

    def end(self) -> str | None:
        """Say that the turn has ended; nothing is raised in this thread once this has returned.

        Returns why a watchdog has ended the turn, where one has. Idempotent.
        """
        self.going = False
        verdict = self._verdict
        if verdict is None:
            return None
        with self._lock:
            _raise_in_thread(self._thread, ctypes.py_object())  # takes back what is on its way
        return verdict[1] if verdict[0] == self.number else None

    def interrupt(self, number: int, verdict: str) -> bool:
        """End this turn, from another thread; False when it has ended by itself."""
        with self._lock:
            # In this order: a turn that ends after the look has seen the verdict, and waits for the lock.
            self._verdict = (number, verdict)
            if self.number != number or not self.going:
                return False
            _raise_in_thread(self._thread, InterruptTurn)
            return True


_watches: dict[int, TurnWatch] = {}


def watch_of(thread: int) -> TurnWatch:
    """Return the watch of a thread, by its ident."""
    found = _watches.get(thread)
    return _watches.setdefault(thread, TurnWatch(thread)) if found is None else found


def run_watched(turn: Callable[[], None]) -> None:
    """Run the code of one turn. Raises what it raises, or OverdueTurnError with a watchdog's verdict."""
    watch = watch_of(get_ident())
    verdict = None
    try:
        watch.begin()
        turn()
    except InterruptTurn:
        pass  # the verdict says so, where the workflow's own code has caught it, too
    finally:
        while True:
            try:
                verdict = watch.end()
                break
            except InterruptTurn:
                continue
    if verdict is not None:
        raise OverdueTurnError(verdict)
