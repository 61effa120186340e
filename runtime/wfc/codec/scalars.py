"""The leaves: every value type that is neither plain JSON nor holds other values.

Comes in: a value of exactly such a type, or the tagged object that was written for one. Goes out: the other of the two.

    >>> write_timedelta(timedelta(seconds=1))
    {'$': 'timedelta', 'v': 1000000}

Readers raise ValueError, TypeError, KeyError or OverflowError on anything that no writer here wrote; the decoder turns
them into `SerializationError`.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path, PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

Node = dict[str, Any]

_MICROSECOND = timedelta(microseconds=1)
# Beyond this an int is written in hex: `json` refuses more than 4,300 digits, and its decimal form is quadratic.
BIG = 1 << 64


def write_int(value: int) -> Node:
    """Write an int outside the 64-bit range."""
    return {"$": "int", "v": hex(value)}


def write_float(value: float) -> Node:
    """Write nan or an infinity, which JSON has no number for."""
    return {"$": "float", "v": repr(value)}


def write_str(value: str) -> Node:
    """Write text with lone surrogates: two in a row would come back from JSON as one character."""
    return {"$": "str", "v": _base64(value.encode("utf-8", "surrogatepass"))}


def write_bytes(value: bytes) -> Node:
    """Write bytes as base64."""
    return {"$": "bytes", "v": _base64(value)}


def write_complex(value: complex) -> Node:
    """Write both parts as text, which also holds nan and infinities."""
    return {"$": "complex", "v": [repr(value.real), repr(value.imag)]}


def write_timedelta(value: timedelta) -> Node:
    """Write whole microseconds."""
    return {"$": "timedelta", "v": value // _MICROSECOND}


def write_datetime(value: datetime) -> Node:
    """Write the wall time with its zone; the fold only where it is set."""
    return _write_zoned("datetime", value.replace(tzinfo=None, fold=0).isoformat(), value)


def write_time(value: time) -> Node:
    """Write a time of day, with its zone if it has one."""
    return _write_zoned("time", value.replace(tzinfo=None, fold=0).isoformat(), value)


def write_date(value: date) -> Node:
    """Write an ISO date."""
    return {"$": "date", "v": value.isoformat()}


def write_decimal(value: Decimal) -> Node:
    """Write all digits, the exponent and the kind of nan."""
    return {"$": "decimal", "v": str(value)}


def write_uuid(value: UUID) -> Node:
    """Write the usual form with dashes."""
    return {"$": "uuid", "v": str(value)}


def write_path(value: Path) -> Node:
    """Write a path of this machine's flavour."""
    return {"$": "path", "v": _text(str(value))}


def write_pure_path(value: PurePosixPath | PureWindowsPath) -> Node:
    """Write a path that names its flavour."""
    kind = "posix" if isinstance(value, PurePosixPath) else "windows"
    return {"$": "path", "v": _text(str(value)), "k": kind}


WRITERS: Mapping[type, Callable[[Any], Node]] = {
    bytes: write_bytes,
    complex: write_complex,
    timedelta: write_timedelta,
    datetime: write_datetime,
    time: write_time,
    date: write_date,
    Decimal: write_decimal,
    UUID: write_uuid,
    PosixPath: write_path,
    WindowsPath: write_path,
    PurePosixPath: write_pure_path,
    PureWindowsPath: write_pure_path,
}


def _read_int(node: Node) -> int:
    return int(_checked(node["v"], str), 16)


def _read_float(node: Node) -> float:
    value = float(_checked(node["v"], str))
    if math.isfinite(value):
        raise ValueError("a finite float is not tagged")
    return value


def _read_str(node: Node) -> str:
    return _unbase64(node["v"]).decode("utf-8", "surrogatepass")


def _read_bytes(node: Node) -> bytes:
    return _unbase64(node["v"])


def _read_complex(node: Node) -> complex:
    real, imag = _checked(node["v"], list)
    return complex(float(_checked(real, str)), float(_checked(imag, str)))


def _read_timedelta(node: Node) -> timedelta:
    # Not timedelta(microseconds=n): that goes through a float above 2**53.
    days, rest = divmod(_checked(node["v"], int), 86_400_000_000)
    return timedelta(days=days, microseconds=rest)


def _read_datetime(node: Node) -> datetime:
    return datetime.fromisoformat(_checked(node["v"], str)).replace(tzinfo=_read_zone(node), fold=node.get("f", 0))


def _read_time(node: Node) -> time:
    return time.fromisoformat(_checked(node["v"], str)).replace(tzinfo=_read_zone(node), fold=node.get("f", 0))


def _read_date(node: Node) -> date:
    return date.fromisoformat(_checked(node["v"], str))


def _read_decimal(node: Node) -> Decimal:
    try:
        return Decimal(_checked(node["v"], str))
    except InvalidOperation as error:
        raise ValueError("not a decimal") from error


def _read_uuid(node: Node) -> UUID:
    return UUID(_checked(node["v"], str))


def _read_path(node: Node) -> Path | PurePosixPath | PureWindowsPath:
    text = _checked(node["v"], str)
    match node.get("k"):
        case None:
            return Path(text)
        case "posix":
            return PurePosixPath(text)
        case "windows":
            return PureWindowsPath(text)
    raise ValueError("not a kind of path")


READERS: Mapping[str, Callable[[Node], object]] = {
    "int": _read_int,
    "float": _read_float,
    "str": _read_str,
    "bytes": _read_bytes,
    "complex": _read_complex,
    "timedelta": _read_timedelta,
    "datetime": _read_datetime,
    "time": _read_time,
    "date": _read_date,
    "decimal": _read_decimal,
    "uuid": _read_uuid,
    "path": _read_path,
}


def _write_zoned(tag: str, text: str, value: datetime | time) -> Node:
    node: Node = {"$": tag, "v": text}
    if value.tzinfo is not None:
        node["z"] = _write_zone(value.tzinfo, value)
    if value.fold:
        node["f"] = 1
    return node


def _write_zone(zone: tzinfo, value: datetime | time) -> str | int | list[Any]:
    """Write a zone: its key, or the offset in microseconds, with a name where one was given.

    Zones of other libraries (pytz, dateutil, pydantic's) are kept as the offset of this very instant.
    """
    if type(zone) is ZoneInfo and zone.key is not None:
        return zone.key
    offset = zone.utcoffset(value) if isinstance(value, datetime) else value.utcoffset()
    if offset is None:
        raise ValueError(f"the time zone {zone!r} doesn't say its offset for this time")
    microseconds = offset // _MICROSECOND
    if type(zone) is timezone and zone.tzname(None) != timezone(offset).tzname(None):
        return [microseconds, _text(zone.tzname(None))]
    return microseconds


def _read_zone(node: Node) -> tzinfo | None:
    match node.get("z"):
        case None:
            return None
        case str(key):
            return ZoneInfo(key)
        case int(offset):
            return UTC if offset == 0 else timezone(timedelta(microseconds=offset))
        case [int(offset), str(name)]:
            return timezone(timedelta(microseconds=offset), name)
    raise ValueError("not a time zone")


def _text(text: str) -> str | Node:
    """Keep text as it is, or tagged where it holds lone surrogates (file names that are not UTF-8)."""
    return text if text.isascii() or not has_surrogates(text) else write_str(text)


def has_surrogates(text: str) -> bool:
    """Does the text hold code points that are half of a pair?

    Encoding it is the fastest scan there is.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _checked(value: object, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"not a {kind.__name__}")
    return value


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unbase64(text: object) -> bytes:
    return base64.b64decode(_checked(text, str), validate=True)
