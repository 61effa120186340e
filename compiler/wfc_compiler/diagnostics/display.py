"""Text as a terminal shows it: how many columns each character takes, and what stands for those it doesn't show.

    "\\tx"       ->  four columns of space, one of x
    "日本"       ->  two columns each
    "e\\u0301"   ->  one column in all: the accent takes none
    "\\u202e"    ->  `<U+202E>`, eight columns: what turns text around or hides in it is named

In: a line of source, or any words. Out: cells, one per code point. Letters that are written from right to left keep the
order of the file, in which columns are counted; a terminal that reorders them shows the carets in the mirror.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_TAB = 4
# Controls, formats, surrogates, line and paragraph separators: invisible, or they move what follows.
_NAMED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_WITHOUT_WIDTH = frozenset({"Mn", "Me"})
_ELLIPSIS = "..."


@dataclass(frozen=True)
class Line:
    """A line as shown: the text of each code point, and the column that each starts at, with that of the end."""

    cells: tuple[str, ...]
    columns: tuple[int, ...]

    @property
    def width(self) -> int:
        """Return how many columns the line takes."""
        return self.columns[-1]

    def column_of(self, position: int) -> int:
        """Return the column that a 1-based position stands at; that of the end for positions behind it."""
        return self.columns[min(max(position, 1), len(self.columns)) - 1]

    def window(self, start: int, end: int, limit: int) -> Window:
        """Return at most `limit` columns that hold `start`, and `end` where both fit."""
        if self.width <= limit:
            return Window("".join(self.cells), 0, self.width)
        room = limit - 2 * len(_ELLIPSIS)
        wanted = min(end - start, room)
        begin = max(0, min(start - (room - wanted) // 2, self.width - room))
        kept = [
            (cell, column)
            for cell, column, after in zip(self.cells, self.columns, self.columns[1:], strict=False)
            if begin <= column and after <= begin + room
        ]
        first = kept[0][1] if kept else begin
        shown = "".join(cell for cell, _ in kept)
        last = first + width_of(shown)
        head = _ELLIPSIS if first > 0 else ""
        tail = _ELLIPSIS if last < self.width else ""
        return Window(f"{head}{shown}{tail}", first - len(head), last)


@dataclass(frozen=True)
class Window:
    """A part of a line: its text, how many columns are missing on its left, and the column where it ends."""

    text: str
    shift: int
    end: int


def lay_out(line: str) -> Line:
    """Return the cells of a line."""
    cells: list[str] = []
    columns: list[int] = [0]
    for char in line:
        column = columns[-1]
        cell = " " * (_TAB - column % _TAB) if char == "\t" else _shown(char)
        cells.append(cell)
        columns.append(column + width_of(cell))
    return Line(tuple(cells), tuple(columns))


def visible(text: str) -> str:
    """Return words on one line, with what a terminal doesn't show named."""
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def width_of(text: str) -> int:
    """Return how many columns a text takes that holds only what is shown."""
    return len(text) if text.isascii() else sum(map(_width, text))


@lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    if _is_selector(char):
        return ""  # asks for a picture or for plain text; without it every terminal takes the same columns
    return f"<U+{ord(char):04X}>" if unicodedata.category(char) in _NAMED else char


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


@lru_cache(maxsize=4096)
def _width(char: str) -> int:
    if unicodedata.category(char) in _WITHOUT_WIDTH or "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7ff":
        return 0  # marks, and the vowels and finals of a Hangul syllable
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def split_lines(text: str) -> Sequence[str]:
    """Return lines as Python counts them: form feeds and the separators of Unicode end none."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
