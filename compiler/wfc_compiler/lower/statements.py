"""Pair LibCST statements with `ast` statements, and keep track of them through rewrites.

The two parsers see the same statements in the same order, so no positions are needed (LibCST's
position provider costs more than its parser). The pairing answers two questions: in which scope does
a CST node stand, and, once the rewritten tree is printed, which source line does a statement come from.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

Origin = dict[cst.CSTNode, ast.stmt]
"""Where a CST statement comes from. Rewrites add entries for the nodes they make."""

Block = cst.BaseSuite | Sequence[cst.BaseStatement]


def small_statements(block: Block) -> Iterator[cst.CSTNode]:
    """Yield the statements of a block one by one: `a; b` is two, as it is for `ast`."""
    statements = block.body if isinstance(block, cst.BaseSuite) else block
    assert isinstance(statements, Sequence)
    for statement in statements:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        else:
            yield statement


def pair_statements(block: Block, tree: Sequence[ast.stmt]) -> Iterator[tuple[cst.CSTNode, ast.stmt]]:
    """Yield each statement of `block`, nested ones too, with its twin in `tree`.

    Raises ValueError when the trees differ in shape, which would be a bug of one of the parsers.
    """
    for node, twin in zip(small_statements(block), tree, strict=True):
        yield node, twin
        for inner, inner_twin in _blocks(node, twin):
            yield from pair_statements(inner, inner_twin)


def _blocks(node: cst.CSTNode, twin: ast.stmt) -> Iterator[tuple[Block, Sequence[ast.stmt]]]:
    match node, twin:
        case cst.FunctionDef() | cst.ClassDef(), ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.body, twin.body
        case cst.With(), ast.With() | ast.AsyncWith():
            yield node.body, twin.body
        case cst.If(), ast.If():
            yield node.body, twin.body
            if isinstance(node.orelse, cst.If):
                yield [node.orelse], twin.orelse
            elif node.orelse is not None:
                yield node.orelse.body, twin.orelse
        case cst.For() | cst.While(), ast.For() | ast.AsyncFor() | ast.While():
            yield node.body, twin.body
            if node.orelse is not None:
                yield node.orelse.body, twin.orelse
        case cst.Try() | cst.TryStar(), ast.Try() | ast.TryStar():
            yield node.body, twin.body
            handlers: Sequence[cst.ExceptHandler | cst.ExceptStarHandler] = node.handlers
            for handler, handler_twin in zip(handlers, twin.handlers, strict=True):
                yield handler.body, handler_twin.body
            if node.orelse is not None:
                yield node.orelse.body, twin.orelse
            if node.finalbody is not None:
                yield node.finalbody.body, twin.finalbody
        case cst.Match(), ast.Match():
            for case, case_twin in zip(node.cases, twin.cases, strict=True):
                yield case.body, case_twin.body


class Rewrite(cst.CSTTransformer):
    """A transformer that keeps `origin` true: what replaces a statement comes from the same source."""

    def __init__(self, origin: Origin) -> None:
        super().__init__()
        self.origin = origin

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Rewrite a node, and note where its replacement comes from."""
        result = super().on_leave(original_node, updated_node)
        twin = self.origin.get(original_node)
        if twin is not None and isinstance(result, cst.CSTNode):
            self.origin[result] = twin
        return result
