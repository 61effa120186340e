"""Follow values through workflow code, from where they get uncertain to where that does harm.

    Provenance(context).meetings()       a Meeting for each mark that reaches an argument, branch, token or result

Each function is followed once. What it does with its parameters is a summary, which its callers fill in: `summaries`.
A meeting belongs to the function in which cause and goal come together without a condition, so that the route of its
workflow holds all that the finding rests on.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ...binder import Module
from ...callgraph import Function, Reached
from ...diagnostics import Hop
from ...discover import FunctionNode
from ...syntax import WALK_LIMIT, all_parameters, recursion_limit
from ..base import Context
from ..functions import is_durable
from .annotations import described
from .classes import attribute_of, has_plain_text, owner_of
from .statements import Statements
from .summaries import NOTHING, Goal, Sink, Summary, merged, of_parameter
from .values import UNKNOWN, Cause, Mark, Value

_Routine = FunctionNode | ast.Lambda


@dataclass(frozen=True)
class Meeting:
    """A cause that reaches a goal, and the function in which that is so whatever its callers do."""

    provenance: Provenance
    reached: Reached
    mark: Mark
    sink: Sink

    @property
    def cause(self) -> Cause:
        """Return what reaches the goal."""
        return self.mark.cause

    def chain_to(self, home: ast.AST | None) -> tuple[Hop, ...]:
        """Return the calls that lead from the workflow, by way of the function, to the one that a place is in."""
        return (*self.reached.chain, *self.provenance.way(self.reached, home))


@dataclass(frozen=True)
class Body:
    """What is known of a function before it is followed.

    `home` is its node, None for a module. `callees` are what its calls resolve to; `places` the durable calls in it,
    and `durable` the nodes that hold one; `singles` the names that are checked to hold one thing, as in
    `if len(currencies) != 1`.
    """

    module: Module
    home: ast.AST | None
    callees: Mapping[ast.Call, str | None]
    places: tuple[ast.expr, ...]
    durable: frozenset[ast.AST]
    singles: frozenset[str]

    @cached_property
    def last(self) -> int:
        """Return the line of the last durable call, 0 where there is none."""
        return max((place.lineno for place in self.places), default=0)

    def has_several(self, node: ast.stmt) -> bool:
        """Say whether a statement holds more than one durable call: where there is one, no order of it is wrong."""
        inside = (place for place in self.places if node.lineno <= place.lineno <= (node.end_lineno or 0))
        return len(set(inside)) > 1


class Provenance:
    """What comes together in workflow code. `found` marks expressions, and module variables by dotted name."""

    def __init__(self, context: Context, found: Mapping[ast.AST | str, Mark] | None = None) -> None:
        self.context = context
        self.found = found or {}
        self._reached = {reached.function.node: reached for reached in context.graph.flow}
        self._summaries: dict[ast.AST, Summary] = {}
        self._variables: dict[str, Value] = {}
        self._addresses: dict[str, bool] = {"": False}
        self._attributes: dict[tuple[str, str], Value] = {}

    def meetings(self) -> Iterator[Meeting]:
        """Yield what comes together, in the order of the call graph; a cause may reach several goals."""
        for reached in self.context.graph.flow:
            for sink in self.summary(reached.function).sinks:
                if sink.goal is Goal.RESULT and not self._is_workflow(reached):
                    continue
                for mark in sorted(sink.marks, key=_place_of):
                    if not mark.cause.parameter:
                        yield Meeting(self, reached, mark, sink)

    def way(self, start: Reached, home: ast.AST | None) -> tuple[Hop, ...]:
        """Return the shortest chain of calls from one function to another, nothing where none leads there."""
        ways: dict[str, tuple[Hop, ...]] = {start.function.dotted: ()}
        waiting = deque([start] if home is not None else [])
        while waiting:
            reached = waiting.popleft()
            way = ways[reached.function.dotted]
            if reached.function.node is home:
                return way
            for lead in reached.leads:
                for function in self.context.receivers.functions_at(lead.to):
                    after = self._reached.get(function.node)
                    if after is not None and function.dotted not in ways:
                        span = reached.function.module.source.span(lead.node)
                        ways[function.dotted] = (*way, Hop(span, reached.function.node.name))
                        waiting.append(after)
        return ()

    def summary(self, function: Function) -> Summary:
        """Return what a function of the project does with what it is passed."""
        node = function.node
        reached = self._reached.get(node)
        if reached is None:
            return NOTHING
        if node not in self._summaries:
            self._summaries[node] = NOTHING  # what it is as long as it is being asked: it calls itself
            with recursion_limit(WALK_LIMIT):
                self._summaries[node] = self.follow(_body_of(self.context, reached), node, {}, owner_of(function))
        return self._summaries[node]

    def follow(self, body: Body, node: _Routine, variables: Mapping[str, Value], owner: str = "") -> Summary:
        """Follow a method of a class, a function, or one inside it, with the variables around it."""
        scope = {**variables, **dict(self._parameters(body.module, node, owner))}
        state = Statements(self, body, scope)
        returned = state.run(node)
        is_async = isinstance(node, ast.AsyncFunctionDef) and not state.yields
        return Summary(node.args, tuple(merged(state.sinks)), returned, is_async)

    def variable(self, dotted: str) -> Value:
        """Return what a module variable is, by what binds it."""
        known = self._variables.get(dotted)
        if known is None:
            self._variables[dotted] = UNKNOWN  # what it is as long as it is being asked
            known = self._variables[dotted] = self._variable(dotted)
        return known

    def shows_address(self, kind: str) -> bool:
        """Say whether the text of such an object is an address: nothing in its class says what else."""
        if kind not in self._addresses:
            self._addresses[kind] = kind == "builtins.object" or has_plain_text(self.context.program.names, kind)
        return self._addresses[kind]

    def attribute(self, owner: str, name: str) -> Value:
        """Return what an attribute of a first-party class is, by its annotation or by what is assigned to it."""
        key = (owner, name)
        if key not in self._attributes:
            self._attributes[key] = attribute_of(self.context.program.names, owner, name)
        return self._attributes[key]

    @cached_property
    def _roots(self) -> frozenset[ast.AST]:
        return frozenset(workflow.node for workflow in self.context.program.workflows)

    def _is_workflow(self, reached: Reached) -> bool:
        return reached.function.node in self._roots

    def _variable(self, dotted: str) -> Value:
        names = self.context.program.names
        definition = names.definition(dotted)
        if definition is None or definition.rest:
            inside = definition is not None and len(definition.rest) == 1
            return self.attribute(definition.dotted, definition.rest[0]) if definition and inside else UNKNOWN
        module, bindings = definition.module, definition.bindings
        binding = bindings[-1]
        mark = self.found.get(dotted)
        value = described(names, module, binding.annotation)
        if binding.value is not None and len(bindings) == 1 and not isinstance(binding.value, ast.Constant):
            body = Body(module, None, {}, (), frozenset(), frozenset())
            with recursion_limit(WALK_LIMIT):
                made = Statements(self, body, {}).evaluate(binding.value)
            value = made if value == UNKNOWN else replace(value, own=made.own)
        return value.marked({mark}) if mark is not None else value

    def _parameters(self, module: Module, node: _Routine, owner: str) -> Iterator[tuple[str, Value]]:
        names = self.context.program.names
        for index, argument in enumerate(all_parameters(node.args)):
            known = described(names, module, argument.annotation)
            if owner and index == 0:
                known = Value(kind=owner)
            yield argument.arg, of_parameter(module, argument, known, is_open=known == UNKNOWN)


def _place_of(mark: Mark) -> tuple[object, ...]:
    node = mark.cause.node
    return mark.cause.module.name, node.lineno, node.col_offset, mark.cause.kind.name, mark.form.name


def _body_of(context: Context, reached: Reached) -> Body:
    function = reached.function
    places = _durable_places(context, reached)
    durable: set[ast.AST] = set()
    for place in places:
        node: ast.AST | None = place
        while node is not None and node not in durable:
            durable.add(node)
            node = function.parents.get(node)
    return Body(
        function.module,
        function.node,
        {call.node: call.callee for call in reached.calls},
        tuple(places),
        frozenset(durable),
        frozenset(_singles(function)),
    )


def _durable_places(context: Context, reached: Reached) -> list[ast.expr]:
    functions = context.functions
    found: list[ast.expr] = [call.node for call in reached.calls if functions.waits(call)]
    found += [lead.node for lead in reached.leads if is_durable(context, lead.to) or functions.may_wait(lead.to)]
    return found


def _singles(function: Function) -> Iterator[str]:
    """Yield the names whose length is compared with one."""
    for compare in function.of_type(ast.Compare):
        sides = (compare.left, *compare.comparators)
        if any(isinstance(side, ast.Constant) and side.value == 1 for side in sides):
            for side in sides:
                match side:
                    case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
                        yield name
