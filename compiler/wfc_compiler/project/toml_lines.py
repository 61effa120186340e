"""Where a key of a TOML or JSON file stands, since `tomllib` and `json` don't say.

A search by line that knows tables and keys; a key it can't find is reported at its table, and a
table at the first line, so that every finding has some place in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache

from ..diagnostics import Span

_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w\-. ])+?)\s*=""")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^.\s]+))\s*""")
_TABLE = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?")


def toml_span(text: str, path: str, keys: tuple[str, ...]) -> Span:
    """Return where the key stands: `("tool", "wfc", "out")` is `out` in `[tool.wfc]`."""
    places = _places(text)
    for depth in range(len(keys), 0, -1):
        if keys[:depth] in places:
            line, start, end = places[keys[:depth]]
            return Span(path, line, start, line, end)
    return Span(path, 1, 1, 1, 1)


@lru_cache(maxsize=2)
def _places(text: str) -> Mapping[tuple[str, ...], tuple[int, int, int]]:
    """Return line, column and end of the first mention of each table and key."""
    table: tuple[str, ...] = ()
    places: dict[tuple[str, ...], tuple[int, int, int]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header = _TABLE.match(line)
        if header:
            table = _split_key(header.group(1))
            places.setdefault(table, (number, line.index("[") + 1, header.end() + 1))
            continue
        key = _KEY.match(line)
        if key is not None:
            start = key.start(1) + 1
            end = start + len(line[start - 1 :].split("=")[0].rstrip())
            places.setdefault((*table, *_split_key(key.group(1))), (number, start, end))
    return places


def text_span(text: str, path: str, value: str) -> Span:
    """Return where a string value stands in quotes, the first line where it can't be found."""
    for quoted in (json.dumps(value), json.dumps(value, ensure_ascii=False), f"'{value}'"):
        index = text.find(quoted)
        if index >= 0:
            line = text.count("\n", 0, index) + 1
            column = index - (text.rfind("\n", 0, index) + 1) + 1
            return Span(path, line, column, line, column + len(quoted))
    return Span(path, 1, 1, 1, 1)


def _split_key(dotted: str) -> tuple[str, ...]:
    return tuple("".join(part.groups("")) for part in _PART.finditer(dotted))
