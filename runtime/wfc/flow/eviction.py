"""Close the coroutines of a run that is put aside.

`close` throws GeneratorExit into each frame in turn, whatever inner frames do with it; of the ways to get rid of a
suspended coroutine it is the one after which no code of the workflow runs, given the guards of the emitted code.
Cancelling runs handlers and callbacks; dropping references runs `finally` blocks later, in another run's turn.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import traceback
from collections import deque
from collections.abc import Coroutine, Sequence
from types import FunctionType, ModuleType
from typing import Any

from .loop import FlowTask

# A coroutine that isn't found costs a warning at the next garbage collection; looking further costs time.
_VALUES_LOOKED_AT = 10_000
_OF_THE_PROGRAM = (type, ModuleType)

_log = logging.getLogger("wfc.flow")


def close_coroutines(tasks: list[FlowTask[Any]]) -> None:
    """Close the tasks' coroutines, newest first, each in its own context.

    What escapes is of no interest to anyone (the run's state is in its log), so it is logged for debugging only.
    """
    coroutines = [task.get_coro() for task in tasks]
    for unstarted in _unstarted(coroutines):
        unstarted.close()  # else the interpreter warns that it was never awaited
    for task, coroutine in zip(reversed(tasks), reversed(coroutines), strict=True):
        if coroutine is None or not hasattr(coroutine, "close"):
            continue
        try:
            task.flow_context.run(coroutine.close)
        except BaseException:  # noqa: BLE001 - also a SystemExit of library code must not end the worker
            _log.debug("a coroutine of an evicted run didn't close cleanly", exc_info=True)
        task._log_destroy_pending = False
        if task._fut_waiter is not None:  # a task and what it waits for hold each other
            asyncio.Future.cancel(task._fut_waiter)


def _unstarted(coroutines: Sequence[object]) -> list[Coroutine[Any, Any, Any]]:
    """Return the coroutines that these hold, however deep in containers, objects and closures, and never started.

    The garbage collector's view of a suspended coroutine has its frame's variables and what it iterates over.
    """
    found: list[Coroutine[Any, Any, Any]] = []
    seen: set[int] = set()
    pending = deque(coroutines)
    while pending and len(seen) < _VALUES_LOOKED_AT:
        value = pending.popleft()
        if id(value) in seen or not gc.is_tracked(value):
            continue
        seen.add(id(value))
        if inspect.iscoroutine(value) and inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
            found.append(value)
        if isinstance(value, FunctionType):  # not its globals
            pending.extend([*(value.__closure__ or ()), value.__defaults__, value.__kwdefaults__])
        elif not isinstance(value, _OF_THE_PROGRAM) and not type(value).__module__.startswith("wfc."):
            pending.extend(gc.get_referents(value))
    return found


def clear_frames_of(error: BaseException) -> None:
    """Clear the frames that an exception holds, and those of the exceptions that led to it, outermost first."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        found = pending.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        traceback.clear_frames(found.__traceback__)
        pending += [found.__context__, found.__cause__]
        if isinstance(found, BaseExceptionGroup):
            pending += found.exceptions
