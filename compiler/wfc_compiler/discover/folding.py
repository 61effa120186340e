"""Work out constant expressions from the source, without running anything.

DAY = 24 * 60 * 60          in app/times.py
@wf.step(timeout=DAY)       folds to 86400
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ..binder import BindingKind, Module, Names

Value = int | float | str | bool | bytes | timedelta | None
_OPERATORS: dict[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_LARGEST = 10**18
_DEEPEST = 40


@dataclass(frozen=True)
class Folded:
    """A value known at build time (which may be None)."""

    value: Value


def fold(names: Names, module: Module, node: ast.expr) -> Folded | None:
    """Return the value of an expression made of literals and module constants, else None."""
    return _Folding(names).fold(module, node, 0)


class _Folding:
    """Folds one expression; each constant on the way once, so that doubling and circles cost nothing."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._constants: dict[ast.expr, Folded | None] = {}

    def fold(self, module: Module, node: ast.expr, depth: int) -> Folded | None:
        if depth > _DEEPEST:
            return None
        match node:
            case ast.Constant(value=value) if not isinstance(value, complex | type(...)):
                return Folded(value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _apply(operator.neg, self.fold(module, operand, depth + 1))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                both = self.fold(module, left, depth + 1), self.fold(module, right, depth + 1)
                return _apply(_OPERATORS[type(op)], *both)
            case ast.JoinedStr(values=values):
                return self._fstring(module, values, depth)
            case ast.Name() | ast.Attribute():
                return self._constant(module, node, depth)
            case ast.Call() if self._names.canonical(module, node.func) == "datetime.timedelta":
                return self._timedelta(module, node, depth)
            case _:
                return None

    def _constant(self, module: Module, node: ast.expr, depth: int) -> Folded | None:
        constant = constant_of(self._names, module, node)
        if constant is None:
            return None
        owner, value = constant
        if value not in self._constants:
            self._constants[value] = None  # what it is as long as it is being asked
            self._constants[value] = self.fold(owner, value, depth + 1)
        return self._constants[value]

    def _fstring(self, module: Module, values: list[ast.expr], depth: int) -> Folded | None:
        parts = []
        for value in values:
            inner = value.value if isinstance(value, ast.FormattedValue) else value
            folded = self.fold(module, inner, depth + 1)
            plain = not isinstance(value, ast.FormattedValue) or value.format_spec is None
            if folded is None or not plain:
                return None
            parts.append(str(folded.value))
        return Folded("".join(parts))

    def _timedelta(self, module: Module, node: ast.Call, depth: int) -> Folded | None:
        positional = [self.fold(module, argument, depth + 1) for argument in node.args]
        keywords = {keyword.arg: self.fold(module, keyword.value, depth + 1) for keyword in node.keywords}
        if None in positional or None in keywords.values() or None in keywords:
            return None
        try:
            return Folded(
                timedelta(
                    # Whatever was folded is tried; what timedelta refuses is no constant.
                    *(item.value for item in positional if item),  # type: ignore[arg-type]
                    **{str(name): item.value for name, item in keywords.items() if item},  # type: ignore[arg-type]
                )
            )
        except (TypeError, ArithmeticError, ValueError):
            return None


def _apply(function: Callable[..., object], *operands: Folded | None) -> Folded | None:
    values = [operand.value for operand in operands if operand is not None]
    texts = [isinstance(value, str | bytes) for value in values]
    joined = all(isinstance(value, str) for value in values) and function is operator.add
    if len(values) != len(operands) or (any(texts) and not joined):
        return None
    try:
        result = function(*values)
    except (TypeError, ArithmeticError, ValueError):
        return None
    if isinstance(result, int | float) and abs(result) > _LARGEST:
        return None
    return Folded(result) if isinstance(result, int | float | str | timedelta) else None


def constant_of(names: Names, module: Module, node: ast.expr) -> tuple[Module, ast.expr] | None:
    """Return the expression that a module constant stands for, with its module; None for any other name."""
    dotted = names.canonical(module, node)
    definition = names.definition(dotted) if dotted else None
    if definition is None or definition.rest:
        return None
    bindings = [item for item in definition.bindings if item.kind is not BindingKind.ANNOTATION]
    if len(bindings) != 1 or bindings[0].value is None:
        return None
    return definition.module, bindings[0].value
