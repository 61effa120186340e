"""Run the body of one attempt and say how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from ..codec import Codec
from ..codec.exceptions import encode_exception
from ..context import StepContext
from ..engine.deliveries import StepRaised, StepReturned, StepSucceeded
from ..engine.state import StepState
from ..errors import (
    FatalError,
    RetryableError,
    SerializationError,
    StepNotRegisteredError,
    StreamClosedError,
    TypeValidationError,
)
from .telling import tell_failed

if TYPE_CHECKING:
    from ..builds import Build
    from ..model import Run

# No further attempt can mend these: the value or the build has to change, a stream stays closed.
_HOPELESS = (FatalError, SerializationError, TypeValidationError, StepNotRegisteredError, StreamClosedError)

Ended = StepSucceeded | StepRaised | StepReturned


async def run_body(
    build: Build,
    run: Run,
    step: StepState,
    executor: Executor,
    clock: Callable[[], int],
    *,
    stopping: Callable[[], bool],
) -> Ended | None:
    """Run an attempt. Whatever the body raises, importing its route included, becomes a value of the log.

    A cancellation while the worker is `stopping` gives the attempt back; any other comes from the body itself. None is
    the end of a `def` body that a stopping worker leaves behind: its thread goes on, so that its attempt is spent, as
    that of a worker that died.
    """
    context = StepContext(run.run_id, run.workflow_id, step.call_id, step.step_id, step.attempt, clock())
    codec: Codec | None = None
    threaded = False
    try:
        route = build.step(step.step_id)
        codec, threaded = route.codec, route.is_threaded
        result = await route.run(step.input, context, executor)
        return StepSucceeded(clock(), step.call_id, step.attempt, result)
    except asyncio.CancelledError as error:
        if stopping():
            return None if threaded else StepReturned(clock(), step.call_id, step.attempt)
        return _raised(step, error, codec, clock())  # told to stop, so that it is no failure to tell of
    except BaseException as error:  # noqa: BLE001 - a SystemExit in a step must not end the worker
        tell_failed(run, step, error)
        return _raised(step, error, codec, clock())


def _raised(step: StepState, error: BaseException, codec: Codec | None, at: int) -> StepRaised:
    delay = None
    if isinstance(error, RetryableError):
        try:
            delay = error.delay_us()
        except Exception as unreadable:  # noqa: BLE001 - the step's own mistake: back off as usual, and show it
            error.add_note(f"retry_after can't be used: {unreadable}")
    fatal = isinstance(error, _HOPELESS)
    return StepRaised(at, step.call_id, step.attempt, encode_exception(error, codec or Codec()), fatal, delay)


async def wait_for_bodies(
    bodies: list[asyncio.Task[Ended | None]], news: asyncio.Event, grace: float, given_up: Callable[[], bool]
) -> None:
    """Wait until the bodies have ended, for at most `grace` seconds; `news` is set when `given_up` may have changed."""
    deadline = asyncio.get_running_loop().time() + grace
    left = [task for task in bodies if not task.done()]
    while left and not given_up():
        seconds = deadline - asyncio.get_running_loop().time()
        if seconds <= 0:
            return
        news.clear()
        told = asyncio.ensure_future(news.wait())
        await asyncio.wait([told, *left], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        left = [task for task in left if not task.done()]
