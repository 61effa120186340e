"""Pair the names of a LibCST statement with those of its `ast` twin, so that the binder can be asked about them.

    key = lambda now: now()        three names in both trees: key, now, now

LibCST's positions cost more than its parser, so the pairing goes by order: both trees are walked as the
source is written, and only what is an `ast.Name` counts (not an attribute, a keyword, a parameter).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar
from unicodedata import normalize

import libcst as cst

Node = TypeVar("Node")
Name = TypeVar("Name")

_CONSTANTS = frozenset({"True", "False", "None"})


def pair_names(node: cst.CSTNode, twin: ast.AST) -> Iterator[tuple[cst.Name, ast.Name]]:
    """Yield each name of a statement with its twin, in the order of the source.

    Raises ValueError when the trees differ, which would be a bug of one of the parsers or of this module.
    """
    for name, other in zip(_in_order(node, _cst_parts, cst.Name), _in_order(twin, _ast_parts, ast.Name), strict=True):
        # The parser of `ast` writes `ﬁ` as `fi`, which is the same name (PEP 3131).
        if name.value != other.id and normalize("NFKC", name.value) != other.id:
            raise ValueError(f"{name.value} and {other.id} are not the same name")
        yield name, other


def _in_order(root: Node, parts: Callable[[Node], Sequence[Node]], kind: type[Name]) -> Iterator[Name]:
    pending: list[Node] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, kind):
            yield node
        else:
            pending.extend(reversed(parts(node)))


def _cst_parts(node: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """Return the children of a node, without the names that are no `ast.Name`."""
    children = node.children
    skipped: cst.CSTNode | None = None
    match node:
        case cst.Attribute() | cst.Arg():
            children = [node.value]  # the name behind a dot or before an equals sign is none
        case cst.FunctionDef() | cst.ClassDef() | cst.Param() | cst.TypeVar() | cst.TypeVarTuple() | cst.ParamSpec():
            skipped = node.name
        case cst.ExceptHandler() | cst.ExceptStarHandler() | cst.MatchAs() | cst.MatchStar():
            skipped = node.name
        case cst.MatchMapping():
            skipped = node.rest
        case cst.MatchKeywordElement():
            skipped = node.key
        case cst.Import() | cst.ImportFrom() | cst.Global() | cst.Nonlocal() | cst.MatchSingleton():
            return ()
    return [
        child
        for child in children
        if child is not skipped and not (isinstance(child, cst.Name) and child.value in _CONSTANTS)
    ]


def _ast_parts(node: ast.AST) -> Sequence[ast.AST]:
    """Return the children of a node as they stand in the source; where its fields do, that is their order."""
    found: list[ast.AST | None]
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            types = getattr(node, "type_params", [])
            found = [*node.decorator_list, *types, node.args, node.returns, *node.body]
        case ast.ClassDef():
            types = getattr(node, "type_params", [])
            found = [*node.decorator_list, *types, *node.bases, *node.keywords, *node.body]
        case ast.arguments():
            found = _parameters(node)
        case ast.Call():
            given: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
            found = [node.func, *sorted(given, key=lambda part: (part.lineno, part.col_offset))]
        case ast.IfExp():
            found = [node.body, node.test, node.orelse]
        case ast.Dict():
            found = [part for pair in zip(node.keys, node.values, strict=True) for part in pair]
        case ast.MatchMapping():
            found = [part for pair in zip(node.keys, node.patterns, strict=True) for part in pair]
        case _:
            return list(ast.iter_child_nodes(node))
    return [part for part in found if part is not None]


def _parameters(node: ast.arguments) -> list[ast.AST | None]:
    positional = [*node.posonlyargs, *node.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(node.defaults))
    defaults += node.defaults
    found: list[ast.AST | None] = [part for pair in zip(positional, defaults, strict=True) for part in pair]
    found.append(node.vararg)
    found += [part for pair in zip(node.kwonlyargs, node.kw_defaults, strict=True) for part in pair]
    return [*found, node.kwarg]
