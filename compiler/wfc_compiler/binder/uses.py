"""What the statements of a module use: the last step of the scope analysis, once all is bound.

In: the scopes of a file. Out: for each top-level statement the module-level names that it uses, which is
what `slice.facts` starts from.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence

from .values import Scope, ScopeKind

BUILTINS = frozenset(dir(builtins)) | {"__file__", "__path__", "__builtins__", "__annotations__"}


def collect_statement_uses(
    root: Scope,
    nested: Iterable[tuple[Scope, int]],
    direct: Sequence[set[str]],
    soft: Sequence[set[str]],
) -> tuple[frozenset[str], ...]:
    """Return per top-level statement the names that reach the module's scope or builtins.

    `nested` holds the other scopes with the statement each is in, `direct` what the statements use
    at module level, `soft` identifiers in strings, which count where the module has such a name.
    """
    used = [set(names) for names in direct]
    bound = root.bindings
    for scope, statement in nested:
        for name, nodes in scope.uses.items():
            owner = scope.owner(name)
            if owner is None or owner is root:
                used[statement].add(name)
            elif owner.kind is ScopeKind.CLASS and name in bound and _is_loaded(nodes):
                used[statement].add(name)  # a class body reads the global until it binds
        used[statement].update(scope.globals)
    for names, maybe in zip(used, soft, strict=True):
        names.update(name for name in maybe if name in bound)
    return tuple(frozenset(names) for names in used)


def _is_loaded(nodes: Iterable[ast.AST]) -> bool:
    return any(isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) for node in nodes)
