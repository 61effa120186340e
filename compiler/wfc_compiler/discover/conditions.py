"""Tests of `if` statements that are decided at build time.

In: a test. Out: True, False, or None where only run time knows.

    sys.version_info >= (3, 8)      True for the target Python
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
}


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
        case ast.Compare(
            left=ast.Attribute(value=ast.Name(id="sys"), attr="version_info"),
            ops=[operation],
            comparators=[ast.Tuple(elts=elements)],
        ) if type(operation) in _COMPARISONS:
            wanted = tuple(item.value for item in elements if isinstance(item, ast.Constant))
            if len(wanted) != len(elements) or not all(isinstance(item, int) for item in wanted):
                return None
            compare = _COMPARISONS[type(operation)]
            return bool(compare(tuple(sys.version_info[:3]), wanted))
        case _:
            return None
