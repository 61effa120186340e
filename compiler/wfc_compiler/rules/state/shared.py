"""What outlives a run: module variables, attributes of classes and functions, the state of libraries.

    STATE["a"]              app.STATE
    Order.count, cls.count  app.Order.count
    os.environ["A"]         os.environ
    self.items              self.items, which outlives a run where the object does
    found (def f(found=[])) found, whose default outlives a run

In: an expression of a function. Out: which shared object it is, or is a part of; None for what a run has for itself,
and for what can't be told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ...binder import BindingKind, Definition, Module
from ..ancestry import class_and_bases
from ..base import Context

# Bases that keep nothing for an instance: what a class body binds is one object for all of them.
_PLAIN_BASES = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})
# `X.get(key).append(1)` changes what X holds.
_GIVE_PARTS = frozenset({"get", "setdefault", "__getitem__"})

Values = list[tuple[Module, ast.expr]]


class Kind(Enum):
    """What kind of thing it is that runs share."""

    VARIABLE = "variable"
    CLASS = "class"
    INSTANCE = "instance"
    PARAMETER = "parameter"
    LIBRARY = "library"


@dataclass(frozen=True)
class Shared:
    """A shared object by its name; `definition` is where the project defines the variable, function or class."""

    key: str
    kind: Kind
    definition: Definition | None = None

    @property
    def shown(self) -> str:
        """Return the name without that of the module it is defined in."""
        module = self.definition.module.name if self.definition is not None else self.key.rpartition(".")[0]
        return self.key if self.kind is Kind.LIBRARY else self.key.removeprefix(f"{module}.")


def shared_at(context: Context, module: Module, expr: ast.expr) -> Shared | None:
    """Return the shared object that an expression gives, or gives a part of."""
    found = owner_of(context, module, expr)
    expr = whole(expr)
    if found is None and isinstance(expr, ast.Attribute) and context.program.names.canonical(module, expr) is None:
        return _of_instance(context, module, expr)
    return found


def owner_of(context: Context, module: Module, target: ast.expr) -> Shared | None:
    """Return the shared object that a store into `target` changes: `order.total = 1` is the order's own affair."""
    target = whole(target)
    if not isinstance(target, ast.Name | ast.Attribute):
        return None
    dotted = context.program.names.canonical(module, target)
    if dotted is not None:
        return _named(context, dotted)
    return _of_class(context, module, target) if isinstance(target, ast.Attribute) else None


def own_attribute(context: Context, module: Module, expr: ast.expr) -> Shared | None:
    """Return the attribute of its own object that an expression in a method gives, or gives a part of: `self.items`."""
    expr = whole(expr)
    while isinstance(expr, ast.Attribute) and isinstance(expr.value, ast.Attribute):
        expr = expr.value
    if not isinstance(expr, ast.Attribute) or not isinstance(expr.value, ast.Name):
        return None
    owner = module.scope_of(expr.value).owner(module.name_of(expr.value))
    bindings = owner.bindings[module.name_of(expr.value)] if owner is not None else []
    classes = context.receivers.classes
    if owner is None or not classes.is_first_parameter(owner, bindings[0]) or classes.is_classmethod(owner.node):
        return None
    return Shared(f"self.{expr.attr}", Kind.INSTANCE)


def parameter_at(_: Context, module: Module, expr: ast.expr) -> Shared | None:
    """Return the parameter that an expression gives, or gives a part of; its default outlives a run."""
    expr = whole(expr)
    if not isinstance(expr, ast.Name):
        return None
    owner = module.scope_of(expr).owner(module.name_of(expr))
    bindings = owner.bindings[module.name_of(expr)] if owner is not None else []
    kinds = {binding.kind for binding in bindings}
    is_parameter = BindingKind.PARAMETER in kinds and kinds <= {BindingKind.PARAMETER, BindingKind.AUGMENTED}
    return Shared(expr.id, Kind.PARAMETER) if is_parameter else None


def whole(expr: ast.expr) -> ast.expr:
    """Return `X` for `X[1]["a"]`, `X[1].total` and `X.setdefault(key, [])`."""
    while True:
        match expr:
            case ast.Subscript(value=inner):
                expr = inner
            case ast.Call(func=ast.Attribute(value=inner, attr=attr)) if attr in _GIVE_PARTS:
                expr = inner
            case ast.Attribute(value=ast.Subscript() as inner):
                expr = inner
            case _:
                return expr


def values_of(context: Context, shared: Shared) -> Values:
    """Return what is bound to a variable, or to an attribute of a class by its body."""
    definition = shared.definition
    if definition is None:
        return []
    if shared.kind is Kind.CLASS:
        name = shared.key.rpartition(".")[2]
        return [(owner.module, value) for owner, node in _family(context, shared) for value in bound_in(node, name)]
    if definition.rest:
        return []
    return [(definition.module, item.value) for item in definition.bindings if item.value is not None]


def _named(context: Context, dotted: str) -> Shared | None:
    names = context.program.names
    definition = names.definition(dotted)
    if definition is None:
        if not names.is_first_party(dotted):
            return Shared(dotted, Kind.LIBRARY)
        is_attribute = dotted not in names.modules and dotted.rpartition(".")[0] in names.modules
        return Shared(dotted, Kind.VARIABLE) if is_attribute else None
    if isinstance(definition.node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        if not definition.rest:
            return None
        kind = Kind.CLASS if isinstance(definition.node, ast.ClassDef) else Kind.VARIABLE
        return Shared(f"{definition.dotted}.{definition.rest[0]}", kind, definition)
    return Shared(definition.dotted, Kind.VARIABLE, definition)


# --- attributes of classes


def _of_class(context: Context, module: Module, expr: ast.Attribute) -> Shared | None:
    """Return what `cls.count` is."""
    around = context.program.names.definition(_class_at(context, module, expr.value) or "")
    if around is None or around.rest or not isinstance(around.node, ast.ClassDef):
        return None
    return Shared(f"{around.dotted}.{expr.attr}", Kind.CLASS, around)


def _of_instance(context: Context, module: Module, expr: ast.Attribute) -> Shared | None:
    """Return what `self.items` is where the class has it and no instance has one of its own."""
    definition = context.program.names.definition(context.receivers.class_of(module, expr.value) or "")
    found = None
    for owner, node in class_and_bases(context, definition):
        plain = all(_is_plain(context, owner.module, base) for base in node.bases)
        if not plain or node.decorator_list or node.keywords or expr.attr in _set_on_instances(node):
            return None
        if found is None and any(_is_one_object(context, owner.module, value) for value in bound_in(node, expr.attr)):
            found = Shared(f"{owner.dotted}.{expr.attr}", Kind.CLASS, owner)
    return found


def _class_at(context: Context, module: Module, expr: ast.expr) -> str | None:
    """Return the class that `cls`, `type(self)` or `self.__class__` is."""
    match expr:
        case ast.Name():
            return context.receivers.resolve(module, expr)
        case ast.Attribute(value=instance, attr="__class__"):
            return context.receivers.class_of(module, instance)
        case ast.Call(func=func, args=[instance]) if context.receivers.resolve(module, func) == "builtins.type":
            return context.receivers.class_of(module, instance)
    return None


def _is_plain(context: Context, module: Module, base: ast.expr) -> bool:
    chain = base.value if isinstance(base, ast.Subscript) else base
    name = context.program.names.canonical(module, chain)
    return name is not None and (name in _PLAIN_BASES or context.program.names.definition(name) is not None)


def _is_one_object(context: Context, module: Module, value: ast.expr) -> bool:
    """Say whether a class body makes a container: a descriptor (`items = Field()`) gives each object its own."""
    return (context.receivers.class_of(module, value) or "").startswith(("builtins.", "collections."))


def _set_on_instances(node: ast.ClassDef) -> Iterator[str]:
    """Yield the attributes that methods of a class bind on `self`, or on anything else."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            yield inner.attr


def _family(context: Context, shared: Shared) -> Iterator[tuple[Definition, ast.ClassDef]]:
    """Yield the class that a shared attribute is of, and its bases."""
    return class_and_bases(context, context.program.names.definition(shared.key.rpartition(".")[0]))


def bound_in(node: ast.ClassDef, name: str) -> Iterator[ast.expr]:
    """Yield what a class body binds a name to."""
    for statement in node.body:
        match statement:
            case ast.Assign(targets=targets, value=value):
                if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                    yield value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield value
