"""Times and durations as people say them, for text output. Everything comes in microseconds."""

from __future__ import annotations

from .clock import datetime_of

_SECOND = 1_000_000
_PARTS = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def spoken(duration: int) -> str:
    """Return a duration in its two largest units: `3.2 s`, `4 min 10 s`, `6 days 23 h`."""
    if duration < _SECOND:
        return f"{duration / 1000:.3g} ms" if duration < 10_000 else f"{duration // 1000} ms"
    if duration < 60 * _SECOND:
        return f"{duration / _SECOND:.1f} s"
    seconds = duration // _SECOND
    for index, (unit, size) in enumerate(_PARTS[:-1]):
        if seconds >= size:
            smaller, smaller_size = _PARTS[index + 1]
            count, rest = seconds // size, seconds % size // smaller_size
            return f"{_counted(count, unit)} {rest} {smaller}" if rest else _counted(count, unit)
    raise AssertionError(f"{duration} is less than a minute")


def ago(at: int, now: int) -> str:
    """Return a time of the past in the local zone, and how long ago it was."""
    return f"{local(at)} ({spoken(max(0, now - at))} ago)"


def ahead(at: int, now: int) -> str:
    """Return a time to come in the local zone, and how far it is; one that has passed is due."""
    return f"{local(at)} ({f'in {spoken(at - now)}' if at > now else 'due now'})"


def local(at: int) -> str:
    """Return a time in the host's zone: `Mon 2026-11-30 14:05:09`."""
    return datetime_of(at).astimezone().strftime("%a %Y-%m-%d %H:%M:%S")


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}s" if unit == "day" and count != 1 else f"{count} {unit}"
