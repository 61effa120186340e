"""Third-party exceptions that a flow only catches: their packages stay out of it.

    except openai.RateLimitError:        one class
    except (openai.APIError, KeyError):  the first of the two
    except TRANSIENT:                    where TRANSIENT = (openai.RateLimitError, openai.APITimeoutError)

In: a top-level statement. Out: the expressions that lowering replaces by `_flow.caught("openai.RateLimitError")`, which
goes by the names recorded with an exception. What stands in a function's `except` clause counts; not `except*`, whose
expression is evaluated when the exception in flight is another one.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ..binder import Module, Names, ScopeKind
from .uses import Chain, chains

_OURS = frozenset({"builtins", "wfc", "vercel", "vercel_workflow"})
_DEEPEST = 8


@dataclass(frozen=True)
class Caught:
    """The expression `node` of an `except` clause, and the canonical names of the classes that it stands for."""

    node: ast.Name | ast.Attribute
    names: tuple[str, ...]


def caught_by_name(module: Module, names: Names, statement: ast.stmt) -> Iterator[Caught]:
    """Yield the expressions of `except` clauses that stand for classes of third-party packages."""
    for expression in _caught_in_functions(statement):
        if isinstance(expression, ast.Name | ast.Attribute) and _is_global(module, expression):
            found = _classes(module, names, expression, 0)
            if found is not None and any(is_third_party(names, name) for name in found):
                yield Caught(expression, found)


def chains_only_caught(module: Module, names: Names, statement: ast.stmt) -> frozenset[Chain]:
    """Return the chains of names that a statement uses for nothing but what `caught_by_name` yields."""
    nodes = [caught.node for caught in caught_by_name(module, names, statement)]
    if not nodes:
        return frozenset()
    caught, used = Counter(chains(nodes, module)), Counter(chains([statement], module))
    return frozenset(chain for chain, number in caught.items() if used[chain] == number)


def is_third_party(names: Names, name: str) -> bool:
    """Say whether a canonical name is one of a package that is neither the project's nor Python's nor wfc's."""
    top, dot, _ = name.partition(".")
    return bool(dot) and top not in _OURS and top not in sys.stdlib_module_names and not names.is_first_party(name)


def _caught_in_functions(statement: ast.stmt) -> Iterator[ast.expr]:
    pending: list[tuple[ast.AST, bool]] = [(statement, False)]
    while pending:
        node, inside = pending.pop()
        inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if isinstance(node, ast.Try) and inside:
            for handler in node.handlers:
                if handler.type is not None:
                    yield from handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if not isinstance(node, ast.expr):
            pending += [(child, inside) for child in ast.iter_child_nodes(node)]


def _is_global(module: Module, node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    if not isinstance(node, ast.Name):
        return False
    owner = module.scope_of(node).owner(module.name_of(node))
    return owner is None or owner.kind is ScopeKind.MODULE


def _classes(module: Module, names: Names, node: ast.expr, depth: int) -> tuple[str, ...] | None:
    """Return the canonical names behind an expression, a tuple's one by one; None where one is the project's own."""
    if isinstance(node, ast.Tuple):
        found = [_classes(module, names, element, depth) for element in node.elts]
        return None if None in found else tuple(name for part in found for name in part or ())
    name = names.canonical(module, node)
    if name is None or depth > _DEEPEST:
        return None
    if is_third_party(names, name) or name.startswith("builtins."):
        return (name,)
    definition = names.definition(name)
    if definition is None or definition.rest or len(definition.bindings) != 1:
        return None
    value = definition.bindings[0].value
    return _classes(definition.module, names, value, depth + 1) if isinstance(value, ast.Tuple) else None
