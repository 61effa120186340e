"""Find the registries of a project: every name that holds a `Workflows()`, however it is made.

wf = Workflows()                                  app.reg.wf
class App: wf = Workflows()                       app.reg.App.wf
make = partial(Workflows, namespace="mail")
wf = make()                                       app.reg.wf, as with a function that returns one
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ..binder import Binding, Module, Names, Scope, ScopeKind, that_count
from ..binder.sdk import REGISTRY
from ..syntax import own_statements
from .values import Registry

_DEEPEST = 8


def find_registries(modules: Mapping[str, Module], names: Names) -> tuple[Registry, ...]:
    """Return the registries in names of modules and of classes, sorted."""
    found: list[Registry] = []
    mentioning = [module for module in modules.values() if b"Workflows" in module.source.data]
    factories = {name.encode() for module in mentioning for name in _factories(names, module)}
    for module in modules.values():
        if b"Workflows" in module.source.data or any(name in module.source.data for name in factories):
            found += _registries_in(names, module, module.scope, "")
    return tuple(sorted(found, key=lambda registry: registry.dotted))


def makes_registry(names: Names, module: Module, value: ast.expr | None, depth: int = 0) -> bool:
    """Say whether an expression gives a new registry: a call of `Workflows`, of a partial or a small function."""
    if not isinstance(value, ast.Call) or depth > _DEEPEST:
        return False
    if _is_partial(names, module, value.func):
        return True
    dotted = names.canonical(module, value.func)
    if dotted is None or dotted == REGISTRY:
        return dotted == REGISTRY
    definition = names.definition(dotted)
    if definition is None or definition.rest or len(definition.bindings) != 1:
        return False
    return _is_factory(names, definition.module, definition.bindings[0], depth + 1)


def _factories(names: Names, module: Module) -> Iterator[str]:
    for name, bindings in module.bindings.items():
        if len(bindings) == 1 and _is_factory(names, module, bindings[0], 0):
            yield name


def _is_factory(names: Names, module: Module, binding: Binding, depth: int) -> bool:
    if isinstance(binding.node, ast.FunctionDef):
        returned = [node.value for node in own_statements(binding.node) if isinstance(node, ast.Return)]
        return bool(returned) and all(_gives_registry(names, module, value, depth) for value in returned)
    return binding.value is not None and _is_partial(names, module, binding.value)


def _gives_registry(names: Names, module: Module, value: ast.expr | None, depth: int) -> bool:
    """Say whether a function's result is a registry, made in the `return` or in a local variable before it."""
    if isinstance(value, ast.Name):
        owner = module.scope_of(value).owner(module.name_of(value))
        if owner is None or owner.kind is not ScopeKind.FUNCTION:
            return False
        bindings = owner.bindings[value.id]
        return len(bindings) == 1 and makes_registry(names, module, bindings[0].value, depth + 1)
    return makes_registry(names, module, value, depth + 1)


def _is_partial(names: Names, module: Module, node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or not node.args:
        return False
    return (
        names.canonical(module, node.func) == "functools.partial" and names.canonical(module, node.args[0]) == REGISTRY
    )


def _registries_in(names: Names, module: Module, scope: Scope, prefix: str) -> Iterator[Registry]:
    for name, bindings in scope.bindings.items():
        counting = that_count(bindings)
        value = counting[-1].value if counting else None
        if isinstance(value, ast.Call) and makes_registry(names, module, value):
            yield Registry(module.name, f"{prefix}{name}", value)
    for child in scope.children:
        if child.kind is ScopeKind.CLASS and isinstance(child.node, ast.ClassDef):
            yield from _registries_in(names, module, child, f"{prefix}{child.node.name}.")
