"""Turn one module's slice into the text of its shadow module.

In: a bound module, what a route needs of it, and the kind of the route. Out: the text, and which
source line each emitted statement comes from. The user's comments and formatting survive, since what
is rewritten is LibCST's tree. `guards`, `references`, `imports` and `stubs` hold the rewrites.

The unit of work is a top-level line: its text depends on nothing but itself, so that it is rewritten
once however many routes keep it, and a module is its pieces put together.

A tree can be deep (`a + a + ...` a thousand times): `emit` runs this in a thread with a big stack.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from ..binder import Module
from ..slice.plan import Kept, ModuleSlice
from .guards import Emitted, GuardBlocks, is_docstring
from .imports import RewriteImports, Surroundings, expand_star, trim_import
from .references import ReplaceReferences, Resolve
from .statements import Origin, pair_statements
from .stubs import stub_body

# An import statement, wherever it may stand in a line; a word in a docstring does no harm.
_IMPORTS = re.compile(r"(?m)(^|[:;])[ \t]*(import|from)\b")
# What a step's route replaces; `cls.__name__` is another name.
_NAMES = re.compile(r"(?<![\w.])__name__\b|\bimport_module\b|\bvercel\s*\.\s*workflow\b")
_ENCODING = re.compile(r"#.*coding[:=]")
_Line = cst.SimpleStatementLine | cst.BaseCompoundStatement


@dataclass(frozen=True)
class Lowered:
    """An emitted module: its text, and `[emitted line, source line]` for each statement start."""

    text: str
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Piece:
    """A top-level line as it is emitted. Lines count from 0 within the piece."""

    text: str
    lines: tuple[tuple[int, int], ...]
    is_prologue: bool
    uses_flow: bool


@dataclass
class ModuleLowering:
    """Lowers the slices of one module; what several of them share is done once."""

    module: Module
    resolve: Resolve
    around: Surroundings
    _tree: cst.Module = field(init=False)
    _origin: Origin = field(init=False)
    _units: list[tuple[_Line, range]] = field(init=False)
    _emitted: Emitted = field(init=False)
    _pieces: dict[tuple[bool, tuple[Kept, ...]], _Piece] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text = self.module.source.text.replace("\r\n", "\n").replace("\r", "\n")
        self._tree = _without_encoding(cst.parse_module(text))
        self._origin = dict(pair_statements(self._tree.body, self.module.tree.body))
        self._units = list(_units(self._tree))
        self._emitted = _emitted_names(self.module)

    def lower(self, part: ModuleSlice, *, flow: bool) -> Lowered:
        """Return the shadow module of a slice, for a flow or for a step."""
        kept = {entry.index: entry for entry in part.kept}
        pieces: list[_Piece] = []
        for unit, indices in self._units:
            entries = tuple(kept[index] for index in indices if index in kept)
            if entries:
                pieces.append(self._piece(unit, indices, entries, flow=flow))
        return _assemble(self._header, pieces, self._emitted.flow)

    @cached_property
    def _header(self) -> str:
        return self._tree.with_changes(body=[], footer=[]).code

    def _piece(self, unit: _Line, indices: range, entries: tuple[Kept, ...], *, flow: bool) -> _Piece:
        key = (flow, entries)
        if key not in self._pieces:
            self._pieces[key] = self._make_piece(unit, indices, entries, flow=flow)
        return self._pieces[key]

    def _make_piece(self, unit: _Line, indices: range, entries: tuple[Kept, ...], *, flow: bool) -> _Piece:
        line = _select(unit, indices, entries, self._origin)
        origin = dict(_twins(line, self._origin))
        tree = self._tree.with_changes(header=[], footer=[], body=[line])
        text = tree.code
        rewrites = list(self._rewrites(text, origin, flow=flow))
        if line is unit and not rewrites:
            return _verbatim(unit, text, origin)
        for rewrite in rewrites:
            result = tree.visit(rewrite)
            assert isinstance(result, cst.Module)
            tree = result
        return _print(tree, origin, self._emitted.flow)

    def _rewrites(self, text: str, origin: Origin, *, flow: bool) -> Iterator[cst.CSTTransformer]:
        """Yield the rewrites that a piece of code can need."""
        if flow or _NAMES.search(text):
            emitted = self._emitted if flow else None
            yield ReplaceReferences(origin, self.resolve, self.module.name, self.around, emitted=emitted)
        if _IMPORTS.search(text):
            yield RewriteImports(origin, self.around)
        if flow:
            yield GuardBlocks(origin, self._emitted)


def _units(tree: cst.Module) -> Iterator[tuple[_Line, range]]:
    """Yield the top-level lines, each with the indices of its statements: `a = 1; b = 2` has two."""
    index = 0
    for line in tree.body:
        count = len(line.body) if isinstance(line, cst.SimpleStatementLine) else 1
        yield line, range(index, index + count)
        index += count


def _select(unit: _Line, indices: range, entries: Sequence[Kept], origin: Origin) -> _Line:
    """Return a line with the statements that are kept of it."""
    if not isinstance(unit, cst.SimpleStatementLine):
        if not entries[0].stub:
            return unit
        assert isinstance(unit, cst.FunctionDef), "only functions are stubbed"
        stub = stub_body(unit)
        origin[stub] = origin[unit]
        return stub
    body = [_kept(unit.body[entry.index - indices.start], entry, origin) for entry in entries]
    last = body[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
    origin[last] = origin[body[-1]]
    return unit.with_changes(body=[*body[:-1], last])


def _kept(statement: cst.BaseSmallStatement, kept: Kept, origin: Origin) -> cst.BaseSmallStatement:
    result = statement
    if kept.star is not None:
        result = expand_star(statement, kept.star)
    elif kept.aliases is not None:
        result = trim_import(statement, kept.aliases)
    origin[result] = origin[statement]
    return result


def _twins(line: _Line, origin: Origin) -> Iterator[tuple[cst.CSTNode, ast.stmt]]:
    """Yield the statements of a line that have a twin in the source."""
    pending: list[cst.CSTNode] = [line]
    while pending:
        node = pending.pop()
        if node in origin:
            yield node, origin[node]
        if not isinstance(node, cst.BaseExpression):
            pending.extend(node.children)


def _without_encoding(tree: cst.Module) -> cst.Module:
    """Drop `# -*- coding: ... -*-`: shadow modules are UTF-8 with plain newlines, whatever the source is."""
    header = [
        line
        for number, line in enumerate(tree.header)
        if not (number < 2 and line.comment is not None and _ENCODING.match(line.comment.value))
    ]
    return tree.with_changes(header=header, encoding="utf-8", default_newline="\n", has_trailing_newline=True)


def _emitted_names(module: Module) -> Emitted:
    """Choose names for emitted code that the user's code doesn't use."""
    taken = {name for scope in module.scope.walk() for name in (*scope.bindings, *scope.uses)}

    def free(name: str) -> str:
        while name in taken:
            name += "_"
        return name

    return Emitted(flow=free("_flow"), run=free("_wfc_run"))


def _verbatim(unit: _Line, text: str, origin: Origin) -> _Piece:
    """Return a line that is emitted as it stands in the source."""
    starts = sorted({_start(twin) for twin in origin.values()})
    above = len(unit.leading_lines)
    lines = tuple((start - starts[0] + above, start) for start in starts)
    return _Piece(text, lines, is_prologue=_is_prologue(unit), uses_flow=False)


def _print(tree: cst.Module, origin: Origin, flow: str) -> _Piece:
    text = tree.code
    twins = ast.parse(text)
    lines = {
        _start(twin) - 1: _start(origin[node])
        for node, twin in pair_statements(tree.body, twins.body)
        if node in origin
    }
    return _Piece(
        text,
        tuple(sorted(lines.items())),
        is_prologue=_is_prologue(tree.body[0]),
        uses_flow=flow in text and any(isinstance(node, ast.Name) and node.id == flow for node in ast.walk(twins)),
    )


def _is_prologue(statement: cst.BaseStatement) -> bool:
    """Say whether a statement has to stay before all others: a docstring, `from __future__`."""
    if is_docstring(statement):
        return True
    first = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    return (
        isinstance(first, cst.ImportFrom) and isinstance(first.module, cst.Name) and first.module.value == "__future__"
    )


def _assemble(header: str, pieces: Sequence[_Piece], flow: str) -> Lowered:
    """Put pieces together, with the import of the flow's runtime behind what has to come first."""
    texts = [header] if header.strip() else []
    line = 1 + sum(text.count("\n") for text in texts)
    lines: list[tuple[int, int]] = []
    wanted = any(piece.uses_flow for piece in pieces)
    for piece in pieces:
        if wanted and not piece.is_prologue:
            imported = ("\n" if texts else "") + f"from wfc import flow as {flow}\n"
            texts.append(imported)
            line += imported.count("\n")
            wanted = False
        blank = len(piece.text) - len(piece.text.lstrip("\n")) if not texts else 0
        lines.extend((line + offset - blank, source) for offset, source in piece.lines)
        texts.append(piece.text[blank:])
        line += piece.text.count("\n") - blank
    return Lowered("".join(texts), tuple(lines))


def _start(statement: ast.stmt) -> int:
    """Return the line a statement starts on, its decorators counted."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])
