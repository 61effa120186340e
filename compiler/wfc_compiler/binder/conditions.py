"""Tests of `if` statements that are decided at build time.

In: a test. Out: True, False, or None where only run time knows.

    sys.version_info >= (3, 8)      True for the target Python
    sys.platform == "win32"         None: a build may be deployed on another system
"""

from __future__ import annotations

import ast
import operator
import sys

_COMPARISONS = {
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.LtE: operator.le,
    ast.Lt: operator.lt,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_VERSION: tuple[int | str, ...] = tuple(sys.version_info)
_PARTS = {"major": 0, "minor": 1, "micro": 2}


def fold_test(test: ast.expr) -> bool | None:
    """Return what a test gives in every run on this Python; None when that depends on the run."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = fold_test(operand)
            return None if inner is None else not inner
        case ast.BoolOp(op=op, values=values):
            decides = isinstance(op, ast.Or)
            results = [fold_test(value) for value in values]
            if decides in results:
                return decides
            return None if None in results else not decides
        case ast.Compare(left=left, ops=[operation], comparators=[right]) if type(operation) in _COMPARISONS:
            return _compare(_COMPARISONS[type(operation)], _version(left), _literal(right))
        case _:
            return None


def is_main_block(node: ast.stmt) -> bool:
    """Say whether a statement is `if __name__ == "__main__":`, which no import runs."""
    if not isinstance(node, ast.If) or node.orelse:
        return False
    match node.test:
        case (
            ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")])
            | ast.Compare(left=ast.Constant(value="__main__"), ops=[ast.Eq()], comparators=[ast.Name(id="__name__")])
        ):
            return True
    return False


def _compare(operation: object, version: object, wanted: object) -> bool | None:
    if version is None or wanted is None or isinstance(version, tuple) != isinstance(wanted, tuple):
        return None
    assert callable(operation)
    return bool(operation(version, wanted))


def _version(node: ast.expr) -> tuple[int | str, ...] | int | str | None:
    """Return what `sys.version_info`, `sys.version_info[:2]` or `sys.version_info.major` is."""
    match node:
        case ast.Attribute(value=ast.Name(id="sys"), attr="version_info"):
            return _VERSION
        case ast.Subscript(value=inner, slice=ast.Slice(lower=None, upper=ast.Constant(value=int(end)), step=None)):
            return _VERSION[:end] if _version(inner) == _VERSION else None
        case ast.Subscript(value=inner, slice=ast.Constant(value=int(index))) if 0 <= index < len(_PARTS):
            return _VERSION[index] if _version(inner) == _VERSION else None
        case ast.Attribute(value=inner, attr=part) if part in _PARTS:
            return _VERSION[_PARTS[part]] if _version(inner) == _VERSION else None
        case _:
            return None


def _literal(node: ast.expr) -> tuple[int, ...] | int | None:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if not isinstance(node, ast.Tuple):
        return None
    values = [item.value for item in node.elts if isinstance(item, ast.Constant) and type(item.value) is int]
    return tuple(values) if len(values) == len(node.elts) else None
