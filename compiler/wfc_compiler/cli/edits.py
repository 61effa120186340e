"""Edits of a text: which can be made together, and the text that they give.

In: findings with fixes, the text of a file. Out: the fixes that don't get in each other's way; a new text with the
lines that were touched. A fix is made as a whole or not at all.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..diagnostics import Diagnostic, Edit
from ..project import SourceFile

_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Edited:
    """A new text, and the numbers of its lines that hold something of an edit."""

    text: str
    lines: frozenset[int]


def apart(items: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return findings whose fixes can be made together; of those that overlap the first."""
    taken: list[Edit] = []
    found = []
    for item in items:
        edits = item.fix.edits if item.fix else ()
        if not any(_collide(edit, other) for edit in edits for other in taken):
            taken += edits
            found.append(item)
    return found


def _collide(one: Edit, other: Edit) -> bool:
    """Say whether two edits can't both be made; equal ones are made once, whole lines put in one after the other."""
    if one == other or one.span.path != other.span.path:
        return False
    (start, end), (begin, finish) = _ends(one), _ends(other)
    if start == end == begin == finish:
        return not (one.text.endswith("\n") and other.text.endswith("\n"))
    return max(start, begin) < min(end, finish) or start < begin == finish < end or begin < start == end < finish


def _ends(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    return (edit.span.line, edit.span.column), (edit.span.end_line, edit.span.end_column)


def apply_edits(text: str, edits: Sequence[Edit]) -> Edited:
    """Return the text with edits made that don't collide; equal ones count once, line breaks are those of the file."""
    starts = [0, *(match.end() for match in _BREAK.finditer(text))]
    newline = "\r\n" if "\r\n" in text else "\n"
    pieces: list[str] = []
    lines: set[int] = set()
    done, line = 0, 1
    for edit in sorted(dict.fromkeys(edits), key=lambda item: item.span):
        span = edit.span
        begin = starts[min(span.line, len(starts)) - 1] + span.column - 1
        end = starts[min(span.end_line, len(starts)) - 1] + span.end_column - 1
        kept = text[done:begin]
        line += len(_BREAK.findall(kept))
        lines.update(range(line, line + edit.text.count("\n") + 1))
        line += edit.text.count("\n")
        pieces += [kept, edit.text.replace("\n", newline)]
        done = end
    return Edited("".join(pieces) + text[done:], frozenset(lines))


def encoded(source: SourceFile, text: str) -> bytes | None:
    """Return a new text in the encoding of its file, a byte order mark kept; None where that can't hold it."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source.data).readline)
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return None
