"""The classes `datetime` and `date` where no name says so: WFC101 can't leave these to lowering.

In: the rules' context. Out: places in FLOW where a variable, attribute or parameter may hold one of the classes, and
is asked for the present: `clock.now()` with `def stamp(clock=datetime)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..binder import Binding, BindingKind, Module, ScopeKind
from ..callgraph import references
from ..discover import FunctionNode, fold
from ..syntax import defaults_of
from .base import Context
from .sources import Source

_DATES = frozenset({"datetime.datetime", "datetime.date"})
_READS = frozenset({"now", "utcnow", "today"})
_IMPORTS = (BindingKind.IMPORT, BindingKind.FROM_IMPORT)


def hidden_sources(context: Context) -> Iterator[Source]:
    """Yield `clock.now()` where `clock` may hold the class `datetime` or `date`, and `getattr(datetime, name)`."""
    for reached in context.graph.flow:
        module = reached.function.module
        for node in reached.function.of_type(ast.Attribute):
            if node.attr in _READS and _is_hidden(context, module, node) and _may_hold(context, module, node.value):
                yield Source(reached, module, node, module.source.text_of(node))
        for call in reached.calls:
            if call.callee == "builtins.getattr" and _asks_for_present(context, module, call.node):
                yield Source(reached, module, call.node, module.source.text_of(call.node))


def _asks_for_present(context: Context, module: Module, call: ast.Call) -> bool:
    if len(call.args) < 2 or not _is_date(context, module, call.args[0]):
        return False
    asked = fold(context.program.names, module, call.args[1])
    return asked is None or asked.value in _READS


def _is_hidden(context: Context, module: Module, node: ast.expr) -> bool:
    name = context.program.names.canonical(module, node)
    return name is None or context.program.names.is_first_party(name)


def _may_hold(context: Context, module: Module, receiver: ast.expr) -> bool:
    """Say whether a receiver may be one of the classes, by all that is bound to it."""
    names = context.program.names
    match receiver:
        case ast.IfExp() | ast.BoolOp():
            return any(_is_date(context, module, found.node) for found in references([receiver]))
        case ast.Name():
            scope = module.scope_of(receiver).owner(module.name_of(receiver))
            if scope is None and any(star.module == "datetime" for star in module.stars):
                return f"datetime.{receiver.id}" in _DATES
            if scope is not None and scope.kind is not ScopeKind.MODULE:
                bindings = scope.bindings[module.name_of(receiver)]
                return any(_binds_date(context, module, binding, scope.node) for binding in bindings)
        case ast.Attribute(value=ast.Name() as owner, attr=attr) if names.canonical(module, owner) is None:
            return any(_is_date(context, module, value) for value in _attribute_values(module, owner, attr))
    name = names.canonical(module, receiver)
    definition = names.definition(name) if name is not None else None
    if definition is None:
        return False
    if definition.rest and isinstance(definition.node, ast.ClassDef):
        found = _assigned(definition.node.body, definition.rest[0])
        return any(_is_date(context, definition.module, value) for value in found)
    return any(_binds_date(context, definition.module, binding, None) for binding in definition.bindings)


def _binds_date(context: Context, module: Module, binding: Binding, function: ast.AST | None) -> bool:
    if binding.kind in _IMPORTS:
        return context.program.names.follow(binding.target or "") in _DATES
    values = [binding.value]
    if binding.kind is BindingKind.PARAMETER and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        if _is_class_of_dates(context, module, binding.annotation):
            return True
        values = [_default(function, binding.name)]
    return any(
        reference.call is None and _is_date(context, module, reference.node)
        for reference in references(value for value in values if value is not None)
    )


def _is_class_of_dates(context: Context, module: Module, annotation: ast.expr | None) -> bool:
    """Say whether an annotation is `type[datetime]`."""
    if isinstance(annotation, ast.Constant):
        annotation = module.bound.annotations.get(annotation)
    match annotation:
        case ast.Subscript(value=generic, slice=inner):
            kind = context.program.names.canonical(module, generic)
            return kind in ("builtins.type", "typing.Type") and _is_date(context, module, inner)
    return False


def _is_date(context: Context, module: Module, node: ast.expr) -> bool:
    return context.program.names.canonical(module, node) in _DATES


def _default(function: FunctionNode, name: str) -> ast.expr | None:
    return next((default for parameter, default in defaults_of(function.args) if parameter.arg == name), None)


def _attribute_values(module: Module, owner: ast.Name, attribute: str) -> Iterator[ast.expr]:
    """Yield what the class around a method binds an attribute to, in its body or by `self.attribute = ...`."""
    scope = module.scope_of(owner).owner(module.name_of(owner))
    around = scope.parent if scope is not None else None
    if around is not None and isinstance(around.node, ast.ClassDef):
        yield from _assigned(around.node.body, attribute)
        for node in ast.walk(around.node):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Attribute) and target.attr == attribute:
                        yield node.value


def _assigned(body: list[ast.stmt], name: str) -> Iterator[ast.expr]:
    for statement in body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                    yield value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield value
