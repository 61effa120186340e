"""Variables that FLOW reads, and that only code outside of workflows and steps changes.

    RATE = 1.0
    @api.post("/rate")
    def set_rate(rate: float):          never runs in a workflow's route, which has a copy of RATE
        global RATE
        RATE = rate

In: the variables that FLOW reads. Out: those with such a function, and the place where it changes them. A function
counts where it is plain that somebody calls it: a library's decorator registers it, or another module imports it by
name. Code that runs at import runs in each route, too; to fill a variable once, or to set it back, changes nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ...binder import Binding, BindingKind, Module, ScopeKind
from ...callgraph import Function, Reached
from ...discover import FunctionNode
from ..base import Context
from ..sources import Read
from .memo import Effect, effect_of
from .shared import Kind, Shared
from .writes import Write, statement_around

_NO_CHANGE = (BindingKind.IMPORT, BindingKind.FROM_IMPORT, BindingKind.ANNOTATION)


@dataclass(frozen=True)
class ChangedElsewhere:
    """A variable that FLOW reads first at `read`, and `function` changes by `node`."""

    read: Read
    function: Function
    node: ast.expr | ast.stmt


def changed_elsewhere(context: Context) -> Iterator[ChangedElsewhere]:
    """Yield the variables, each with its first use."""
    inside = {reached.function.node for reached in (*context.graph.flow, *context.graph.step)}
    seen: set[str] = set()
    for read in context.mentions.reads:
        definition = read.definition
        if definition.dotted in seen or isinstance(definition.node, ast.ClassDef):
            continue
        seen.add(definition.dotted)
        for binding in definition.bindings:
            writer = _writer(definition.module, binding)
            if writer is None or writer in inside or not _is_called(context, definition.module, writer):
                continue
            function = Function(f"{definition.module.name}.{writer.name}", definition.module, writer)
            place = _change(context, function, read, binding)
            if place is not None:
                yield ChangedElsewhere(read, function, place)
                break


def _writer(module: Module, binding: Binding) -> FunctionNode | None:
    """Return the function at the top of a module that binds a variable of it by `global`."""
    scope = module.bound.scope_by_node.get(binding.node)
    if binding.kind in _NO_CHANGE or scope is None or scope.kind is not ScopeKind.FUNCTION:
        return None
    while scope.parent is not None and scope.parent.kind is not ScopeKind.MODULE:
        scope = scope.parent
    return scope.node if isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef) else None


def _change(context: Context, function: Function, read: Read, binding: Binding) -> ast.expr | ast.stmt | None:
    """Return the statement that binds a variable, unless that only fills it or sets it back."""
    definition = read.definition
    reached = Reached(function, "", (), ())
    place = statement_around(reached, binding.node)
    write = Write(Shared(definition.dotted, Kind.VARIABLE, definition), place, binding.value)
    initial = [item.value for item in definition.bindings if item.certain and item.value is not None]
    if effect_of(context, reached, write) is Effect.HARMLESS:
        return None
    if binding.value is not None and ast.dump(binding.value) in map(ast.dump, initial):
        return None
    return place


def _is_called(context: Context, module: Module, writer: FunctionNode) -> bool:
    """Say whether it is plain that somebody calls a function, and not at import, where each route does so itself."""
    names = context.program.names
    if _is_used_at_import(module, writer.name):
        return False
    dotted = f"{module.name}.{writer.name}"
    importers = [
        (other, name)
        for other in context.program.modules.values()
        if other is not module and writer.name.encode() in other.source.data
        for name, bindings in other.bindings.items()
        if any(item.kind is BindingKind.FROM_IMPORT and names.follow(item.target or "") == dotted for item in bindings)
    ]
    if any(_is_used_at_import(other, name) for other, name in importers):
        return False
    decorators = [item.func if isinstance(item, ast.Call) else item for item in writer.decorator_list]
    return bool(importers) or any(
        not names.is_first_party(context.receivers.resolve(module, item) or module.name) for item in decorators
    )


def _is_used_at_import(module: Module, name: str) -> bool:
    """Say whether code outside of functions mentions a name: a call, a decorator, a table of handlers."""
    scopes = [scope for scope in module.scope.walk() if scope.kind in (ScopeKind.MODULE, ScopeKind.CLASS)]
    return any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        for scope in scopes
        for node in scope.uses.get(name, ())
    )
