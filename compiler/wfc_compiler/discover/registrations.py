"""Find what is decorated with, or handed to, a registry: raw material for definitions.

Walks the statements of a module with the blocks around them, so that a step in a function, a class
or an `if` is seen and can be refused with its reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from ..binder import Module, Names
from ..diagnostics import Diagnostic, Edit, Fix, Note
from .sdk import DECORATORS, REGISTRY, REGISTRY_ATTRIBUTES
from .values import FunctionNode, Registry

Registries = Mapping[str, Registry]
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True)
class Placed:
    """A function or class with the blocks around it, outermost first."""

    node: FunctionNode | ast.ClassDef
    around: tuple[ast.AST, ...]


@dataclass(frozen=True)
class Registration:
    """A function under `@registry.step` or `@registry.workflow`."""

    module: Module
    placed: Placed
    node: FunctionNode
    decorator: ast.expr
    kind: str
    registry: str


def placed_definitions(tree: ast.Module) -> Iterator[Placed]:
    """Yield all functions and classes of a file in source order."""
    waiting: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(node, ()) for node in reversed(tree.body)]
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Placed(node, around)
        inner = (*around, node)
        for name in reversed(_BODIES):
            block = getattr(node, name, None)
            if isinstance(block, list):
                waiting.extend((child, inner) for child in reversed(block))


def find_registries(modules: Mapping[str, Module], names: Names) -> tuple[Registry, ...]:
    """Return every module level `name = Workflows(...)`."""
    found = []
    for module in modules.values():
        if b"Workflows" not in module.source.data:
            continue
        for name, bindings in module.bindings.items():
            value = bindings[-1].value
            if isinstance(value, ast.Call) and names.canonical(module, value.func) == REGISTRY:
                found.append(Registry(module.name, name, value))
    return tuple(sorted(found, key=lambda registry: registry.dotted))


def read_decorator(
    names: Names, registries: Registries, module: Module, decorator: ast.expr
) -> tuple[str, str] | Diagnostic | None:
    """Return (registry, "step" or "workflow"), a finding, or None for any other decorator."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    dotted = names.canonical(module, target)
    if dotted is not None:
        base, _, attribute = dotted.rpartition(".")
        if base in registries:
            if attribute in DECORATORS:
                return base, attribute
            return unknown_attribute(module, target, base, attribute)
    if not isinstance(target, ast.Attribute) or target.attr not in DECORATORS:
        return None
    return _unknown_registry(names, registries, module, target)


def unknown_attribute(module: Module, target: ast.expr, registry: str, attribute: str) -> Diagnostic:
    """Return the WFC012 for `wf.stp`."""
    close = get_close_matches(attribute, REGISTRY_ATTRIBUTES, 1)
    name = registry.rpartition(".")[2]
    span = module.source.span(target)
    fix = None
    if close and isinstance(target, ast.Attribute):
        end = module.source.column(target.end_lineno or 1, target.end_col_offset or 0)
        line = target.end_lineno or target.lineno
        place = type(span)(span.path, line, end - len(attribute), line, end)
        fix = Fix(f"write `{close[0]}`", (Edit(place, close[0]),))
    return Diagnostic(
        "WFC012",
        f"a registry has no `{attribute}`",
        span,
        label=f"`{name}` is a `Workflows()`",
        help=f"did you mean `{name}.{close[0]}`?" if close else f"a registry has `{name}.workflow` and `{name}.step`",
        fix=fix,
    )


def _unknown_registry(names: Names, registries: Registries, module: Module, target: ast.Attribute) -> Diagnostic | None:
    """Decide whether `@x.step` means this SDK: only then its unknown registry is an error."""
    shown = module.source.text_of(target.value)
    span = module.source.span(target)
    dotted = names.canonical(module, target.value)
    same_name = [registry for registry in registries.values() if registry.name == shown]
    hint = (
        f"add `from {same_name[0].module} import {shown}`"
        if same_name
        else "make one with `wf = workflow.Workflows()`, in a module of its own, and import it"
    )
    secondary: tuple[Note, ...] = ()
    label = f"`{shown}` is no registry"
    if dotted == "wfc":
        label = f"`{shown}` is the SDK's module"
    elif dotted is None:
        if not isinstance(target.value, ast.Name):
            if not _makes_registry(names, module, target.value):
                return None
            label = "a registry needs a name at module level"
        else:
            owner = module.scope_of(target.value).owner(module.name_of(target.value))
            if owner is None and names.has_open_star(module):
                return None
            if owner is not None and not _mentions_sdk(module):
                return None
            label = f"`{shown}` is not defined here" if owner is None else "known only at run time"
    else:
        definition = names.definition(dotted)
        if definition is None or not _mentions_sdk(definition.module):
            return None  # somebody else's `step`, or an import that WFC015 reports
        if isinstance(definition.node, ast.ClassDef) or b"Workflows" not in definition.module.source.data:
            return None
        place = getattr(definition.bindings[-1], "node", None)
        if isinstance(place, ast.expr | ast.stmt):
            note = "defined here, not as a plain `Workflows()`"
            secondary = (Note(definition.module.source.span(place), note),)
    return Diagnostic(
        "WFC008",
        f"`{shown}` can't be resolved to a `Workflows()`",
        span,
        label=label,
        secondary=secondary,
        help=hint,
    )


def _makes_registry(names: Names, module: Module, value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and names.canonical(module, value.func) == REGISTRY


def _mentions_sdk(module: Module) -> bool:
    data = module.source.data
    return b"wfc" in data or b"vercel" in data
