"""What a name or attribute holds: a local variable, or a definition of some module, with its decorators.

HANDLERS = {"mail": send_mail, "page": page}        HANDLERS is either step
"""

from __future__ import annotations

import ast

from ..binder import Module
from . import invoke
from .calls import durable_at, first_party
from .frames import Activation
from .items import CALLABLE, Arguments, Closure, Env, Instance, Value, union
from .walker import Here, Walker


def name_value(walker: Walker, node: ast.Name) -> Value:
    """Return what a name holds."""
    env = walker.here.env.find(node.id)
    if env is not None:
        return env.values[node.id]
    name = walker.canonical(node)
    return _at(walker, name) if name is not None else ()


def attribute_value(walker: Walker, node: ast.Attribute, receiver: Value) -> Value:
    """Return what an attribute holds: of a module, of an object of the project, or of any object that has it."""
    name = walker.canonical(node)
    if name is not None:
        found = _at(walker, name)
        if found:
            return found
    for item in receiver:
        if isinstance(item, Instance):
            methods = invoke.method(walker, item, node.attr, (item,))
            if methods:
                return methods
    held = walker.attributes.get(node.attr, ())
    if held:
        return held
    dotted = walker.receivers.resolve(walker.here.module, node)
    if dotted is None:
        return ()
    owner = Instance(dotted.rpartition(".")[0])
    return invoke.method(walker, owner, node.attr, receiver or (owner,))


def _at(walker: Walker, name: str) -> Value:
    """Return what a canonical name stands for."""
    known = durable_at(walker.program, name)
    if known:
        return known
    found = tuple(first_party(walker.program, name))
    closures = [item for item in found if isinstance(item, Closure)]
    if closures:
        return union(*(decorated(walker, item, _module_level(walker, item.module)) for item in closures))
    if found:
        return found
    return _assigned(walker, name)


def _assigned(walker: Walker, name: str) -> Value:
    """Return what a variable of a module holds, as far as its assignments say."""
    definition = walker.program.names.definition(name)
    if definition is None or name in walker.reading:
        return ()
    expressions = [binding.value for binding in definition.bindings if binding.value is not None]
    walker.reading.add(name)
    with walker.elsewhere(_module_level(walker, definition.module)):
        held = union(*(walker.evaluate(expression) for expression in expressions))
    walker.reading.discard(name)
    if not definition.rest:
        return held
    return union(
        *(invoke.method(walker, item, definition.rest[-1], (item,)) for item in held if isinstance(item, Instance))
    )


def decorated(walker: Walker, closure: Closure, here: Here) -> Value:
    """Return what decorators of the project make of a function that is defined at a place."""
    current: Value = (closure,)
    node = closure.node
    name = f"{closure.module.name}.{getattr(node, 'name', '')}"
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    if not decorators or name in walker.reading:
        return current
    walker.reading.add(name)
    with walker.elsewhere(here):
        for decorator in reversed(decorators):
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            dotted = walker.canonical(target)
            if dotted is not None and not walker.program.names.is_first_party(dotted):
                continue
            made = union(
                *(
                    invoke.call(walker, item, Arguments((current,)))
                    for item in walker.evaluate(decorator)
                    if isinstance(item, CALLABLE)
                )
            )
            current = tuple(item for item in made if isinstance(item, CALLABLE)) or current
    walker.reading.discard(name)
    return current


def _module_level(walker: Walker, module: Module) -> Here:
    return Here(module, Env(), Activation(), walker.here.calls)
