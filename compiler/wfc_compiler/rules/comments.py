"""Comments that accept a finding: where they stand, which codes they name, and which lines they count for.

    price = httpx.get(URL)  # wfc: ignore[WFC201] -- never changes      the statement that begins or ends on the line
    # wfc: ignore[WFC319, WFC201] -- one run at a time                  standing alone: the statement below it,
    @wf.workflow                                                        decorators and `def` line together
    async def order(): ...

In the middle of a statement over several lines a comment counts for what stands on its line. Blocks are not covered by
what is said of their headers. In: the text of a file. Out: comments, and those that look like one and aren't.
"""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from ..diagnostics import Edit, Span
from ..diagnostics.display import split_lines

_DIRECTIVE = re.compile(r"(?:^|(?<=\s))#+\s*wfc:\s*(?P<word>[a-z][\w-]*)(?P<list>\s*\[(?P<codes>[^\[\]]*)\])?", re.I)
_CODE = re.compile(r"[^,\s]+")
# A word that isn't `ignore` is a word of prose, unless codes follow it.
_NAMES_CODES = re.compile(r"\s*[\[(:]?\s*WFC\d", re.I)
_OTHER_WORDS = frozenset({"noqa", "disable", "skip", "suppress", "allow", "ignore-file", "file-ignore"})
_LAYOUT = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


@dataclass(frozen=True)
class Comment:
    """A suppression, or what was meant for one (`word` is not `ignore` then).

    `codes` are the codes as written with their places; `listed` is the place between the brackets, None without any.
    It counts for findings that start on a line from `first` to `last`; one behind code in the middle of a statement
    also for those that start in the statement and end on its line, `line`. `whole` is what to delete with it.
    """

    span: Span
    word: str
    codes: tuple[tuple[str, Span], ...]
    listed: Span | None
    whole: Span
    first: int
    last: int
    line: int | None = None
    statement: int = 0

    def covers(self, span: Span) -> bool:
        """Say whether it counts for a finding at this place."""
        if self.first <= span.line <= self.last:
            return True
        return self.line is not None and self.statement <= span.line <= self.line <= span.end_line

    def without(self, unused: frozenset[str]) -> Edit:
        """Return the edit that takes codes out, and the whole comment where none is left."""
        kept = [code for code, _ in self.codes if code not in unused]
        if not kept or self.listed is None:
            return Edit(self.whole, "")
        return Edit(self.listed, ", ".join(dict.fromkeys(kept)))


def read_comments(path: str, text: str) -> Iterator[Comment]:
    """Yield the suppressions of a file in order; none of one that Python can't read."""
    lines = split_lines(text)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline))
    except (tokenize.TokenError, SyntaxError):
        return
    reader = _Reader(path, lines, list(_statements(tokens)))
    for token in tokens:
        if token.type == tokenize.COMMENT:
            for match in _DIRECTIVE.finditer(token.string):
                if match["word"].lower() == "ignore" or _is_misspelt(match, token.string):
                    yield reader.read(token, match)


@dataclass(frozen=True)
class _Statement:
    """A logical line; `header` says that it leads to the next one, as a decorator does to its function."""

    first: int
    last: int
    header: bool


def _statements(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[_Statement]:
    begin: tokenize.TokenInfo | None = None
    for token in tokens:
        if token.type == tokenize.NEWLINE and begin is not None:
            yield _Statement(begin.start[0], token.start[0], begin.string == "@")
            begin = None
        elif begin is None and token.type not in _LAYOUT:
            begin = token


def _is_misspelt(match: re.Match[str], comment: str) -> bool:
    word = match["word"].lower()
    meant = word in _OTHER_WORDS or bool(get_close_matches(word, ["ignore"], cutoff=0.7))
    return meant and (match["list"] is not None or _NAMES_CODES.match(comment, match.end()) is not None)


class _Reader:
    """Reads the comments of one file; `statements` are its logical lines in order."""

    def __init__(self, path: str, lines: Sequence[str], statements: Sequence[_Statement]) -> None:
        self.path = path
        self.lines = lines
        self.statements = statements
        # The line below the comments that each line is one of: a block of thousands is read once.
        self.following: dict[int, int] = {}
        self.firsts = [statement.first for statement in statements]

    def read(self, token: tokenize.TokenInfo, match: re.Match[str]) -> Comment:
        row, offset = token.start

        def place(start: int, end: int) -> Span:
            return Span(self.path, row, offset + start + 1, row, offset + end + 1)

        found = _CODE.finditer(token.string, *match.span("codes")) if match["codes"] else ()
        comment = Comment(
            span=place(*match.span()),
            word=match["word"].lower(),
            codes=tuple((code.group(), place(*code.span())) for code in found),
            listed=place(*match.span("codes")) if match["list"] else None,
            whole=self.whole(row, offset + match.start(), offset + match.end()),
            first=row,
            last=row,
        )
        alone = not self.lines[row - 1][:offset].strip()
        around = self.around(row)
        if around is None:
            first, last = self.below(row)
            return replace(comment, first=first, last=last)
        if alone:  # between the brackets of a statement
            code = next((n for n in range(row + 1, around.last) if not self.is_comment(n)), around.last)
            return replace(comment, first=code, last=code)
        if row in (around.first, around.last):
            return replace(comment, first=around.first, last=around.last)
        return replace(comment, line=row, statement=around.first)

    def whole(self, row: int, start: int, end: int) -> Span:
        """Return what to delete with a comment from column `start` on: to the next comment behind it, or all."""
        line = self.lines[row - 1]
        following = re.compile(r"(?<=\s)#").search(line, end)
        if following:
            return Span(self.path, row, start + 1, row, following.start() + 1)
        before = len(line[:start].rstrip())
        if not before and row < len(self.lines):
            return Span(self.path, row, 1, row + 1, 1)
        return Span(self.path, row, before + 1, row, len(line) + 1)

    def around(self, row: int) -> _Statement | None:
        """Return the statement that a line belongs to."""
        index = bisect_right(self.firsts, row) - 1
        return self.statements[index] if index >= 0 and row <= self.statements[index].last else None

    def below(self, row: int) -> tuple[int, int]:
        """Return the lines of the statement right below a comment, other comments between them allowed."""
        below = self.following.get(row)
        if below is None:
            below = row + 1
            while below <= len(self.lines) and self.is_comment(below):
                below += 1
            self.following.update(dict.fromkeys(range(row, below), below))
        index = bisect_right(self.firsts, below) - 1
        if index < 0 or self.statements[index].first != below:
            return row, row
        last = index
        while self.statements[last].header and last + 1 < len(self.statements):
            last += 1
        return below, self.statements[last].last

    def is_comment(self, row: int) -> bool:
        return self.lines[row - 1].lstrip().startswith("#")
