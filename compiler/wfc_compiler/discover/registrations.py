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
from ..binder.sdk import DECORATORS, REGISTRY_ATTRIBUTES
from ..diagnostics import Diagnostic, Edit, Fix, Note
from ..syntax import BLOCKS
from .registries import makes_registry
from .values import FunctionNode, Registry

Registries = Mapping[str, Registry]


@dataclass(frozen=True)
class Placed:
    """A function or class with the blocks around it, outermost first."""

    node: FunctionNode | ast.ClassDef
    around: tuple[ast.AST, ...]


@dataclass(frozen=True)
class Decorator:
    """What a decorator says: the registry, "step" or "workflow", and where its options stand."""

    registry: str
    kind: str
    module: Module
    node: ast.expr


@dataclass(frozen=True)
class Registration:
    """A function under `@registry.step` or `@registry.workflow`; `made` says what the decorator stands for."""

    module: Module
    placed: Placed
    node: FunctionNode
    decorator: ast.expr
    made: Decorator

    @property
    def kind(self) -> str:
        """Return "step" or "workflow"."""
        return self.made.kind

    @property
    def registry(self) -> str:
        """Return the canonical name of the registry."""
        return self.made.registry


def placed_definitions(tree: ast.Module) -> Iterator[Placed]:
    """Yield all functions and classes of a file in source order."""
    waiting: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(node, ()) for node in reversed(tree.body)]
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Placed(node, around)
        inner = (*around, node)
        for name in reversed(BLOCKS):
            block = getattr(node, name, None)
            if isinstance(block, list):
                waiting.extend((child, inner) for child in reversed(block))


def read_decorator(
    names: Names, registries: Registries, module: Module, decorator: ast.expr
) -> Decorator | Diagnostic | None:
    """Return what a decorator of a registry says, a finding about it, or None for any other decorator."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    dotted = names.canonical(module, target)
    if dotted is not None:
        base, _, attribute = dotted.rpartition(".")
        if base in registries:
            if attribute in DECORATORS:
                return Decorator(base, attribute, module, decorator)
            return unknown_attribute(module, target, base, attribute)
        made = None if decorator is not target else _made_before(names, registries, dotted)
        if made is not None:
            return made
    if dotted is None and isinstance(target, ast.Name) and target.id in DECORATORS:
        return hidden_by_star(names, module, target)
    if not isinstance(target, ast.Attribute) or target.attr not in DECORATORS:
        return _made_at_run_time(names, registries, module, target, dotted)
    return _unknown_registry(names, registries, module, target)


def named_decorator(names: Names, registries: Registries, module: Module, call: ast.expr | None) -> Decorator | None:
    """Return what `wf.step(max_retries=9)` says, which `retrying = ...` keeps for many functions."""
    if not isinstance(call, ast.Call) or call.args:
        return None
    base, _, attribute = (names.canonical(module, call.func) or "").rpartition(".")
    return Decorator(base, attribute, module, call) if base in registries and attribute in DECORATORS else None


def _made_before(names: Names, registries: Registries, dotted: str) -> Decorator | None:
    definition = names.definition(dotted)
    if definition is None or definition.rest or len(definition.bindings) != 1:
        return None
    return named_decorator(names, registries, definition.module, definition.bindings[0].value)


def _made_at_run_time(
    names: Names, registries: Registries, module: Module, target: ast.expr, dotted: str | None
) -> Diagnostic | None:
    """Return the WFC008 for a decorator made of a registry's one, `step = functools.partial(wf.step, ...)`."""
    definition = names.definition(dotted) if dotted is not None else None
    value = definition.bindings[-1].value if definition is not None and not definition.rest else None
    if definition is None or not isinstance(value, ast.Call | ast.Lambda | ast.Subscript):
        return None
    for node in ast.walk(value):
        named = names.canonical(definition.module, node) if isinstance(node, ast.Attribute) else None
        base, _, attribute = (named or "").rpartition(".")
        if base in registries and attribute in DECORATORS:
            shown = module.source.text_of(target)
            return Diagnostic(
                "WFC008",
                f"`{shown}` is a decorator that is made at run time",
                module.source.span(target),
                label="what it registers can't be read from the source",
                secondary=(Note(definition.module.source.span(value), "made here"),),
                help=f"decorate with `{ast.unparse(node)}`, or name it by `{shown} = {ast.unparse(node)}`",
            )
    return None


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
            if not makes_registry(names, module, target.value) and not _holds_registry(names, module, target.value):
                return None
            label = "a registry needs a name at module level"
        else:
            owner = module.scope_of(target.value).owner(module.name_of(target.value))
            if owner is None and names.stars.is_open(module):
                return hidden_by_star(names, module, target.value)
            if owner is not None and not _mentions_sdk(module):
                return None
            label = f"`{shown}` is not defined here" if owner is None else "known only at run time"
    else:
        definition = names.definition(dotted)
        if definition is not None and definition.module is module and isinstance(target.value, ast.Name):
            hidden = hidden_by_star(names, module, target.value)
            if hidden is not None:
                return hidden
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


def hidden_by_star(names: Names, module: Module, node: ast.Name) -> Diagnostic | None:
    """Return the WFC501 for a name that only a star import can bring, from a module that makes names at run time."""
    star = names.stars.made_at_run_time(module)
    bindings = module.bindings.get(node.id, ())
    if star is None or any(binding.target is None or binding.statement > star.statement for binding in bindings):
        return None
    return Diagnostic(
        "WFC501",
        f"star import of `{star.module}` can't be expanded, and may bring `{node.id}`",
        module.source.span(star.node),
        label="makes names at run time, which the source doesn't show",
        secondary=(Note(module.source.span(node), "needed here to find steps and workflows"),),
        help=f"make `{node.id}` by a plain assignment, and import it by its name",
    )


def _holds_registry(names: Names, module: Module, value: ast.expr) -> bool:
    """Say whether an expression takes a registry out of something else, `registries["mail"]`."""
    for node in ast.walk(value):
        dotted = names.canonical(module, node) if isinstance(node, ast.Name | ast.Attribute) else None
        definition = names.definition(dotted) if dotted is not None else None
        for binding in definition.bindings if definition is not None else ():
            inside = ast.walk(binding.value) if binding.value is not None else ()
            if definition and any(
                isinstance(item, ast.expr) and makes_registry(names, definition.module, item) for item in inside
            ):
                return True
    return False


def _mentions_sdk(module: Module) -> bool:
    data = module.source.data
    return b"wfc" in data or b"vercel" in data
