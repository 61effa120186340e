"""`time` in a flow: the wall clock is the run's, and local time is UTC.

Emitted flow code says `from wfc.flow import time` where the user wrote `import time`. The run's clock is the time of
the last event that was delivered, so it is the same on every replay, on whatever host. Outside of a run the host's
clock answers; the standard library supplies all names that aren't here.
"""

from __future__ import annotations

import calendar
import time as _time
from typing import Any

from ..context import current_run

timezone = altzone = daylight = 0
tzname = ("UTC", "UTC")


def time() -> float:
    """Return the run's clock in seconds since the Unix epoch."""
    run = current_run.get()
    return _time.time() if run is None else run.clock_us / 1e6


def time_ns() -> int:
    """Return the run's clock in nanoseconds since the Unix epoch, in steps of a microsecond."""
    run = current_run.get()
    return _time.time_ns() if run is None else run.clock_us * 1000


def gmtime(seconds: float | None = None, /) -> _time.struct_time:
    """Convert seconds, by default the run's clock, to UTC."""
    return _time.gmtime(time() if seconds is None else seconds)


def localtime(seconds: float | None = None, /) -> _time.struct_time:
    """Convert seconds, by default the run's clock, to the local time of a flow, which is UTC."""
    return _time.localtime(seconds) if current_run.get() is None else gmtime(seconds)


def mktime(local: Any, /) -> float:
    """Convert a local time of a flow, which is UTC, to seconds."""
    return _time.mktime(local) if current_run.get() is None else float(calendar.timegm(local))


def asctime(moment: Any = None, /) -> str:
    """Describe a moment, by default the present one, as in `Sun Jun  9 04:26:40 1993`."""
    return _time.asctime(localtime() if moment is None else moment)


def ctime(seconds: float | None = None, /) -> str:
    """Describe a time in seconds, by default the run's clock, as in `Sun Jun  9 04:26:40 1993`."""
    return asctime(localtime(seconds))


def strftime(form: str, moment: Any = None, /) -> str:
    """Format a moment, by default the present one."""
    return _time.strftime(form, localtime() if moment is None else moment)


def __getattr__(name: str) -> Any:
    return getattr(_time, name)


__all__ = [name for name in dir(_time) if not name.startswith("_")]
