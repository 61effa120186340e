"""Steps and workflows that are registered by a call instead of a decorator (WFC004): only decorators are compiled.

    charge = wf.step(lambda: 1)
    step = wf.step
    work = step(charge)                 under another name, here or where it is imported

In: bound modules, their registries. Out: findings at the calls.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from ..binder import Module, Names
from ..binder.sdk import DECORATORS
from ..diagnostics import Diagnostic
from .registrations import Registries, named_decorator, placed_definitions


def called_registrations(modules: Collection[Module], names: Names, registries: Registries) -> Iterator[Diagnostic]:
    """Yield a WFC004 for each function, lambda or partial that is handed to a registry."""
    aliases = b"|".join(sorted(_aliases(modules, names, registries)))
    called = re.compile(rb"\.\s*(?:step|workflow)\s*\(" + (rb"|\b(?:%b)\s*\(" % aliases if aliases else b""))
    for module in modules:
        if called.search(module.source.data):
            yield from _in_module(module, names, registries)


def _aliases(modules: Collection[Module], names: Names, registries: Registries) -> set[bytes]:
    """Return the names that stand for `wf.step` in some module, by assignment or import."""
    found: set[bytes] = set()
    waiting = [module for module in modules if b".step" in module.source.data or b".workflow" in module.source.data]
    while waiting:
        new = {
            name.encode()
            for module in waiting
            for name, bindings in module.bindings.items()
            if any(item.target is not None or isinstance(item.value, ast.Name | ast.Attribute) for item in bindings)
            and _is_decorator(registries, names.follow(f"{module.name}.{name}"))
        } - found
        found |= new
        waiting = [module for module in modules if any(name in module.source.data for name in new)]
    return found


def _in_module(module: Module, names: Names, registries: Registries) -> Iterator[Diagnostic]:
    decorators: set[ast.AST] = set()
    for placed in placed_definitions(module.tree):
        decorators.update(placed.node.decorator_list)
    kept = [binding.value for bindings in module.bindings.values() for binding in bindings]
    decorators.update(call for call in kept if call is not None and named_decorator(names, registries, module, call))
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or node in decorators:
            continue
        if _is_decorator(registries, names.canonical(module, node.func)):
            yield Diagnostic(
                "WFC004",
                f"{_describe_argument(node.args)} is registered by a call",
                module.source.span(node),
                label="is no function at module level",
                help=f"write a function at module level with `@{module.source.text_of(node.func)}` above it",
            )


def _is_decorator(registries: Registries, dotted: str | None) -> bool:
    base, _, attribute = (dotted or "").rpartition(".")
    return base in registries and attribute in DECORATORS


def _describe_argument(arguments: Sequence[ast.expr]) -> str:
    match arguments:
        case [ast.Lambda()]:
            return "a lambda"
        case [ast.Call(func=function)] if ast.unparse(function).rpartition(".")[2] == "partial":
            return "a partial"
        case [ast.Name(id=name)]:
            return f"`{name}`"
        case _:
            return "a value"
