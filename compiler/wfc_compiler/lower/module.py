"""Turn one module's slice into the text of its shadow module.

In: a bound module, what a route needs of it, and the kind of the route. Out: the text, and which
source line each emitted statement comes from. The user's comments and formatting survive, since what
is rewritten is LibCST's tree. `guards`, `references`, `imports` and `stubs` hold the rewrites.

A tree can be deep (`a + a + ...` a thousand times): `emit` runs this in a thread with a big stack.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

import libcst as cst

from ..binder import Module
from ..slice.plan import Kept, ModuleSlice
from .guards import Emitted, GuardBlocks, is_docstring
from .imports import RewriteImports, Surroundings, expand_star, trim_import
from .references import ReplaceReferences, Resolve
from .statements import Origin, pair_statements
from .stubs import stub_body

_ENCODING = re.compile(r"#.*coding[:=]")


@dataclass(frozen=True)
class Lowered:
    """An emitted module: its text, and `[emitted line, source line]` for each statement start."""

    text: str
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Parsed:
    """A module as LibCST sees it, and each of its statements' twin in the module's `ast` tree."""

    tree: cst.Module
    origin: Origin


def parse(module: Module) -> Parsed:
    """Parse a module's text with LibCST, and pair its statements with those of `ast`."""
    text = module.source.text.replace("\r\n", "\n").replace("\r", "\n")
    tree = _without_encoding(cst.parse_module(text))
    return Parsed(tree, dict(pair_statements(tree.body, module.tree.body)))


def _without_encoding(tree: cst.Module) -> cst.Module:
    """Drop `# -*- coding: ... -*-`: shadow modules are UTF-8 with plain newlines, whatever the source is."""
    header = [
        line
        for number, line in enumerate(tree.header)
        if not (number < 2 and line.comment is not None and _ENCODING.match(line.comment.value))
    ]
    return tree.with_changes(header=header, encoding="utf-8", default_newline="\n")


def lower_module(
    module: Module, parsed: Parsed, part: ModuleSlice, resolve: Resolve, around: Surroundings, *, flow: bool
) -> Lowered:
    """Select the statements of a slice, rewrite them for a route, print them."""
    origin = dict(parsed.origin)
    emitted = _emitted_names(module) if flow else None
    tree = _tidy(parsed.tree.with_changes(body=_select(parsed.tree, part, origin)), origin)
    tree = _visit(tree, ReplaceReferences(origin, resolve, module.name, around, emitted=emitted))
    tree = _visit(tree, RewriteImports(origin, around))
    if emitted is not None:
        tree = _visit(tree, GuardBlocks(origin, emitted))
        if _uses(tree, emitted.flow):
            tree = _with_import(tree, emitted.flow)
    return _print(tree, origin)


def _tidy(tree: cst.Module, origin: Origin) -> cst.Module:
    """Let a module whose beginning was left out not begin with blank lines."""
    if tree.header or not tree.body:
        return tree
    first = tree.body[0]
    lines = list(first.leading_lines)
    while lines and lines[0].comment is None:
        del lines[0]
    changed = first.with_changes(leading_lines=lines)
    if first in origin:
        origin[changed] = origin[first]
    return tree.with_changes(body=[changed, *tree.body[1:]])


def _visit(tree: cst.Module, rewrite: cst.CSTTransformer) -> cst.Module:
    result = tree.visit(rewrite)
    assert isinstance(result, cst.Module)
    return result


def _select(
    tree: cst.Module, part: ModuleSlice, origin: Origin
) -> list[cst.SimpleStatementLine | cst.BaseCompoundStatement]:
    """Return the kept statements; a line of several, `a = 1; b = 2`, keeps those that are needed."""
    kept = {entry.index: entry for entry in part.kept}
    selected: list[cst.SimpleStatementLine | cst.BaseCompoundStatement] = []
    index = 0
    for statement in tree.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            assert isinstance(statement, cst.BaseCompoundStatement)
            if index in kept:
                selected.append(_kept_compound(statement, kept[index], origin))
            index += 1
            continue
        body: list[cst.BaseSmallStatement] = []
        for small in statement.body:
            if index in kept:
                body.append(_kept_small(small, kept[index], origin))
            index += 1
        if body:
            body[-1] = _moved(body[-1], body[-1].with_changes(semicolon=cst.MaybeSentinel.DEFAULT), origin)
            selected.append(statement.with_changes(body=body))
    return selected


def _kept_compound(statement: cst.BaseCompoundStatement, kept: Kept, origin: Origin) -> cst.BaseCompoundStatement:
    if not kept.stub:
        return statement
    assert isinstance(statement, cst.FunctionDef), "only functions are stubbed"
    stub = stub_body(statement)
    origin[stub] = origin[statement]
    return stub


def _kept_small(statement: cst.BaseSmallStatement, kept: Kept, origin: Origin) -> cst.BaseSmallStatement:
    if kept.star is not None:
        return _moved(statement, expand_star(statement, kept.star), origin)
    if kept.aliases is not None:
        return _moved(statement, trim_import(statement, kept.aliases), origin)
    return statement


def _moved(old: cst.BaseSmallStatement, new: cst.BaseSmallStatement, origin: Origin) -> cst.BaseSmallStatement:
    origin[new] = origin[old]
    return new


def _emitted_names(module: Module) -> Emitted:
    """Choose names for emitted code that the user's code doesn't use."""
    taken = {name for scope in module.scope.walk() for name in (*scope.bindings, *scope.uses)}

    def free(name: str) -> str:
        while name in taken:
            name += "_"
        return name

    return Emitted(flow=free("_flow"), run=free("_wfc_run"))


def _uses(tree: cst.Module, name: str) -> bool:
    text = tree.code
    if name not in text:
        return False
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(ast.parse(text)))


def _with_import(tree: cst.Module, name: str) -> cst.Module:
    """Put the import of the flow's runtime behind the docstring and `from __future__`."""
    alias = "flow" if name == "flow" else f"flow as {name}"
    line = cst.parse_statement(f"from wfc import {alias}")
    position = 0
    for position, statement in enumerate((*tree.body, None)):
        if statement is None or not (_is_future(statement) or (position == 0 and is_docstring(statement))):
            break
    if position and position < len(tree.body):
        line = line.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return tree.with_changes(body=[*tree.body[:position], line, *tree.body[position:]])


def _is_future(statement: cst.BaseStatement) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    first = statement.body[0]
    return (
        isinstance(first, cst.ImportFrom) and isinstance(first.module, cst.Name) and first.module.value == "__future__"
    )


def _print(tree: cst.Module, origin: Origin) -> Lowered:
    text = tree.code
    twins = ast.parse(text)
    lines = {
        _start(twin): _start(origin[node]) for node, twin in pair_statements(tree.body, twins.body) if node in origin
    }
    return Lowered(text, tuple(sorted(lines.items())))


def _start(statement: ast.stmt) -> int:
    """Return the line a statement starts on, its decorators counted."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])
