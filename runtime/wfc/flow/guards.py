"""What lowered flow code calls so that suspension is invisible.

A run that is put aside has its coroutines closed, which would run `finally` blocks, handlers and `__exit__` methods as
if the workflow had left them. Emitted code asks at each of those places whether its run is still live. The run is
captured in a local at function entry: a frame that the garbage collector closes later, in another run's turn, would get
the wrong answer from a context variable.

Between two turns no run is live: a generator that the garbage collector closes then runs nothing either.
"""

from __future__ import annotations

import contextlib
import functools
from asyncio import events
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any, Protocol

from ..context import current_run
from .loop import FlowLoop, Turn


class Liveness(Protocol):
    """Answers whether the code of a run is being run for its own sake (not because it is put aside)."""

    live: bool


class _Always:
    live = True


ADDED = (Turn, _Always)
"""Classes of the one local variable that lowering adds to a function."""

_ALWAYS = _Always()


def run() -> Liveness:
    """Return what says whether the run that the caller belongs to is live; outside every run, it always is."""
    run = current_run.get()
    if run is not None:
        return run.loop.turn
    loop = events._get_running_loop()  # code that was called in a context of its own
    return loop.turn if isinstance(loop, FlowLoop) else _ALWAYS


class _Done:
    """An awaitable that answers False at once."""

    def __await__(self) -> Generator[Any, Any, bool]:
        return False
        yield


class GuardedManager:
    """A context manager whose exit does nothing once its run was put aside."""

    __slots__ = ("_manager", "_run")

    def __init__(self, run: Liveness, manager: Any) -> None:
        self._run = run
        self._manager = manager

    def __enter__(self) -> Any:
        return _protocol(self._manager, "__enter__", "__exit__", "context manager")(self._manager)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Any:
        if not self._run.live:
            return False
        return type(self._manager).__exit__(self._manager, kind, error, trace)

    def __aenter__(self) -> Awaitable[Any]:
        enter = _protocol(self._manager, "__aenter__", "__aexit__", "asynchronous context manager")
        return enter(self._manager)  # type: ignore[no-any-return]  # the user's

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Awaitable[Any]:
        if not self._run.live:
            return _Done()
        return type(self._manager).__aexit__(self._manager, kind, error, trace)  # type: ignore[no-any-return]


cm = GuardedManager


def _protocol(manager: Any, enter: str, leave: str, what: str) -> Any:
    """Look a protocol method up on the type, with the interpreter's own message where it is missing."""
    kind = type(manager)
    for name in (enter, leave):
        if not hasattr(kind, name):
            missed = f" (missed {leave} method)" if name == leave else ""
            raise TypeError(f"{kind.__name__!r} object does not support the {what} protocol{missed}")
    return getattr(kind, enter)


def _guarded(callback: Callable[..., Any], skipped: Callable[[], Any]) -> Callable[..., Any]:
    """Return an exit callback that is skipped when its run is put aside."""
    captured = run()

    def guarded(*details: Any) -> Any:
        return callback(*details) if captured.live else skipped()

    return guarded


class _GuardedCallbacks:
    """Guards each callback of a stack, not the stack's exit as a whole: the stack may wait inside its exit, and would
    go on with the next callback then. What enters a stack passes the one method of contextlib's that is overridden.
    """

    def _push_exit_callback(self, callback: Callable[..., Any], is_sync: bool = True) -> None:
        guarded = _guarded(callback, bool if is_sync else _Done)
        super()._push_exit_callback(guarded, is_sync)  # type: ignore[misc]  # not in the stubs


class ExitStack(_GuardedCallbacks, contextlib.ExitStack[bool | None]):
    """contextlib.ExitStack whose callbacks don't run when the run is put aside."""


class AsyncExitStack(_GuardedCallbacks, contextlib.AsyncExitStack[bool | None]):
    """contextlib.AsyncExitStack whose callbacks don't run when the run is put aside."""


class AsyncContextDecorator(contextlib.AsyncContextDecorator):
    """contextlib.AsyncContextDecorator whose manager isn't left when the run is put aside."""

    def __call__(self, func: Callable[..., Awaitable[Any]]) -> Any:
        """Return the function with the manager around each call."""

        @functools.wraps(func)
        async def inner(*args: Any, **kwargs: Any) -> Any:
            async with GuardedManager(run(), self._recreate_cm()):
                return await func(*args, **kwargs)

        return inner
