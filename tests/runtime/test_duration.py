"""The duration grammar: what is read, what is refused and what is suggested."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfc.duration import MAX_DUE, DurationError, parse_duration, resolve_due

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND

UNITS = {
    "ms": 1000,
    **dict.fromkeys(["s", "sec", "secs", "second", "seconds"], SECOND),
    **dict.fromkeys(["m", "min", "mins", "minute", "minutes"], MINUTE),
    **dict.fromkeys(["h", "hr", "hrs", "hour", "hours"], HOUR),
    **dict.fromkeys(["d", "day", "days"], DAY),
    **dict.fromkeys(["w", "week", "weeks"], 7 * DAY),
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7 days", 7 * DAY),
        ("7 Days", 7 * DAY),
        ("5S", 5 * SECOND),
        ("1h 30m", 90 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("30m 1h", 90 * MINUTE),
        ("500ms", 500_000),
        ("2 weeks", 14 * DAY),
        ("1.5h", 90 * MINUTE),
        ("  1  s  ", SECOND),
        ("0s", 0),
        ("0.0005ms", 0),
        (0, 0),
        (90, 90 * SECOND),
        (0.1, 100_000),
        (1.1, 1_100_000),
        (1e-9, 0),
        (timedelta(days=1, microseconds=3), DAY + 3),
    ],
)
def test_reads_a_duration(value: str | float | timedelta, expected: int) -> None:
    """Every form of the grammar gives exact microseconds."""
    assert parse_duration(value) == expected


@pytest.mark.parametrize("unit", UNITS)
def test_reads_every_unit_in_any_case(unit: str) -> None:
    """Each spelling of a unit counts, with and without a space."""
    for spelled in (unit, unit.upper(), unit.title()):
        assert parse_duration(f"3 {spelled}") == parse_duration(f"3{spelled}") == 3 * UNITS[unit]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("3 months", "90 days"),
        ("1 year", "365 days"),
        ("7 dayz", "7 days"),
        ("1 dayz", "1 day"),
        ("5 mintues", "5 minutes"),
        ("1d banana", "1d"),
        ("90", "90 seconds"),
        ("1", "1 second"),
        ("1h 30", "1h 30 seconds"),
        ("-5s", "5s"),
        ("+5s", "5s"),
        ("1h -30m", "1h 30m"),
        ("1h, 30m", "1h 30m"),
        ("1h and 30m", "1h 30m"),
        ("1e3s", "1000s"),
        ("1_000s", "1000s"),
        ("1,000s", "1000s"),
        ("1,5h", "1.5h"),
        (".5s", "0.5s"),
        ("2 milliseconds", "2 ms"),
        ("20 us", "0.02 ms"),
        ("PT5M", "5m"),
        ("P7D", "7d"),
        ("", None),
        ("   ", None),
        ("soon", None),
        ("s", None),
        ("7 \u017f", None),
        ("9" * 100 + "s", None),
        ("9" * 5000 + "s", None),
    ],
)
def test_refuses_a_text_and_suggests(text: str, suggestion: str | None) -> None:
    """A text outside the grammar is an error that offers the nearest valid spelling."""
    with pytest.raises(DurationError) as caught:
        parse_duration(text)
    assert caught.value.suggestion == suggestion
    assert text[:20] in str(caught.value)
    if suggestion is not None:
        assert f'did you mean "{suggestion}"?' in str(caught.value)
        parse_duration(suggestion)


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        float("nan"),
        float("inf"),
        float("-inf"),
        -1,
        -0.5,
        10**30,
        10**5000,
        1e300,
        timedelta(-1),
        timedelta.max,
        None,
        [],
        b"1s",
        datetime(2026, 1, 1, tzinfo=UTC),
    ],
    ids=lambda value: f"{type(value).__name__}-{str(value)[:12] if value != 10**5000 else 'huge'}",
)
def test_refuses_a_value(value: object) -> None:
    """What is no finite, non-negative length of time is a clear error, never an overflow."""
    with pytest.raises(DurationError):
        parse_duration(value)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.integers(0, 10**4), st.sampled_from(sorted(UNITS))), min_size=1))
def test_sums_the_parts(parts: list[tuple[int, str]]) -> None:
    """A duration is the sum of its parts, whatever their order and spacing."""
    text = " ".join(f"{number}{unit}" for number, unit in parts)
    if len(text) <= 200:
        assert parse_duration(text) == sum(number * UNITS[unit] for number, unit in parts)


@given(st.text(max_size=40))
def test_any_text_is_a_duration_or_a_duration_error(text: str) -> None:
    """No text raises anything else, and each suggestion is itself valid."""
    try:
        assert parse_duration(text) >= 0
    except DurationError as error:
        if error.suggestion is not None:
            parse_duration(error.suggestion)


def test_resolves_against_the_clock() -> None:
    """A duration counts from now; a datetime is exact, may be past, and may have any zone."""
    assert resolve_due("1s", 5) == SECOND + 5
    assert resolve_due(datetime(1970, 1, 1, 0, 0, 1, 7, tzinfo=UTC), 10**15) == SECOND + 7
    east = timezone(timedelta(hours=2))
    assert resolve_due(datetime(1970, 1, 1, 2, tzinfo=east), 0) == 0
    assert resolve_due(datetime(1969, 12, 31, 23, tzinfo=UTC), 0) == -HOUR
    berlin = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert resolve_due(berlin.replace(fold=1), 0) - resolve_due(berlin, 0) == HOUR


def test_refuses_a_naive_datetime() -> None:
    """Without a zone the instant is unknown; the message says how to add one."""
    with pytest.raises(DurationError, match="no time zone") as caught:
        resolve_due(datetime(2026, 1, 1), 0)
    assert caught.value.suggestion == "2026-01-01 00:00:00+00:00"


def test_refuses_a_due_time_after_the_last_year() -> None:
    """The sum must still be an instant that can be printed."""
    with pytest.raises(DurationError, match="year 9999"):
        resolve_due("1 day", MAX_DUE)


def test_the_error_survives_copying() -> None:
    """pickle and copy keep message, reason and suggestion."""
    with pytest.raises(DurationError) as caught:
        parse_duration("7 dayz")
    for twin in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert str(twin) == str(caught.value)
        assert twin.suggestion == "7 days"
