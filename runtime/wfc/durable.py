"""Time, randomness and waiting in a workflow: `sleep`, `now`, `time_ns`, `random`, `uuid4`.

All of them answer from the run's log, so that a replay gets the same values. Outside a workflow they raise
RuntimeError.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from .clock import datetime_of
from .context import require_run
from .duration import resolve_due


async def sleep(duration: float | timedelta | datetime | str) -> None:
    """Suspend the workflow, durably: seconds, a timedelta, a tz-aware datetime, or text such as `"7 days"`.

    Nothing is kept in memory meanwhile. A time that has passed only yields to other tasks. Raises DurationError (a
    ValueError) for text that isn't exactly a duration; the build reports literals.
    """
    run = require_run("sleep()")
    await run.sleep_until(resolve_due(duration, run.clock_us))


def now() -> datetime:
    """Return the run's clock, in UTC: the time of the event that the workflow is reacting to."""
    return datetime_of(require_run("now()").clock_us)


def time_ns() -> int:
    """Return the run's clock in nanoseconds since the Unix epoch, with microsecond resolution."""
    return require_run("time_ns()").clock_us * 1000


def random() -> Random:
    """Return the run's generator: the same sequence on every replay, another one for every run."""
    return require_run("random()").draws.stream("user")


def uuid4() -> UUID:
    """Return a random UUID that is the same on every replay."""
    return require_run("uuid4()").draws.uuid4()
