"""A span and its source line as a code frame: line numbers, the code, carets under it.

Tabs become spaces, wide characters count two columns, combining ones none, control characters are
shown as a mark, and of a very long line only the part around the span is shown. Two lines of
context stand above the span where they belong to the same block.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from .style import Style
from .values import Severity, Span

_TAB = 4
_CONTEXT = 2
_WIDEST = 140
_ELLIPSIS = "..."


@dataclass(frozen=True)
class Frame:
    """What to draw: a span, the words under it, the arrow before its place and the underline."""

    span: Span
    label: str
    arrow: str
    mark: str
    severity: Severity | None


def code_frame(frame: Frame, sources: Mapping[str, str], gutter: int, style: Style) -> list[str]:
    """Return the lines of a frame; only its place where the source can't be shown."""
    span = frame.span
    place = f"{' ' * gutter}{style.dim(frame.arrow)} {span.path}:{span.line}:{span.column}"
    lines = _lines_of(sources.get(span.path))
    if not 1 <= span.line <= len(lines):
        return [place] + ([f"{' ' * gutter} = {frame.label}"] if frame.label else [])
    bar = style.dim("|")
    drawn = [place, f"{' ' * gutter} {bar}"]
    first = span.line
    while first > 1 and span.line - first < _CONTEXT and lines[first - 2].strip():
        first -= 1
    for number in range(first, span.line):
        text, _ = _cut(_expand(lines[number - 1])[0], 0)
        drawn.append(f"{number:>{gutter}} {bar} {text}")
    drawn += _span_lines(frame, lines, gutter, style)
    return drawn


def _span_lines(frame: Frame, lines: list[str], gutter: int, style: Style) -> list[str]:
    span, bar = frame.span, style.dim("|")
    expanded, columns = _expand(lines[span.line - 1])
    start = columns[min(span.column - 1, len(columns) - 1)]
    if span.end_line == span.line:
        end = columns[min(span.end_column - 1, len(columns) - 1)]
    else:  # the rest of the first line stands for a span over several
        end = len(expanded.rstrip())
        end = _width(expanded[:end])
    end = max(end, start + 1)
    text, shift = _cut(expanded, start)
    end = min(end - shift, max(_width(text), start - shift + 1))
    start -= shift
    underline = frame.mark * max(end - start, 1)
    if frame.severity is not None:
        underline = style.severity(underline, frame.severity)
    label = f" {frame.label}" if frame.label else ""
    return [
        f"{span.line:>{gutter}} {bar} {text}",
        f"{' ' * gutter} {bar} {' ' * start}{underline}{label}",
    ]


def _lines_of(text: str | None) -> list[str]:
    if text is None:
        return []
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _expand(line: str) -> tuple[str, list[int]]:
    """Return the line as shown, and the display column of each code point and of the end."""
    shown: list[str] = []
    columns: list[int] = []
    column = 0
    for char in line:
        columns.append(column)
        if char == "\t":
            char = " " * (_TAB - column % _TAB)
        elif unicodedata.category(char) in ("Cc", "Cf"):
            char = "\N{REPLACEMENT CHARACTER}"
        shown.append(char)
        column += _width(char)
    columns.append(column)
    return "".join(shown), columns


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _cut(line: str, start: int) -> tuple[str, int]:
    """Return at most `_WIDEST` columns of a line around display column `start`, and the shift."""
    if _width(line) <= _WIDEST:
        return line, 0
    begin = max(0, start - _WIDEST // 2)
    column, kept = 0, []
    shift = 0
    for char in line:
        width = _width(char)
        if column < begin:
            shift = column + width
        elif column - begin < _WIDEST:
            kept.append(char)
        column += width
    head, tail = (_ELLIPSIS if begin else ""), _ELLIPSIS
    return head + "".join(kept) + tail, shift - len(head)
