"""Values that arrive as dicts, since the route that gets them doesn't hold their class: WFC404.

    @wf.step
    def price(order): return order.total          AttributeError: a dict has no `total`

In: the calls of steps and workflows. Out: one finding for each parameter or result without an annotation whose value is
an instance of a class of the project, and is used as one where nothing else brings the class.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ...binder import BindingKind, Module, Scope
from ...callgraph import Reached
from ...diagnostics import Diagnostic, Note, Span
from ...discover import FunctionNode, StepDef, WorkflowDef
from ...syntax import own_statements
from ...types import Anything, Kind, Own, OwnClass
from ..base import Context, Rule
from .boundaries import is_bare
from .calling import DurableCall
from .reachable import Reachable

_HEAD = """
import dataclasses, typing
import pydantic, wfc
wf = wfc.Workflows()

class Order(pydantic.BaseModel):
    total: int

"""
_FLOW = """
@wf.workflow
async def buy(total: int):
    return await price(Order(total=total))
"""
_OF_FIELDS = frozenset({Kind.MODEL, Kind.DATACLASS, Kind.NAMED_TUPLE})
_ASKING = frozenset({"isinstance", "hasattr", "getattr", "type", "vars", "setattr"})


class LostClass(Rule):
    """A model arrives as a dict, since nothing says which class it is.

    Why: A step runs in a route of its own, which holds what the step names and nothing else. A value whose class isn't
    there arrives as a dict of its fields, and `order.total` is an AttributeError. So it is for what a step returns, in
    the workflow.

    Fix: Annotate the parameter, or the result: `order: Order`, `-> Order`. An annotation brings the class along, and is
    what the runtime reads the value by.

    Suppress: Where the value isn't the one that the check believes it to be.
    """

    code = "WFC404"
    bad = (
        f"{_HEAD}@wf.step\ndef price(order) -> int:\n    return order.total * 2\n{_FLOW}",
        f"{_HEAD}@wf.step\ndef price(order: typing.Any) -> dict:\n    return order.model_dump()\n{_FLOW}",
        f"{_HEAD}@wf.step\ndef load(id: str):\n    return Order(total=len(id))\n\n"
        "@wf.workflow\nasync def buy(id: str) -> int:\n    order = await load(id)\n    return order.total\n",
        f"{_HEAD}@wf.step\ndef price(order) -> int:\n    return order.total * 2\n\n"
        "@wf.workflow\nasync def buy(order: Order) -> int:\n    return await price(order)\n",
        f"{_HEAD}@wf.step\ndef load(id: str):\n    return Order(total=len(id))\n\n"
        "@wf.workflow\nasync def buy(id: str) -> int:\n    return (await load(id)).total\n",
    )
    good = (
        f"{_HEAD}@wf.step\ndef price(order: Order) -> int:\n    return order.total * 2\n{_FLOW}",
        f"{_HEAD}@wf.step\ndef price(order) -> int:\n    return order['total'] * 2\n{_FLOW}",
        f"{_HEAD}@wf.step\ndef price(order):\n    print(order, order.keys())\n    return order\n{_FLOW}",
        f"{_HEAD}def total(order: Order): return order.total\n\n"
        f"@wf.step\ndef price(order) -> int:\n    return order.total + total(order)\n{_FLOW}",
        f"{_HEAD}@wf.step\ndef price(order) -> int:\n    return order.total if hasattr(order, 'total') else 0\n{_FLOW}",
        f"{_HEAD}@wf.step\ndef load(id: str) -> Order:\n    return Order(total=len(id))\n\n"
        "@wf.workflow\nasync def buy(id: str) -> int:\n    order = await load(id)\n    return order.total\n",
        f"{_HEAD}@wf.step\ndef load(id: str):\n    return Order(total=len(id))\n\n"
        "@wf.workflow\nasync def buy(id: str) -> int:\n    order = await load(id)\n"
        "    return order.total + Order(total=1).total\n",
        f"{_HEAD}@wf.step\ndef load(id: str):\n    return Order(total=len(id))\n\n"
        "@wf.workflow\nasync def buy(id: str) -> int:\n    order = await load(id)\n    return order['total']\n",
        f"{_HEAD}@wf.step\ndef load(id: str):\n    return Order(total=len(id))\n\n"
        "@wf.step\ndef show(order: Order): ...\n\n"
        "@wf.workflow\nasync def buy(id: str):\n    order = await load(id)\n    await show(order)\n"
        "    return order.total\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per parameter and per result."""
        reachable = Reachable(context)
        for call in context.durable_calls:
            if call.recorded and call.definition is not None and call.reached is not None:
                yield from self._parameters(context, reachable, call, call.reached)
                yield from self._result(context, reachable, call, call.reached)

    def _parameters(
        self, context: Context, reachable: Reachable, call: DurableCall, reached: Reached
    ) -> Iterator[Diagnostic]:
        definition = call.definition
        assert definition is not None, "others are not asked about"
        callee = context.program.modules[definition.module]
        for parameter, argument in call.given():
            if parameter is None or not isinstance(context.types.of(callee, parameter.annotation), Anything):
                continue
            use = _use_in(callee, definition.node, parameter.arg)
            cls = _class_of(context, call.module, argument) if use is not None else None
            if cls is None or use is None or reachable.may_hold(definition, cls.dotted):
                continue
            if parameter in (definition.node.args.vararg, definition.node.args.kwarg):
                continue
            yield self._report(
                cls,
                f"parameter `{parameter.arg}` of `{definition.name}`",
                callee.source.span(parameter),
                (
                    Note(callee.source.span(use), f"a dict has no `{use.attr}`"),
                    Note(call.module.source.span(argument), f"given {_a(cls)} here"),
                ),
                f"annotate it: `{parameter.arg}: {cls.node.name}`",
                reached,
            )

    def _result(
        self, context: Context, reachable: Reachable, call: DurableCall, reached: Reached
    ) -> Iterator[Diagnostic]:
        definition = call.definition
        if definition is None or not context.is_step(definition.dotted) or not is_bare(context, definition):
            return
        module = context.program.modules[definition.module]
        if not isinstance(context.types.of(module, definition.node.returns), Anything):
            return
        use = _use_of_result(call, reached)
        returned = _returned(context, module, definition) if use is not None else None
        root = _root(context, reached)
        if use is None or returned is None or root is None or reachable.may_hold(root, returned.cls.dotted):
            return
        yield self._report(
            returned.cls,
            f"the result of `{definition.name}`",
            module.source.name_span(definition.node),
            (
                Note(module.source.span(returned.node), f"returns {_a(returned.cls)}"),
                Note(call.module.source.span(use), f"a dict has no `{use.attr}`"),
            ),
            f"annotate it: `-> {returned.cls.node.name}`",
            reached,
        )

    def _report(
        self, cls: OwnClass, what: str, span: Span, notes: tuple[Note, ...], help_text: str, reached: Reached
    ) -> Diagnostic:
        return Diagnostic(
            self.code,
            f"{what} is {_a(cls)}, and arrives as a dict",
            span,
            label="says nothing about its class, which isn't there when it is read",
            secondary=notes,
            help=help_text,
            workflow=reached.root,
            chain=reached.chain,
        )


@dataclass(frozen=True)
class _Returned:
    node: ast.expr
    cls: OwnClass


def _class_of(context: Context, module: Module, expr: ast.expr) -> OwnClass | None:
    """Return the class of the project that an expression is certainly an instance of, one that is kept by fields."""
    type = context.expressions.type_of(module, expr, own_parameters=True)
    if not isinstance(type, Own) or context.types.kind(type) not in _OF_FIELDS:
        return None
    return type.cls


def _returned(context: Context, module: Module, definition: StepDef | WorkflowDef) -> _Returned | None:
    """Return what a function without annotation returns, where all its `return`s agree."""
    values = [
        statement.value
        for statement in own_statements(definition.node)
        if isinstance(statement, ast.Return) and statement.value is not None
    ]
    found = [_class_of(context, module, value) for value in values]
    if not found or found[0] is None or any(cls is not found[0] for cls in found):
        return None
    return _Returned(values[0], found[0])


def _root(context: Context, reached: Reached) -> WorkflowDef | None:
    return next((workflow for workflow in context.program.workflows if workflow.id == reached.root), None)


def _use_in(module: Module, function: FunctionNode, name: str) -> ast.Attribute | None:
    """Return the first use of a parameter as no dict can be used; None where the function asks what it is."""
    scope = module.scope_inside(function)
    if len(scope.bindings.get(name, ())) != 1:
        return None
    return _first_use(scope, name, [node for statement in function.body for node in ast.walk(statement)])


def _use_of_result(call: DurableCall, reached: Reached) -> ast.Attribute | None:
    """Return the first use of an awaited result as no dict can be used."""
    parents = reached.function.parents
    awaited = parents.get(call.node)
    around = parents.get(awaited) if isinstance(awaited, ast.Await) else None
    match around:
        case ast.Attribute() if around.attr not in dir(dict):
            return around
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            if isinstance(around, ast.AnnAssign):
                return None  # the annotation is in the route, and its class with it
            scope = call.module.scope_of(target).owner(target.id)
            if scope is None or len(scope.bindings[target.id]) != 1:
                return None
            if scope.bindings[target.id][0].kind is not BindingKind.ASSIGNMENT:
                return None
            return _first_use(scope, target.id, list(reached.function.body_nodes()))
    return None


def _first_use(scope: Scope, name: str, nodes: list[ast.AST]) -> ast.Attribute | None:
    """Return the first attribute that is asked of a variable and that no dict has."""
    uses = {use for inner in scope.walk() if inner.owner(name) is scope for use in inner.uses.get(name, ())}
    found = None
    for node in nodes:
        if isinstance(node, ast.MatchClass) or (_asks(node) and not uses.isdisjoint(ast.iter_child_nodes(node))):
            return None
        if isinstance(node, ast.Attribute) and node.value in uses and node.attr not in dir(dict):
            found = found or node
    return found


def _asks(node: ast.AST) -> bool:
    """Say whether a call asks what its arguments are."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _ASKING


def _a(cls: OwnClass) -> str:
    name = cls.node.name
    return f"{'an' if name[:1] in 'AEIOU' else 'a'} `{name}`"
