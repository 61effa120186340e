"""Places in a file as a code frame: line numbers, the code, carets under it, words behind the carets.

      --> app/pricing.py:14:19
       |
    13 |       async with httpx.AsyncClient() as client:
    14 |           r = await client.get(
       |  ___________________^
    15 | |             URL,
    16 | |         )
       | |_________^ runs again on every replay

Two lines of context stand above the first place where they belong to the same block; of places over many lines the
middle is left out; of a very long line only the part around the place is shown (`display`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .display import Line, Window, lay_out, split_lines, visible, width_of
from .style import Style
from .values import Severity, Span

_CONTEXT = 2
# Places this close to each other share a frame.
_NEAR = 3
# Of a place over more lines than this, the first ones and the last are shown.
_TALLEST = 6
_SHOWN_FIRST = 3


class Texts:
    """The lines of the files that findings point into; each file is split once."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources
        self._lines: dict[str, Sequence[str]] = {}

    def lines(self, path: str) -> Sequence[str]:
        """Return the lines of a file, none where its text isn't known."""
        if path not in self._lines:
            text = self._sources.get(path)
            self._lines[path] = [] if text is None else split_lines(text)
        return self._lines[path]

    def has(self, span: Span) -> bool:
        """Say whether the line that a place starts on is known."""
        return 1 <= span.line <= len(self.lines(span.path))


@dataclass(frozen=True)
class Mark:
    """A place with the sign to underline it by and the words behind that."""

    span: Span
    label: str
    sign: str
    severity: Severity | None = None


@dataclass
class Frame:
    """Places of one file that are drawn together, the one that gives the frame its name first."""

    arrow: str
    marks: list[Mark] = field(default_factory=list)

    @property
    def span(self) -> Span:
        """Return the place that the frame is named after."""
        return self.marks[0].span

    def takes(self, span: Span, texts: Texts) -> bool:
        """Say whether a place is so near that it belongs into this frame."""
        near = any(mark.span.line - _NEAR <= span.line <= mark.span.end_line + _NEAR for mark in self.marks)
        return near and span.path == self.span.path and texts.has(self.span)


def last_number(frame: Frame) -> int:
    """Return the highest line number that a frame may show."""
    return max(max(mark.span.line, mark.span.end_line) for mark in frame.marks)


def draw_frame(frame: Frame, texts: Texts, gutter: int, style: Style) -> list[str]:
    """Return the lines of a frame; only its place and words where the source can't be shown."""
    span = frame.span
    place = f"{' ' * gutter}{style.dim(frame.arrow)} {visible(span.path)}:{span.line}:{span.column}"
    if not texts.has(span):
        return [place, *(f"{' ' * gutter} = {visible(mark.label)}" for mark in frame.marks if mark.label)]
    return [place, f"{' ' * gutter} {style.dim('|')}", *_Drawing(frame, texts, gutter, style).lines()]


class _Drawing:
    """One frame being drawn; `tall` is the place over several lines that has a margin of its own, if there is one."""

    def __init__(self, frame: Frame, texts: Texts, gutter: int, style: Style) -> None:
        self.texts = texts.lines(frame.span.path)
        self.marks = [mark for mark in frame.marks if mark.span.line <= len(self.texts)]
        self.gutter = gutter
        self.style = style
        first = self.marks[0]
        self.tall = first if self._last_line(first.span) > first.span.line else None
        self.room = max(style.width - gutter - 3 - (2 if self.tall else 0), 20)

    def lines(self) -> Iterator[str]:
        """Yield the rows from top to bottom."""
        before = None
        for number in sorted(self._numbers()):
            if before is not None and number > before + 1:
                yield self.style.dim("...")
            before = number
            yield from self._rows(number)

    def _last_line(self, span: Span) -> int:
        return min(max(span.end_line, span.line), len(self.texts))

    def _numbers(self) -> set[int]:
        main = self.marks[0].span
        first = main.line
        if self.marks[0].sign == "^":
            while first > 1 and main.line - first < _CONTEXT and self.texts[first - 2].strip():
                first -= 1
        numbers = set(range(first, main.line + 1)) | {mark.span.line for mark in self.marks}
        if self.tall is not None:
            last = self._last_line(main)
            whole = last - main.line < _TALLEST
            numbers.update(range(main.line, last + 1 if whole else main.line + _SHOWN_FIRST), {last})
        # A line takes as much room as the dots that would stand for it.
        return numbers | {number + 1 for number in numbers if number + 2 in numbers}

    def _rows(self, number: int) -> Iterator[str]:
        line = lay_out(self.texts[number - 1])
        marks = [mark for mark in self.marks if mark.span.line == number]
        start, end = self._columns(line, marks[0].span, number) if marks else self._columns_of_tall(line, number)
        window = line.window(start, end, self.room)
        margin = self._margin(number)
        yield f"{number:>{self.gutter}} {self.style.dim('|')} {margin}{window.text}"
        for mark in marks:
            start, end = self._columns(line, mark.span, number)
            if mark is self.tall:
                yield self._turn(mark, " ", window, start, words=False)
            else:
                yield from self._underline(mark, margin, window, start, end)
        if self.tall is not None and number == self._last_line(self.tall.span) and number > self.tall.span.line:
            yield self._turn(self.tall, "|", window, max(self._columns_of_tall(line, number)[1] - 1, 0), words=True)

    def _columns(self, line: Line, span: Span, number: int) -> tuple[int, int]:
        """Return where a place starts and ends on its first line."""
        start = line.column_of(span.column)
        last = span.end_column if span.end_line == number else len(self.texts[number - 1].rstrip()) + 1
        return start, max(line.column_of(last), start + 1)

    def _columns_of_tall(self, line: Line, number: int) -> tuple[int, int]:
        """Return what to show of a line that no place starts on."""
        main = self.marks[0].span
        if self.tall is not None and number == self._last_line(main):
            end = line.column_of(main.end_column) if number == main.end_line else line.width
            return max(end - 1, 0), end
        return line.column_of(main.column), line.column_of(main.column)

    def _margin(self, number: int) -> str:
        if self.tall is None:
            return ""
        inside = self.tall.span.line < number <= self._last_line(self.tall.span)
        return f"{self._painted('|', self.tall)} " if inside else "  "

    def _turn(self, mark: Mark, edge: str, window: Window, column: int, *, words: bool) -> str:
        """Return the row that leads from the margin to the start or end of a tall place."""
        at, _ = self._clamp(window, column, column + 1)
        label = f" {visible(mark.label)}" if words and mark.label else ""
        line = edge + "_" * (at + 1) + mark.sign
        return f"{' ' * self.gutter} {self.style.dim('|')} {self._painted(line, mark)}{label}"

    def _underline(self, mark: Mark, margin: str, window: Window, start: int, end: int) -> Iterator[str]:
        start, end = self._clamp(window, start, end)
        bar = f"{' ' * self.gutter} {self.style.dim('|')} {margin}"
        row = f"{bar}{' ' * start}{self._painted(mark.sign * (end - start), mark)}"
        label = visible(mark.label)
        if label and end + 1 + width_of(label) > self.room and width_of(label) < self.room:
            yield row
            yield f"{bar}{' ' * min(start, self.room - width_of(label))}{label}"
        else:
            yield f"{row} {label}" if label else row

    def _clamp(self, window: Window, start: int, end: int) -> tuple[int, int]:
        """Return columns of the line as columns of the window; what lies outside ends at its edge."""
        last = width_of(window.text)
        start = min(max(start - window.shift, 0), last)
        return start, max(min(end - window.shift, last), start + 1)

    def _painted(self, text: str, mark: Mark) -> str:
        return text if mark.severity is None else self.style.severity(text, mark.severity)
