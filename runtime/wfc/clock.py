"""Time as wfc keeps it: whole microseconds since the Unix epoch, and the datetimes that people see."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wall_clock_us() -> int:
    """Return the present time."""
    return time.time_ns() // 1000


def datetime_of(us: int) -> datetime:
    """Return the datetime of a time, in UTC, exactly."""
    return _EPOCH + timedelta(microseconds=us)
