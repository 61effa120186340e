"""Follow a value from the expression that makes it to what is done with it in the end.

    receipt = charge()              one use: the argument of `ship`
    calls = [receipt, other]
    ship(calls[0])

    _ = charge()                    none: the value is dropped

In: an expression in a reached function. Out: its uses. What passes a value on unchanged (local variables, `or`,
conditional expressions, containers) isn't one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ...binder import BindingKind, Scope, ScopeKind
from ...callgraph import Reached

# They give a container of what they are given, or something to iterate over.
_CONTAINERS = frozenset(
    f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "enumerate")
)
_DISPLAYS = (ast.List, ast.Tuple, ast.Set)
_KEPT_SCOPES = (ScopeKind.MODULE, ScopeKind.CLASS)


@dataclass(frozen=True)
class Use:
    """What is done with a value: `node` stands for it, `parent` uses it; with `inside` it is in a container there."""

    node: ast.expr
    parent: ast.AST
    inside: bool


class Uses:
    """Follows the values of one reached function."""

    def __init__(self, reached: Reached) -> None:
        self._parents = reached.function.parents
        self._callees = reached.callees
        self._module = reached.function.module

    def of(self, node: ast.expr, *, inside: bool = False) -> Iterator[Use]:
        """Yield the uses of a value; none where it is dropped, or kept in a variable that nobody reads."""
        pending = [(node, inside)]
        seen: set[ast.AST] = set()
        while pending:
            node, inside = pending.pop()
            if node in seen:
                continue
            seen.add(node)
            parent = self._parents.get(node)
            if parent is None or isinstance(parent, ast.Expr):
                continue
            passed = self._passed_on(node, parent, inside)
            if passed is None:
                yield Use(node, parent, inside)
            else:
                pending += passed

    def _passed_on(self, node: ast.expr, parent: ast.AST, inside: bool) -> list[tuple[ast.expr, bool]] | None:
        """Return the expressions that have the value next; None where it is used."""
        match parent:
            case ast.Assign(targets=targets):
                return self._assigned(targets, inside)
            case ast.AnnAssign(target=target):
                return self._assigned([target], inside)
            case ast.NamedExpr(target=target):
                loads = self._assigned([target], inside)
                return None if loads is None else [*loads, (parent, inside)]
            case ast.IfExp() if node is not parent.test:
                return [(parent, inside)]
            case ast.BoolOp(op=op, values=values) if isinstance(op, ast.Or) or node is values[-1]:
                return [(parent, inside)]
            case ast.Dict(values=values) if any(node is value for value in values):
                return [(parent, True)]
            case ast.ListComp(elt=elt) | ast.SetComp(elt=elt) | ast.DictComp(value=elt) if node is elt:
                return [(parent, True)]
            case ast.Starred() if inside and isinstance(self._parents.get(parent), _DISPLAYS):
                return [(parent, True)]
            case ast.GeneratorExp(elt=elt) if node is elt and self._is_collected(parent):
                return [(parent, True)]
            case ast.Call(args=args) if inside and node in args and self._callees.get(parent) in _CONTAINERS:
                return [(parent, True)]
        return [(parent, True)] if isinstance(parent, _DISPLAYS) else None

    def _is_collected(self, generator: ast.GeneratorExp) -> bool:
        """Say whether a generator expression is run through at once."""
        around = self._parents.get(generator)
        if isinstance(around, ast.Starred):
            return isinstance(self._parents.get(around), _DISPLAYS)
        return isinstance(around, ast.Call) and self._callees.get(around) in _CONTAINERS

    def _assigned(self, targets: list[ast.expr], inside: bool) -> list[tuple[ast.expr, bool]] | None:
        """Return where the variables that are assigned to are read; None where that can't be told."""
        loads: list[tuple[ast.expr, bool]] = []
        for target in targets:
            found = self._reads(target) if isinstance(target, ast.Name) else None
            if found is None:
                return None
            loads += [(name, inside) for name in found]
        return loads

    def _reads(self, name: ast.Name) -> list[ast.Name] | None:
        known_as = self._module.name_of(name)
        owner = self._module.scope_of(name).owner(known_as)
        if owner is None or owner.kind in _KEPT_SCOPES:
            return None
        if any(binding.kind is BindingKind.AUGMENTED for binding in owner.bindings[known_as]):
            return None
        found = _loads(owner, known_as)
        return found if all(load in self._parents for load in found) else None


def _loads(owner: Scope, name: str) -> list[ast.Name]:
    return [
        use
        for scope in owner.walk()
        if scope.owner(name) is owner
        for use in scope.uses.get(name, ())
        if isinstance(use, ast.Name) and isinstance(use.ctx, ast.Load)
    ]
