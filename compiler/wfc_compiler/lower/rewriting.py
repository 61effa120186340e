"""Rewrite one top-level line in a tree: what is not so plain that its text can be taken or mended.

In: a unit of a module, and which of its statements a route keeps. Out: its text, and which source line each statement
of it comes from. `guards`, `references`, `imports` and `stubs` hold the rewrites.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from ..binder import Module
from ..slice.plan import Kept
from ..syntax import start_line
from .bodies import without_body
from .guards import GuardBlocks
from .imports import RewriteImports, expand_star, trim_import
from .references import ReplaceReferences
from .resolve import Resolver
from .resolved import Resolved, resolve_names
from .statements import Origin, pair_statements, small_statements
from .stubs import stub_body
from .surroundings import Surroundings
from .units import NAMES, AddedNames, Piece, Unit, has_guards, is_prologue

_PARSING = cst.PartialParserConfig(encoding="utf-8", default_newline="\n")
_Line = cst.SimpleStatementLine | cst.BaseCompoundStatement


@dataclass(frozen=True)
class Rewriting:
    """Rewrites the lines of one module."""

    module: Module
    resolver: Resolver
    around: Surroundings
    emitted: AddedNames

    def piece(self, unit: Unit, entries: Sequence[Kept], *, flow: bool) -> Piece:
        """Return a line as a route has it."""
        tree, statements = _parsed(unit, stub=entries[0].stub)
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
        return _print(tree, origin, self.emitted.flow)

    def _rewrites(self, unit: Unit, origin: Origin, resolved: Resolved, *, flow: bool) -> Iterator[cst.CSTTransformer]:
        """Yield the rewrites that a piece of code needs."""
        if flow or NAMES.search(unit.text):
            emitted = self.emitted if flow else None
            yield ReplaceReferences(origin, resolved, self.module.name, self.around, emitted=emitted)
        if self.around.rewrites_any(unit.statements, flow=flow):
            yield RewriteImports(origin, self.around, flow=flow)
        if flow and has_guards(unit.statements):
            yield GuardBlocks(origin, self.emitted, self.module.scope.bindings)


def _parsed(unit: Unit, *, stub: bool) -> tuple[cst.Module, Sequence[ast.stmt]]:
    """Return the tree of a unit and its twins; of a stub only what stays of it."""
    function = unit.statements[0]
    if stub and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        text, twin = without_body(unit.text, unit.line, function)
        return cst.parse_module(text, _PARSING), (twin,)
    return cst.parse_module(unit.text, _PARSING), unit.statements


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


def _print(tree: cst.Module, origin: Origin, flow: str) -> Piece:
    text = tree.code
    twins = ast.parse(text)
    lines = {
        start_line(twin) - 1: start_line(origin[node])
        for node, twin in pair_statements(tree.body, twins.body)
        if node in origin
    }
    return Piece(
        text,
        tuple(sorted(lines.items())),
        is_prologue=is_prologue(twins.body[0]),
        uses_flow=flow in text and any(isinstance(node, ast.Name) and node.id == flow for node in ast.walk(twins)),
    )
