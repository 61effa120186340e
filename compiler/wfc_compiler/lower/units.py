"""Cut a module's text into its top-level lines, each with the comments above it.

    # Limits of the free plan.
    LIMIT = 3; BURST = 9                 one unit with two statements

    def draft(): ...                     one unit

In: a source file and its `ast` tree. Out: `Units`, pieces of text whose lines are those of the source. Only a piece
that has to be rewritten is parsed again, by LibCST, whose trees are slow to make and slower to print.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..project import SourceFile
from ..slice.resources import READERS
from ..syntax import all_statements, start_line

_ENCODING = re.compile(r"#.*coding[:=]")


_READERS = "|".join(sorted({name.rpartition(".")[2] for name in READERS}))
NAMES = re.compile(rf"(?<![\w.])__name__\b|\bimport_module\b|\bvercel\s*\.\s*workflow\b|\b(?:{_READERS})\(\s*[\"']")
"""What a step's route replaces; `cls.__name__` is another name."""

_GUARDED = (ast.Try, ast.TryStar, ast.With, ast.AsyncWith)


@dataclass(frozen=True)
class AddedNames:
    """The names that lowering adds to a module; others than usual where the user's code has taken them."""

    flow: str = "_flow"
    run: str = "_wfc_run"


@dataclass(frozen=True)
class Piece:
    """A top-level line as it is emitted. Lines count from 0 within the piece."""

    text: str
    lines: tuple[tuple[int, int], ...]
    is_prologue: bool
    uses_flow: bool


@dataclass(frozen=True)
class Unit:
    """One top-level line: its text, the source line that the text starts on, and its statements."""

    text: str
    line: int
    indices: range
    statements: tuple[ast.stmt, ...]


@dataclass(frozen=True)
class Units:
    """A module in pieces. `header` are the comments at its top that belong to no statement."""

    header: str
    units: tuple[Unit, ...]


def cut_units(source: SourceFile, tree: ast.Module) -> Units:
    """Cut a module; what stands below its last statement belongs to none and is left out."""
    lines = source.lines
    groups = list(_groups(source, tree.body))
    if not groups:
        return Units("", ())
    top = _header_end(lines, start_line(tree.body[groups[0].start]) - 1)
    units = []
    after = top
    for group in groups:
        statements = tuple(tree.body[group.start : group.stop])
        end = statements[-1].end_lineno or statements[-1].lineno
        end = _block_end(lines, end)
        units.append(Unit("".join(f"{line}\n" for line in lines[after:end]), after + 1, group, statements))
        after = end
    return Units("".join(f"{line}\n" for line in _without_encoding(lines[:top])), tuple(units))


def _groups(source: SourceFile, body: Sequence[ast.stmt]) -> Iterator[range]:
    """Yield the positions of statements that stand on one logical line."""
    start = 0
    for position in range(1, len(body) + 1):
        if position == len(body) or not _joined(source, body[position - 1], body[position]):
            yield range(start, position)
            start = position


def _joined(source: SourceFile, first: ast.stmt, second: ast.stmt) -> bool:
    end = first.end_lineno or first.lineno
    if start_line(second) == end:
        return True
    # `a = 1; \` goes on in the next line.
    line = source.lines[end - 1]
    if not line.endswith("\\"):
        return False
    rest = line[source.column(end, first.end_col_offset or 0) - 1 :].lstrip()
    return rest.startswith(";") and "#" not in rest


def _header_end(lines: Sequence[str], first: int) -> int:
    """Return how many lines at the top are about the module: those down to the last empty one before `first`.

    Where none is empty all of them are: a licence often stands right above the first import.
    """
    for index in range(first - 1, -1, -1):
        if not lines[index].strip():
            return index + 1
    return first


def _block_end(lines: Sequence[str], end: int) -> int:
    """Return where a statement ends when the indented comments below it are counted: they are its block's."""
    last = end
    for index in range(end, len(lines)):
        text = lines[index].strip()
        if text.startswith("#") and lines[index][0].isspace():
            last = index + 1
        elif text:
            break
    return last


def _without_encoding(header: Sequence[str]) -> Iterator[str]:
    """Drop `# -*- coding: ... -*-`: shadow modules are UTF-8 whatever the source is."""
    for number, line in enumerate(header):
        if not (number < 2 and _ENCODING.match(line)):
            yield line


def has_guards(statements: Sequence[ast.stmt]) -> bool:
    """Say whether there is anything to guard in some statements, at any depth."""
    return any(
        isinstance(node, _GUARDED) or (isinstance(node, ast.FunctionDef) and node.name == "__del__")
        for node in all_statements(statements)
    )


def is_prologue(statement: ast.stmt) -> bool:
    """Say whether a statement has to stay before all others: a docstring, `from __future__`."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str())) | ast.ImportFrom(module="__future__", level=0):
            return True
    return False
