"""Close the coroutines of a run that is put aside.

`close` throws GeneratorExit into each frame in turn, whatever inner frames do with it; of the ways to get rid of a
suspended coroutine it is the one after which no code of the workflow runs, given the guards of the emitted code.
Cancelling runs handlers and callbacks; dropping references runs `finally` blocks later, in another run's turn.
"""

from __future__ import annotations

import inspect
import logging
from collections import deque
from collections.abc import Coroutine, Iterator
from types import FrameType, FunctionType, ModuleType
from typing import Any

from .loop import FlowTask

# A coroutine that isn't found costs a warning at the next garbage collection; looking further costs time.
_VALUES_LOOKED_AT = 10_000
_OF_THE_PROGRAM = (type, ModuleType, FunctionType)
_NOT_THE_USERS = ("wfc.", "asyncio")

_log = logging.getLogger("wfc.flow")


def close_coroutines(tasks: list[FlowTask[Any]]) -> None:
    """Close the tasks' coroutines, newest first, each in its own context.

    What escapes is of no interest to anyone (the run's state is in its log), so it is logged for debugging only.
    """
    for task in reversed(tasks):
        coroutine = task.get_coro()
        if coroutine is None or not hasattr(coroutine, "close"):
            continue
        for unstarted in _unstarted(coroutine):
            unstarted.close()  # else the interpreter warns that it was never awaited
        try:
            task.flow_context.run(coroutine.close)
        except BaseException:  # noqa: BLE001 - also a SystemExit of library code must not end the worker
            _log.debug("a coroutine of an evicted run didn't close cleanly", exc_info=True)
        task._log_destroy_pending = False


def _unstarted(coroutine: Any) -> Iterator[Coroutine[Any, Any, Any]]:
    """Yield coroutines that the frames of this one hold, in containers and objects too, and never started."""
    seen: set[int] = set()
    stack: list[Any] = [value for frame in _frames(coroutine) for value in frame.f_locals.values()]
    while stack and len(seen) < _VALUES_LOOKED_AT:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if inspect.iscoroutine(value):
            if inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
                yield value
        elif isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list | tuple | set | frozenset | deque):
            stack.extend(value)
        elif not isinstance(value, _OF_THE_PROGRAM) and not type(value).__module__.startswith(_NOT_THE_USERS):
            stack.append(getattr(value, "__dict__", None))


def _frames(coroutine: Any) -> Iterator[FrameType]:
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None:
            yield frame
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
