"""The thread that a test's event loop runs in, so that a test may be a plain function or run on a loop of its own.

Comes in: coroutines, one at a time. Goes out: what they return or raise; or, when one has taken longer than a person
would wait, what holds it up.
"""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, TypeVar

from .errors import StuckError

T = TypeVar("T")
Job = tuple[Callable[[], Coroutine[Any, Any, Any]], Future[Any]]

_NOT_THE_USERS = (str(Path(threading.__file__).parent), str(Path(__file__).parents[1]), "<frozen")
_LONGEST_GOODBYE = 5.0
__tracebackhide__ = True  # pytest shows the test's own lines


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What is going on: attempts of steps, and the threads that they may be in."""

    attempts: list[str]
    threads: list[threading.Thread]


class LoopThread:
    """See the module. `patience` is in real seconds; `under_way` is asked what to look at once it is over.

    `let_go` is called in the thread, after the end of the loop: what the loop has used can't be closed before that.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        patience: float,
        under_way: Callable[[], UnderWay],
        let_go: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._patience = patience
        self._under_way = under_way
        self._let_go = let_go
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._current: asyncio.Task[Any] | None = None
        self._stuck: str | None = None
        self._thread = threading.Thread(target=self._serve, name="wfc-testing", daemon=True)
        self._thread.start()

    def call(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine on the loop, from any other thread, and wait for its end."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("this is called by the test, not by a step or a replacement: they run inside of it")
        if self._stuck is not None:
            raise StuckError(f"the environment can't be used any more. Before, {self._stuck}")
        result: Future[T] = Future()
        self._jobs.put((make, result))
        try:
            return result.result(self._patience)
        except BaseException as error:
            if result.done():
                error.__traceback__ = _users_part(error.__traceback__)
            if result.done() or not isinstance(error, TimeoutError):
                raise
        self._stuck = self._what_holds_it_up()
        if self._current is not None:
            self._loop.call_soon_threadsafe(self._current.cancel)
        raise StuckError(self._stuck)

    @property
    def is_stuck(self) -> bool:
        """Was the patience with one of the calls over?"""
        return self._stuck is not None

    @property
    def is_idle(self) -> bool:
        """Is the loop at rest, between two calls?"""
        return self._current is None

    def close(self) -> None:
        """End the loop. A thread that is held up is left behind."""
        self._jobs.put(None)
        if self._stuck is None:
            self._thread.join(_LONGEST_GOODBYE)

    def _serve(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                while (job := self._jobs.get()) is not None:
                    self._run(runner, *job)
        finally:
            self._let_go()

    def _run(self, runner: asyncio.Runner, make: Callable[[], Coroutine[Any, Any, T]], result: Future[T]) -> None:
        try:
            value = runner.run(self._noted(make))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            result.set_exception(error)
        else:
            result.set_result(value)

    async def _noted(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        self._current = asyncio.current_task()
        try:
            return await make()
        finally:
            self._current = None

    def _what_holds_it_up(self) -> str:
        frames = sys._current_frames()
        going_on = self._under_way()
        attempts = [f"attempts of steps: {', '.join(going_on.attempts)}"] if going_on.attempts else []
        places = [_user_place(frames.get(thread.ident or 0)) for thread in (self._thread, *going_on.threads)]
        found = "\n  ".join(["something was still going on", *attempts, *filter(None, places)])
        return (
            f"after {self._patience:g} seconds {found}\n"
            "Only what waits by asyncio (asyncio.sleep, wfc.sleep) takes no time here. A time.sleep, a request, a loop "
            "that polls for ever take as long as anywhere: replace the step that does it, or give more `patience`."
        )


def _users_part(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback from the first line of user code on; how the loop got there says nothing to a test."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_NOT_THE_USERS):
        trace = trace.tb_next
    return trace


def _user_place(frame: FrameType | None) -> str | None:
    """Return the innermost line of user code that a thread is at."""
    for place in reversed(traceback.extract_stack(frame) if frame is not None else []):
        if not place.filename.startswith(_NOT_THE_USERS):
            return f"{place.filename}:{place.lineno}: {place.line}"
    return None
