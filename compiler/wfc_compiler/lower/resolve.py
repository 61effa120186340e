"""Resolve names where lowering meets them: the binder's answers, asked from LibCST's side.

In: a bound module. Out: a `references.Resolve`. Lambdas and comprehensions are not seen here, the
caller knows which names they hide.
"""

from __future__ import annotations

import ast

from ..binder import BUILTINS, Module, Names, Scope, ScopeKind
from .references import Resolve


def resolver(module: Module, names: Names) -> Resolve:
    """Return the function that resolves names of `module` for lowering."""

    def resolve(around: ast.stmt | None, name: str) -> str | None:
        scope = module.scope if around is None else module.scope_inside(around)
        root = name.partition(".")[0]
        owner = scope.owner(root)
        if owner is not None and owner.kind is not ScopeKind.MODULE:
            return _local_import(owner, name, names)
        own = f"{module.name}.{name}"
        canonical = names.follow(own)
        if canonical != own or owner is not None:
            return canonical
        known = root in BUILTINS or root == "__name__"
        return f"builtins.{name}" if known and not names.has_open_star(module) else None

    return resolve


def _local_import(scope: Scope, name: str, names: Names) -> str | None:
    """Resolve a name that a function imports for itself, `from asyncio import wait_for`."""
    root, dot, rest = name.partition(".")
    targets = {binding.target for binding in scope.bindings.get(root, ())}
    target = targets.pop() if len(targets) == 1 else None
    return None if target is None else names.follow(target + dot + rest)
