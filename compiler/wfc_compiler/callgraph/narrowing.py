"""What a test says about a local variable where nothing else does.

if isinstance(source, Path):
    source.read_text()          calls pathlib.Path.read_text
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..binder import Binding, Module, Scope, ScopeKind
from ..syntax import BLOCKS

if TYPE_CHECKING:
    from .receivers import Receivers

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@dataclass(frozen=True)
class _Proof:
    """From `first` to `last` line the name of `subject` holds an instance of `kind`."""

    subject: ast.Name
    kind: ast.expr
    first: int
    last: int


class Narrowing:
    """Answers about variables by the tests of the function around, which is searched once."""

    def __init__(self, receivers: Receivers) -> None:
        self._receivers = receivers
        self._proofs: dict[ast.AST, Sequence[_Proof]] = {}

    def class_of(self, module: Module, expr: ast.Name, owner: Scope, bindings: Sequence[Binding]) -> str | None:
        """Return the class that an `isinstance` around, or asserted above, proves a variable to have."""
        if owner.kind is not ScopeKind.FUNCTION or b"isinstance" not in module.source.data:
            return None
        if owner.node not in self._proofs:
            self._proofs[owner.node] = tuple(_proofs(owner.node))
        bound = [getattr(binding.node, "lineno", 0) for binding in bindings]
        for proof in self._proofs[owner.node]:
            if proof.subject.id != expr.id or not proof.first <= expr.lineno <= proof.last:
                continue
            if not any(proof.first < line <= proof.last for line in bound):
                return self._receivers.names.canonical(module, proof.kind)
        return None


def _proofs(function: ast.AST) -> Iterator[_Proof]:
    for node in ast.walk(function):
        for field in BLOCKS:
            block = getattr(node, field, None)
            if not isinstance(block, list) or not block or not isinstance(block[-1], ast.stmt):
                continue  # the body of a lambda, handlers and cases, which have blocks of their own
            last = block[-1].end_lineno or block[-1].lineno
            for statement in block:
                match statement:
                    case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=test), body=[*_, end], orelse=[]):
                        if isinstance(end, _LEAVES):
                            yield from _proved(test, end.lineno + 1, last)
                    case ast.If(test=test, body=[*_, end]):
                        yield from _proved(test, statement.lineno, end.end_lineno or statement.lineno)
                    case ast.Assert(test=test):
                        yield from _proved(test, statement.lineno, last)


def _proved(test: ast.expr, first: int, last: int) -> Iterator[_Proof]:
    """Yield what a true test proves: all parts of an `and` hold."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            for value in values:
                yield from _proved(value, first, last)
        case ast.Call(
            func=ast.Name(id="isinstance"), args=[ast.Name() as subject, ast.Name() | ast.Attribute() as kind]
        ):
            yield _Proof(subject, kind, first, last)
