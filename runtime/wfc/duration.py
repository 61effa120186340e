"""Durations: what `sleep`, `timeout=`, `retry_after=` and `Retry(initial=)` take.

In: a string (`"7 days"`, `"1h 30m"`), seconds as int or float, or a `timedelta`; `resolve_due` also
takes a timezone-aware `datetime`. Out: whole microseconds. The grammar is refused rather than
guessed at: the official SDK reads `"3 months"` as three minutes.

    >>> parse_duration("1h 30m")
    5400000000

The compiler uses the same function for literals (rule WFC323, with `DurationError.suggestion` as
its fix), so this module needs nothing but the standard library.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

Duration: TypeAlias = str | int | float | timedelta

SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# The last instant that a datetime can name; everything that is ever due must be printable.
MAX_DUE = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND

_UNITS: dict[str, int] = {
    "ms": 1_000,
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), SECOND),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60 * SECOND),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600 * SECOND),
    **dict.fromkeys(("d", "day", "days"), 86_400 * SECOND),
    **dict.fromkeys(("w", "week", "weeks"), 604_800 * SECOND),
}
# Units that people write and that are not in the grammar: how many of which one to write instead.
_FOREIGN: dict[str, tuple[Fraction, str]] = {
    **dict.fromkeys(("millisecond", "millis", "milli", "msec"), (Fraction(1), "ms")),
    **dict.fromkeys(("us", "usec", "microsecond", "micro"), (Fraction(1, 1000), "ms")),
    **dict.fromkeys(("ns", "nsec", "nanosecond", "nano"), (Fraction(1, 1_000_000), "ms")),
    "wk": (Fraction(1), "weeks"),
    "fortnight": (Fraction(2), "weeks"),
    **dict.fromkeys(("mo", "mon", "mth", "month"), (Fraction(30), "days")),
    "quarter": (Fraction(90), "days"),
    **dict.fromkeys(("y", "yr", "year"), (Fraction(365), "days")),
}
# ASCII only: with Unicode matching, "7 \u017f" (long s) would be seven seconds.
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE | re.ASCII)
_LOOSE = re.compile(r"(\d[\d_,]*(?:\.\d+)?|\.\d+)(?:e\+?(\d{1,2}))?\s*([a-zµ]*)", re.IGNORECASE)
_MAX_TEXT = 200
_GRAMMAR = 'write numbers with units, such as "7 days", "1h 30m" or "500ms"'


class DurationError(ValueError):
    """A duration that can't be read; `suggestion` is the nearest valid spelling, if there is one."""

    def __init__(self, value: object, reason: str, suggestion: str | None = None) -> None:
        fix = f'did you mean "{suggestion}"?' if suggestion else f"{_GRAMMAR}."
        super().__init__(f"Invalid duration {_shown(value)}: {reason}; {fix}")
        self.reason = reason
        self.suggestion = suggestion

    def __reduce__(self) -> tuple[object, ...]:
        """Copy by state, since the arguments are not the message."""
        return (_rebuild, (self.args, self.__dict__))


def parse_duration(value: Duration) -> int:
    """Return `value` in whole microseconds (never negative); `DurationError` when it is none.

    Numbers are seconds. bool, nan, infinity, negative values and anything that would end after the
    year 9999 are errors.
    """
    if isinstance(value, str):
        return _parse_text(str(value))
    if isinstance(value, bool):
        raise DurationError(value, "a bool is not a number of seconds")
    if isinstance(value, timedelta):
        return _checked(value, value // _MICROSECOND)
    if isinstance(value, int):
        return _checked(value, int(value) * SECOND)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise DurationError(value, "it is not a finite number of seconds")
        return _checked(value, round(Fraction(value) * SECOND))
    raise DurationError(value, _wrong_type(value))


def resolve_due(value: Duration | datetime, now_us: int) -> int:
    """Return when `value` is due, in microseconds since 1970 UTC; a datetime may lie in the past.

    `now_us` is the clock that a duration counts from.
    """
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise DurationError(
                value,
                "the datetime has no time zone",
                f"{value.isoformat(sep=' ')}+00:00",
            )
        return (value - _EPOCH) // _MICROSECOND
    due = now_us + parse_duration(value)
    if due > MAX_DUE:
        raise DurationError(value, "it ends after the year 9999")
    return due


@lru_cache(maxsize=512)
def _parse_text(text: str) -> int:
    """Read the grammar `(number unit)+`; whole text, any case, optional spaces."""
    if not text.strip():
        raise DurationError(text, "it is empty")
    if len(text) > _MAX_TEXT:
        raise DurationError(text[:40] + "...", f"it is longer than {_MAX_TEXT} characters")
    total = Fraction(0)
    at = 0
    end = len(text.rstrip())
    while at < end:
        part = _PART.match(text, at)
        if part is None or part[2].lower() not in _UNITS:
            raise DurationError(text, _reason(text, at, part), _suggestion(text))
        total += Fraction(part[1]) * _UNITS[part[2].lower()]
        at = part.end()
    return _checked(text, round(total))


def _checked(value: object, microseconds: int) -> int:
    if microseconds < 0:
        raise DurationError(value, "it is negative (use max(0, ...) where a past time is meant)")
    if microseconds > MAX_DUE:
        raise DurationError(value, "it is too long: the longest duration is about 8,000 years")
    return microseconds


def _reason(text: str, at: int, part: re.Match[str] | None) -> str:
    rest = text[at:].strip()
    if part is not None:
        unit = part[2]
        if _singular(unit) in {"month", "mo", "mon", "mth", "quarter", "y", "yr", "year"}:
            return f'"{unit}" has no fixed length'
        return f'"{unit}" is not a unit (ms, s, m, h, d, w and their long names are)'
    if rest[0] in "+-\u2212":
        return "a duration has no sign"
    if re.fullmatch(r"\d+(?:\.\d+)?", rest, re.ASCII):
        return f'"{rest}" has no unit'
    return f'"{rest}" is not a number with a unit'


def _suggestion(text: str) -> str | None:
    """Spell `text` as the grammar wants it, or None where nothing near it is valid."""
    iso = re.fullmatch(r"P(?=.)(\d+W)?(\d+D)?(?:T(\d+H)?(\d+M)?(\d+S)?)?", text.strip(), re.I)
    if iso:
        return " ".join(part.lower() for part in iso.groups() if part) or None
    parts = []
    for number, exponent, unit in _LOOSE.findall(text):
        part = _respelled(number, exponent, unit)
        if part is None:
            return None
        parts.append(part)
    spelled = " ".join(parts)
    try:
        parse_duration(spelled)
    except DurationError:
        return None
    return spelled


def _respelled(number: str, exponent: str, unit: str) -> str | None:
    """Correct one number and its unit: `("7", "", "dayz")` -> `"7 days"`."""
    digits = number.replace("_", "")
    # "1,000" groups thousands, "1,5" is a decimal comma.
    digits = re.sub(r",(?=\d{3}(\D|$))", "", digits).replace(",", ".")
    try:
        amount = Fraction(digits) * 10 ** int(exponent or 0)
    except ValueError:
        return None
    if not unit:
        return _counted(amount, "seconds")
    lowered = unit.lower().replace("µ", "u")
    if lowered in _UNITS:
        gap = " " if len(lowered) > 2 else ""
        return f"{_plain(amount)}{gap}{lowered}"
    foreign = _FOREIGN.get(lowered) or _FOREIGN.get(_singular(lowered))
    if foreign is not None:
        factor, known = foreign
        return _counted(amount * factor, known)
    import difflib  # only for a message, and slow to import

    near = difflib.get_close_matches(lowered, [u for u in _UNITS if len(u) > 2], 1, 0.6)
    return _counted(amount, near[0]) if near else None


def _counted(amount: Fraction, unit: str) -> str:
    """Join number and unit, the unit in the singular after 1 and in the plural after the rest."""
    if unit != "ms":
        unit = _singular(unit) + ("" if amount == 1 else "s")
    return f"{_plain(amount)} {unit}"


def _plain(amount: Fraction) -> str:
    return str(amount.numerator) if amount.denominator == 1 else f"{float(amount):f}".rstrip("0")


def _singular(unit: str) -> str:
    return unit.lower().removesuffix("s")


def _shown(value: object) -> str:
    """Quote a text; name the value of everything else, in bounded length."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, datetime | timedelta):
        return str(value)
    if isinstance(value, int) and abs(value) >= 10**30:
        # An int of more than 4,300 digits can't be printed at all.
        return "of a huge number"
    if isinstance(value, int | float):
        return repr(value)
    return f"of type {type(value).__name__}"


def _wrong_type(value: object) -> str:
    if isinstance(value, datetime):
        return "a point in time is not a length of time"
    return "only text, seconds as int or float, and timedelta are durations"


def _rebuild(args: tuple[object, ...], state: dict[str, object]) -> DurationError:
    error = DurationError.__new__(DurationError, *args)
    ValueError.__init__(error, *args)
    error.__dict__.update(state)
    return error
