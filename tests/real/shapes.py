"""What a value looks like, whichever copy of its class made it: text that two runs can be compared by.

Fraction(3, 4)      <fractions.Fraction {'_denominator': 4, '_numerator': 3}>     in the route and outside
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from typing import Any

DEPTH = 5
ITEMS = 60
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
_LONG_NUMBER = re.compile(r"\b\d{12,}\b")  # an id(), mostly
_ROUTE = re.compile(r"\b_r_probe\.")


def plain(text: str) -> str:
    """Return a text without addresses and without the route's own prefix."""
    return _LONG_NUMBER.sub("N", _ADDRESS.sub("0x", _ROUTE.sub("", text)))[:5000]


def shape(value: Any, depth: int = DEPTH, seen: tuple[int, ...] = ()) -> str:
    """Return what a value looks like."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | bytearray):
        own = "" if type(value).__module__ == "builtins" else _name(type(value))
        return own + plain(_text_of(value))
    if depth == 0 or id(value) in seen:
        return f"<{_name(type(value))} ...>"
    below = (depth - 1, (*seen, id(value)))
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
        return f"<{_name(value)}>"
    if isinstance(value, types.ModuleType):
        return f"<module {plain(value.__name__)}>"
    if isinstance(value, types.MethodType):
        return f"<method {_name(value.__func__)} of {shape(value.__self__, *below)}>"
    if isinstance(value, dict):
        items = list(dict.items(value))[:ITEMS]
        return f"{_name(type(value))}{{{', '.join(f'{shape(k, *below)}: {shape(v, *below)}' for k, v in items)}}}"
    if isinstance(value, list | tuple | set | frozenset):
        parts = [shape(item, *below) for item in list(value)[:ITEMS]]
        return f"{_name(type(value))}[{', '.join(sorted(parts) if isinstance(value, set | frozenset) else parts)}]"
    if isinstance(value, BaseException):
        return f"{_name(type(value))}{shape(list(value.args), *below)}"
    if hasattr(type(value), "__next__"):
        return f"<{_name(type(value))} of {[shape(item, *below) for item in _first(value)]}>"
    return _object(value, *below)


def _object(value: Any, depth: int, seen: tuple[int, ...]) -> str:
    state = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            if slot not in ("__weakref__", "__dict__") and hasattr(value, slot):
                state[slot] = getattr(value, slot)
    if not state:
        return f"<{_name(type(value))} {plain(_text_of(value))}>"
    inner = ", ".join(f"{name}={shape(part, depth, seen)}" for name, part in sorted(state.items(), key=str))
    return f"<{_name(type(value))} {inner}>"


def _text_of(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 (a repr may fail as it likes: both do, or they differ)
        return f"<repr raised {type(error).__name__}>"


def _name(value: Any) -> str:
    return plain(f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}")


def _first(values: Iterator[Any]) -> Iterator[Any]:
    for number, value in enumerate(values):
        if number == ITEMS:
            return
        yield value
