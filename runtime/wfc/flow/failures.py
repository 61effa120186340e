"""What a step's failure becomes in the flow that awaited it, and which failure an exception goes back to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from ..errors import failed_step_of

_MOST_STEPS = 100


def settable(error: BaseException) -> BaseException:
    """Wrap what can't be thrown into a coroutine as any other exception: asyncio or the interpreter reserve it."""
    if isinstance(error, StopIteration | GeneratorExit | asyncio.CancelledError):
        return _wrapped(error, "a step")
    return error


def ended_by(error: BaseException) -> RuntimeError:
    """Return what a run fails with that was left by SystemExit or KeyboardInterrupt: they end no process here."""
    return _wrapped(error, "the workflow" if failed_step_of(error) is None else "a step")


def _wrapped(error: BaseException, who: str) -> RuntimeError:
    wrapped = RuntimeError(f"{who} raised {error!r}")
    wrapped.__cause__ = error
    return wrapped


def failed_steps(error: BaseException) -> tuple[str, ...]:
    """Return the ids of the steps that an exception comes from: its own, else its group's, its cause's, its context's.

    Empty where the workflow raised by itself. Of a great many, the first are enough.
    """
    found: list[str] = []
    for step in _failed(error, set()):
        if step not in found:
            found.append(step)
        if len(found) == _MOST_STEPS:
            break
    return tuple(found)


def _failed(error: BaseException | None, seen: set[int]) -> Iterator[str]:
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        step = failed_step_of(error)
        if step is not None:
            yield step
            return
        if isinstance(error, BaseExceptionGroup):
            for child in error.exceptions:
                yield from _failed(child, seen)
            return
        error = error.__cause__ or error.__context__
