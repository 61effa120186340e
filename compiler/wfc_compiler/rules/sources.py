"""Where workflow code gets values that a replay would not get again: calls, references, hidden receivers.

In: the rules' context. Out: places in FLOW, and in the classes and variables that FLOW mentions: a class body's
`default_factory=uuid4` is called when the workflow makes an object.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from ..binder import Binding, BindingKind, Definition, Module, ScopeKind
from ..callgraph import Reached, Reference, references
from ..discover import FunctionNode
from .base import Context

_DATES = frozenset({"datetime.datetime", "datetime.date"})
_READS = frozenset({"now", "utcnow", "today"})
_CHANGING = frozenset({"clock", "monotonic", "random", "secret"})
_IMPORTS = (BindingKind.IMPORT, BindingKind.FROM_IMPORT)


@dataclass(frozen=True)
class Source:
    """A call of `name`, or a reference to it, that the code of `reached` leads to.

    With `at_import` it is a call that is made when the module is imported; the workflow reads what came of it.
    """

    reached: Reached
    module: Module
    node: ast.expr
    name: str
    at_import: bool = False
    given: bool = True


def sources(context: Context, kind: str) -> Iterator[Source]:
    """Yield what the facts call by this kind: calls first, then references."""
    for reached, call in context.effects.get(kind, ()):
        if call.callee is not None:
            yield Source(reached, reached.function.module, call.node, call.callee)
    for source in context.mentions:
        if not source.at_import and context.facts.kind(source.name, has_arguments=True) == kind:
            yield source


def import_time_sources(context: Context) -> Iterator[Source]:
    """Yield the calls at import whose results FLOW reads, and which another import would not give again."""
    for source in context.mentions:
        kind = context.facts.kind(source.name, has_arguments=source.given) or ""
        # An unseeded generator that a module makes draws from the run's own when a run uses it.
        if source.at_import and kind.removeprefix("rewritten_") in _CHANGING and source.name != "random.Random":
            yield source


def mentions(context: Context) -> Iterator[Source]:
    """Yield the references of FLOW to what the project doesn't define, and those of what FLOW mentions.

    Calls in a function are left out, since the call graph has them.
    """
    seen: set[ast.AST] = set()
    for reached in context.graph.flow:
        node = reached.function.node
        for reference in references(node.body, runs=True):
            if reference.call is None or not _is_outside(context, reached.function.module, reference):
                yield from _mentioned(context, reached, reference, seen)
        for reference in references([node.args]):
            yield from _mentioned(context, reached, reference, seen)
        yield from _policies(context, reached)


def _policies(context: Context, reached: Reached) -> Iterator[Source]:
    """Yield what a function is decorated with: `@retry(wait=wait_random())` draws whenever the function fails."""
    module = reached.function.module
    for reference in references(reached.function.node.decorator_list):
        name = context.program.names.canonical(module, reference.node)
        if name is not None and (reference.call is None or name.partition(".")[0] not in sys.stdlib_module_names):
            yield Source(reached, module, reference.node, name)


def _is_outside(context: Context, module: Module, reference: Reference) -> bool:
    name = context.program.names.canonical(module, reference.node)
    return name is None or not context.program.names.is_first_party(name)


def _mentioned(context: Context, reached: Reached, first: Reference, seen: set[ast.AST]) -> Iterator[Source]:
    """Yield a reference, and follow it into the class or variable that it names."""
    pending = [(reached.function.module, first)]
    while pending:
        module, reference = pending.pop()
        name = context.program.names.canonical(module, reference.node)
        if _is_outside(context, module, reference):
            at_import = reference.call is not None and not reference.runs
            if name is not None and at_import and reference.call is not None:
                given = bool(reference.call.args or reference.call.keywords)
                yield Source(reached, module, reference.call, name, at_import=True, given=given)
            elif name is not None and not (reference.is_base or _is_alias(module, reference.node)):
                yield Source(reached, module, reference.node, name)
            continue
        definition = context.program.names.definition(name or "")
        for node in _evaluated(definition) if definition is not None else ():
            if definition is not None and node not in seen:
                seen.add(node)
                pending += [(definition.module, inner) for inner in references([node])]


def _evaluated(definition: Definition) -> Iterator[ast.AST]:
    """Yield the parts of a class or variable that its import evaluates; methods are followed by the call graph."""
    for binding in definition.bindings:
        if isinstance(binding.node, ast.ClassDef):
            yield from (*binding.node.bases, *binding.node.keywords, *binding.node.decorator_list)
            for statement in binding.node.body:
                yield statement.args if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) else statement
        elif binding.value is not None:
            yield binding.value


def _is_alias(module: Module, node: ast.expr) -> bool:
    """Say whether a reference is all that a local name stands for: what is done with that name is found by itself."""
    scope = module.scope_of(node)
    return (
        any(len(bindings) == 1 and bindings[0].value is node for bindings in scope.bindings.values())
        and scope.kind is not ScopeKind.CLASS
    )


# --- the class `datetime` or `date` where no name says so


def hidden_sources(context: Context) -> Iterator[Source]:
    """Yield `clock.now()` where `clock` may hold the class `datetime` or `date`, and `getattr(datetime, name)`."""
    for reached in context.graph.flow:
        module = reached.function.module
        for node in reached.function.body_nodes():
            match node:
                case ast.Attribute(attr=attr, value=receiver) if attr in _READS:
                    if _is_hidden(context, module, node) and _may_hold(context, module, receiver):
                        yield Source(reached, module, node, ast.unparse(node))
                case ast.Call(func=func, args=[first, *_]):
                    names = context.program.names
                    if names.canonical(module, func) == "builtins.getattr" and _is_date(context, module, first):
                        yield Source(reached, module, node, ast.unparse(node))


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
                return any(_binds_date(context, module, binding, scope.node) for binding in scope.bindings[receiver.id])
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
        values = [_default(function, binding.name)]
    return any(
        reference.call is None and _is_date(context, module, reference.node)
        for reference in references(value for value in values if value is not None)
    )


def _is_date(context: Context, module: Module, node: ast.expr) -> bool:
    return context.program.names.canonical(module, node) in _DATES


def _default(function: FunctionNode, name: str) -> ast.expr | None:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(positional), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return next((default for parameter, default in pairs if parameter.arg == name), None)


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
