"""What lowered flow code calls so that suspension is invisible.

A run that is put aside has its coroutines closed, which would run `finally` blocks, handlers and `__exit__` methods as
if the workflow had left them. Emitted code asks at each of those places whether its run is still live. The run is
captured in a local at function entry: a frame that the garbage collector closes later, in another run's turn, would get
the wrong answer from a context variable.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Generator
from types import TracebackType
from typing import Any, Protocol

from ..context import current_run


class Liveness(Protocol):
    """Answers whether the code of a run is being run for its own sake (not because it is put aside)."""

    live: bool


class _Always:
    live = True


_ALWAYS = _Always()


def run() -> Liveness:
    """Return the run that the caller belongs to; outside every run, something that is always live."""
    return current_run.get() or _ALWAYS


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
        return enter(self._manager)  # type: ignore[no-any-return]

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


class ExitStack(contextlib.ExitStack[bool | None]):
    """contextlib.ExitStack whose callbacks don't run when the run is put aside."""

    def __init__(self) -> None:
        super().__init__()
        self._wfc_run = run()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> bool:
        return bool(super().__exit__(kind, error, trace)) if self._wfc_run.live else False


class AsyncExitStack(contextlib.AsyncExitStack[bool | None]):
    """contextlib.AsyncExitStack whose callbacks don't run when the run is put aside."""

    def __init__(self) -> None:
        super().__init__()
        self._wfc_run = run()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> bool:
        return bool(await super().__aexit__(kind, error, trace)) if self._wfc_run.live else False
