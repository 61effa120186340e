"""JSON text, written and read without what `json` does again on each call.

`json.JSONEncoder.encode` makes its C encoder anew for each value, and `JSONDecoder.decode` looks for white space around
it; for the small values of an event log that is most of the time. Both are asked for what they have made once. On an
interpreter without them, or for text that isn't one value alone, the library's own functions do it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from json import encoder as _encoder
from typing import Any


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def writer(*, allow_nan: bool) -> Callable[[Any], str]:
    """Return a function that writes a value in ASCII, without spaces. It raises what `json.dumps` raises."""
    made = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=allow_nan, check_circular=False)
    make: Any = getattr(_encoder, "c_make_encoder", None)
    if make is None:
        return made.encode
    chunks = make(None, made.default, _encoder.encode_basestring_ascii, None, ":", ",", False, False, allow_nan)

    def write(value: Any) -> str:
        return "".join(chunks(value, 0))

    return write


def reader(
    object_hook: Callable[[dict[str, Any]], Any] | None = None, *, allow_nan: bool = False
) -> Callable[[str], Any]:
    """Return a function that reads one value; ValueError for anything else."""
    made = json.JSONDecoder(object_hook=object_hook, parse_constant=None if allow_nan else _refuse_constant)
    scan: Callable[[str, int], tuple[Any, int]] = made.scan_once  # type: ignore[attr-defined]  # the stubs lack it

    def read(text: str) -> Any:
        try:
            value, end = scan(text, 0)
        except StopIteration:
            return made.decode(text)  # which says what is wrong, or skips leading space
        return value if end == len(text) else made.decode(text)

    return read
