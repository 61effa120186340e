"""Turn one module's slice into the text of its shadow module.

In: a bound module, what a route needs of it, and the kind of the route. Out: the text, and which
source line each emitted statement comes from. The user's comments and formatting survive, since what
is rewritten is LibCST's tree. `guards`, `references`, `imports` and `stubs` hold the rewrites.

The unit of work is a top-level line (`units`): its text depends on nothing but itself, so that it is rewritten
once however many routes keep it, and a module is its pieces put together. Most of a step's pieces need no
rewriting at all: they are the source's own text.

A tree can be deep (`a + a + ...` a thousand times): `emit` runs this in a thread with a big stack.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import libcst as cst

from ..binder import Module
from ..slice.plan import Kept, ModuleSlice
from ..syntax import all_statements, start_line
from .guards import Emitted, GuardBlocks, has_guards
from .imports import RewriteImports, Surroundings, expand_star, trim_import
from .references import ReplaceReferences, name_logger
from .resolve import Resolved, Resolver, resolve_names
from .statements import Origin, pair_statements, small_statements
from .stubs import stub_body, without_body
from .units import Unit, Units, cut_units

# What a step's route replaces; `cls.__name__` is another name.
_NAMES = re.compile(r"(?<![\w.])__name__\b|\bimport_module\b|\bvercel\s*\.\s*workflow\b")
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
    resolver: Resolver
    around: Surroundings
    _units: Units = field(init=False)
    _emitted: Emitted = field(init=False)
    _pieces: dict[tuple[bool, tuple[Kept, ...]], _Piece] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._units = cut_units(self.module.source, self.module.tree)
        self._emitted = _emitted_names(self.module)

    def lower(self, part: ModuleSlice, *, flow: bool) -> Lowered:
        """Return the shadow module of a slice, for a flow or for a step."""
        kept = {entry.index: entry for entry in part.kept}
        pieces: list[_Piece] = []
        for unit in self._units.units:
            entries = tuple(kept[index] for index in unit.indices if index in kept)
            if entries:
                pieces.append(self._piece(unit, entries, flow=flow))
        return _assemble(self._units.header, pieces, self._emitted.flow)

    def _piece(self, unit: Unit, entries: tuple[Kept, ...], *, flow: bool) -> _Piece:
        key = (flow, entries)
        if key not in self._pieces:
            self._pieces[key] = self._make_piece(unit, entries, flow=flow)
        return self._pieces[key]

    def _make_piece(self, unit: Unit, entries: tuple[Kept, ...], *, flow: bool) -> _Piece:
        whole = len(entries) == len(unit.indices) and not any(_is_cut(entry) for entry in entries)
        if whole and not self._is_rewritten(unit, flow=flow):
            return _verbatim(unit)
        text = self._as_text(unit, entries[0], flow=flow)
        if text is not None:
            return _verbatim(replace(unit, text=text))
        tree, statements = self._parsed(unit, stub=entries[0].stub)
        (line,) = tree.body
        origin = dict(pair_statements(tree.body, statements))
        resolved = resolve_names(self.resolver, zip(small_statements(tree.body), statements, strict=True), flow=flow)
        # The header of a piece is what stands above its line in the source.
        selected = _select(line.with_changes(leading_lines=[*tree.header, *line.leading_lines]), unit, entries, origin)
        tree = tree.with_changes(header=[], footer=[], body=[selected])
        for rewrite in self._rewrites(unit, origin, resolved, flow=flow):
            result = tree.visit(rewrite)
            assert isinstance(result, cst.Module)
            tree = result
        return _print(tree, origin, self._emitted.flow)

    def _as_text(self, unit: Unit, entry: Kept, *, flow: bool) -> str | None:
        """Rewrite the commonest lines without a tree; None for others."""
        if not flow:
            named = name_logger(unit.text, self.module.name)
            if named != unit.text:
                return named
        return self.around.as_text(unit.text, unit.statements[0], entry.aliases) if entry.star is None else None

    def _parsed(self, unit: Unit, *, stub: bool) -> tuple[cst.Module, Sequence[ast.stmt]]:
        """Return the tree of a unit and its twins; of a stub only what stays of it."""
        function = unit.statements[0]
        if stub and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            text, twin = without_body(unit.text, unit.line, function)
            return cst.parse_module(text, self._parsing), (twin,)
        return cst.parse_module(unit.text, self._parsing), unit.statements

    @cached_property
    def _parsing(self) -> cst.PartialParserConfig:
        return cst.PartialParserConfig(encoding="utf-8", default_newline="\n")

    def _is_rewritten(self, unit: Unit, *, flow: bool) -> bool:
        """Say whether anything in a line means something else in a route."""
        if _NAMES.search(unit.text) or self._has_imports(unit, flow=flow):
            return True
        return flow and (has_guards(unit.statements) or any(map(self._replaces, unit.statements)))

    def _replaces(self, node: ast.stmt) -> bool:
        return any(True for _ in self.resolver.substitutions(node))

    def _has_imports(self, unit: Unit, *, flow: bool) -> bool:
        return any(self.around.rewrites(node, flow=flow) for node in all_statements(unit.statements))

    def _rewrites(self, unit: Unit, origin: Origin, resolved: Resolved, *, flow: bool) -> Iterator[cst.CSTTransformer]:
        """Yield the rewrites that a piece of code needs."""
        if flow or _NAMES.search(unit.text):
            emitted = self._emitted if flow else None
            yield ReplaceReferences(origin, resolved, self.module.name, self.around, emitted=emitted)
        if self._has_imports(unit, flow=flow):
            yield RewriteImports(origin, self.around, flow=flow)
        if flow and has_guards(unit.statements):
            yield GuardBlocks(origin, self._emitted, self.module.scope.bindings)


def _is_cut(entry: Kept) -> bool:
    return entry.stub or entry.aliases is not None or entry.star is not None


def _select(line: _Line, unit: Unit, entries: Sequence[Kept], origin: Origin) -> _Line:
    """Return a line with the statements that are kept of it."""
    if not isinstance(line, cst.SimpleStatementLine):
        (twin,) = unit.statements
        if entries[0].stub:
            assert isinstance(line, cst.FunctionDef), "only functions are stubbed"
            line = stub_body(line)
        origin[line] = twin
        return line
    body = [_kept(line.body[entry.index - unit.indices.start], entry, origin) for entry in entries]
    last = body[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
    origin[last] = origin[body[-1]]
    return line.with_changes(body=[*body[:-1], last])


def _kept(statement: cst.BaseSmallStatement, kept: Kept, origin: Origin) -> cst.BaseSmallStatement:
    result = statement
    if kept.star is not None:
        result = expand_star(statement, kept.star)
    elif kept.aliases is not None:
        result = trim_import(statement, kept.aliases)
    origin[result] = origin[statement]
    return result


def _emitted_names(module: Module) -> Emitted:
    """Choose names for emitted code that the user's code doesn't use."""
    taken = {name for scope in module.scope.walk() for name in (*scope.bindings, *scope.uses)}

    def free(name: str) -> str:
        while name in taken:
            name += "_"
        return name

    return Emitted(flow=free("_flow"), run=free("_wfc_run"))


def _verbatim(unit: Unit) -> _Piece:
    """Return a line that is emitted as it stands, statement by statement on the lines of the source."""
    starts = sorted({start_line(node) for node in all_statements(unit.statements)})
    lines = tuple((start - unit.line, start) for start in starts)
    return _Piece(unit.text, lines, is_prologue=_is_prologue(unit.statements[0]), uses_flow=False)


def _print(tree: cst.Module, origin: Origin, flow: str) -> _Piece:
    text = tree.code
    twins = ast.parse(text)
    lines = {
        start_line(twin) - 1: start_line(origin[node])
        for node, twin in pair_statements(tree.body, twins.body)
        if node in origin
    }
    return _Piece(
        text,
        tuple(sorted(lines.items())),
        is_prologue=_is_prologue(twins.body[0]),
        uses_flow=flow in text and any(isinstance(node, ast.Name) and node.id == flow for node in ast.walk(twins)),
    )


def _is_prologue(statement: ast.stmt) -> bool:
    """Say whether a statement has to stay before all others: a docstring, `from __future__`."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str())) | ast.ImportFrom(module="__future__", level=0):
            return True
    return False


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
