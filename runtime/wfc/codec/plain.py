"""Recorded bytes to plain JSON, for the command line and the API: no classes, no tags.

Comes in: bytes that the codec wrote. Goes out: what JSON has (None, bool, int, float, str, list, dict), with everything
else as its natural text: ISO dates, `str(Decimal)`, `str(UUID)`, base64 for bytes, the value of an enum member, an
object as its fields. It works on the tags alone, so it needs neither the classes nor pydantic.

Private attributes of models are not shown. nan and the infinities, for which JSON has no number, are their names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import SerializationError
from .scalars import READERS, Node

_MOST = 10**640  # the least that `sys.set_int_max_str_digits` may be set to


def to_plain(data: bytes) -> Any:
    """Return the recorded value as plain JSON data."""
    try:
        return json.loads(data.decode("ascii"), object_hook=_plain)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, AttributeError) as error:
        raise SerializationError(f"can't read a recorded value: {type(error).__name__}: {error}") from error


def _plain(node: Node) -> Any:
    tag = node.get("$")
    if tag is None:
        return node
    reader = _SHOWN.get(tag)
    if reader is None:
        raise ValueError(f"{tag!r} is not a kind of value")
    return reader(node)


def _as_recorded(node: Node) -> Any:
    return node["v"]


def _read(node: Node) -> Any:
    return READERS[node["$"]](node)


def _datetime(node: Node) -> str:
    value: Any = _read(node)
    return str(value.isoformat())


def _int(node: Node) -> int | str:
    """Return the int, or its hex text where it has more digits than `json` agrees to write."""
    value: Any = _read(node)
    return value if -_MOST < value < _MOST else str(node["v"])


def _text(node: Node) -> str:
    return str(_read(node))


def _duration(node: Node) -> str:
    """Write a timedelta as ISO 8601, as pydantic does, so that it can be given back."""
    microseconds = node["v"]
    sign = "-" if microseconds < 0 else ""
    days, rest = divmod(abs(microseconds), 86_400_000_000)
    seconds, fraction = divmod(rest, 1_000_000)
    time = f"{seconds}.{fraction:06d}".rstrip("0") if fraction else str(seconds)
    return f"{sign}P{days}DT{time}S" if days else f"{sign}PT{time}S"


def _pairs(node: Node) -> dict[str, Any]:
    return {_key(key): item for key, item in node["v"]}


def _key(key: object) -> str:
    return key if isinstance(key, str) else json.dumps(key)


def _enum(node: Node) -> Any:
    return node["v"] if "v" in node else node["n"]


def _fields(node: Node) -> Any:
    fields: dict[str, Any] = node["f"]
    if fields.keys() == {"root"} and node["$"] == "model":
        return fields["root"]
    return {**fields, **node.get("x", {})}


def _arguments(node: Node) -> Any:
    return {"args": node["a"], "kwargs": node["k"]}


_SHOWN: Mapping[str, Callable[[Node], Any]] = {
    "int": _int,
    "float": _as_recorded,
    "str": _read,
    "bytes": _as_recorded,
    "complex": _text,
    "timedelta": _duration,
    "datetime": _datetime,
    "time": _datetime,
    "date": _as_recorded,
    "decimal": _as_recorded,
    "uuid": _as_recorded,
    "path": _as_recorded,
    "tuple": _as_recorded,
    "set": _as_recorded,
    "frozenset": _as_recorded,
    "dict": _pairs,
    "enum": _enum,
    "model": _fields,
    "dataclass": _fields,
    "namedtuple": _fields,
    "object": _as_recorded,
    "args": _arguments,
}
