"""Where a key of a TOML or JSON file stands, since `tomllib` and `json` don't say.

A search by line that knows tables and keys; a key it can't find is reported at its table, and a
table at the first line, so that every finding has some place in the file.
"""

from __future__ import annotations

import json
import re

from ..diagnostics import Span

_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w\-. ])+?)\s*=""")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^.\s]+))\s*""")
_TABLE = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?")


def toml_span(text: str, path: str, keys: tuple[str, ...]) -> Span:
    """Return where the key stands: `("tool", "wfc", "out")` is `out` in `[tool.wfc]`."""
    table: tuple[str, ...] = ()
    best, best_depth = Span(path, 1, 1, 1, 1), 0
    for number, line in enumerate(text.splitlines(), start=1):
        header = _TABLE.match(line)
        if header:
            table = _split_key(header.group(1))
            found, column = table, line.index("[") + 1
        else:
            key = _KEY.match(line)
            if key is None:
                continue
            found, column = (*table, *_split_key(key.group(1))), key.start(1) + 1
        depth = len(found)
        if keys[:depth] == found and depth > best_depth:
            end = header.end() + 1 if header else column + len(line[column - 1 :].split("=")[0].rstrip())
            best, best_depth = Span(path, number, column, number, end), depth
    return best


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
