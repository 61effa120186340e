"""`datetime` and `date` in a flow: the present is the run's clock, and local time is UTC.

    datetime.now(tz)           ->  _flow.datetime.now(tz)
    class Stamp(datetime):     ->  class Stamp(_flow.datetime):

Everywhere else the user's classes stay the standard library's: values, annotations and `isinstance` know nothing of
these two. What they make is a plain datetime or date, or one of the user's subclass. Outside of a run they do
what their bases do.
"""

from __future__ import annotations

import datetime as _datetime
from typing import Any, Self

from ..clock import datetime_of
from ..context import current_run


class date(_datetime.date):  # noqa: N801 - named as what it stands for
    """Stands for `datetime.date` where that is asked for the present, or derived from."""

    def __new__(cls, *args: Any, **named: Any) -> Any:
        """Make a plain date, unless it is a subclass that is called."""
        return _datetime.date(*args, **named) if cls is date else super().__new__(cls, *args, **named)

    @classmethod
    def today(cls) -> Self:
        """Return the date of the run's clock, in UTC."""
        moment = _present()
        return super().today() if moment is None else cls(moment.year, moment.month, moment.day)

    @classmethod
    def fromtimestamp(cls, timestamp: float, /) -> Self:
        """Return the date of a time in seconds, in UTC."""
        if current_run.get() is None:
            return super().fromtimestamp(timestamp)
        moment = _datetime.datetime.fromtimestamp(timestamp, _datetime.UTC)
        return cls(moment.year, moment.month, moment.day)


class datetime(_datetime.datetime):  # noqa: N801 - as the original is called
    """Stands for `datetime.datetime` where that is asked for the present, or derived from."""

    def __new__(cls, *args: Any, **named: Any) -> Any:
        """Make a plain datetime, unless it is a subclass that is called."""
        return _datetime.datetime(*args, **named) if cls is datetime else super().__new__(cls, *args, **named)

    @classmethod
    def now(cls, tz: _datetime.tzinfo | None = None) -> Self:
        """Return the run's clock in a zone, without one as naive UTC."""
        moment = _present()
        if moment is None:
            return super().now(tz)
        moment = moment.replace(tzinfo=None) if tz is None else moment.astimezone(tz)
        return cls.combine(moment, moment.timetz())

    @classmethod
    def utcnow(cls) -> Self:
        """Return the run's clock as naive UTC."""
        return super().utcnow() if current_run.get() is None else cls.now()

    @classmethod
    def today(cls) -> Self:
        """Return the run's clock as naive UTC."""
        return super().today() if current_run.get() is None else cls.now()

    @classmethod
    def fromtimestamp(cls, timestamp: float, tz: _datetime.tzinfo | None = None) -> Self:
        """Return the time of a number of seconds in a zone, without one as naive UTC."""
        if tz is not None or current_run.get() is None:
            return super().fromtimestamp(timestamp, tz)
        moment = _datetime.datetime.fromtimestamp(timestamp, _datetime.UTC).replace(tzinfo=None)
        return cls.combine(moment, moment.timetz())


def _present() -> _datetime.datetime | None:
    run = current_run.get()
    return None if run is None else datetime_of(run.clock_us)
