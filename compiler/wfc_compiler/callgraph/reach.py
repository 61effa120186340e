"""Which functions run in workflows and which in steps, followed breadth first.

A function that is only mentioned (`sorted(xs, key=rank)`) counts as called. A workflow's own calls
stop at steps; a step's calls go into other steps, which run inline there. A call that can't be
resolved is counted, never an error.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Collection, Iterable, Iterator

from ..binder import Module, ScopeKind
from ..diagnostics import Hop
from ..discover import Program, StepDef, WorkflowDef
from .receivers import Receivers
from .values import Call, CallGraph, Function, Lead, Reached

_Waiting = tuple[Function, str, tuple[Hop, ...]]


def build_call_graph(program: Program, only: Collection[str] | None = None) -> CallGraph:
    """Follow the calls of every workflow and every step, or of those whose ids are in `only`."""
    receivers = Receivers(program)
    steps = set(program.step_by_name)
    workflows = set(program.workflow_by_name)
    flow_roots = [item for item in program.workflows if only is None or item.id in only]
    step_roots = [item for item in program.steps if only is None or item.id in only]
    flow = tuple(_follow(flow_roots, program, receivers, stop=steps))
    step = tuple(_follow(step_roots, program, receivers, stop=workflows))
    return CallGraph(
        flow, step, {reached.function.dotted: len(found) for reached in flow if (found := unresolved_calls(reached))}
    )


def unresolved_calls(reached: Reached) -> list[Call]:
    """Return the calls of a function of which can't be told what they call."""
    module = reached.function.module
    return [call for call in reached.calls if call.callee is None and not _is_local(module, call.node.func)]


def _follow(
    roots: Iterable[WorkflowDef | StepDef],
    program: Program,
    receivers: Receivers,
    stop: set[str],
) -> Iterator[Reached]:
    waiting: deque[_Waiting] = deque(
        (Function(root.dotted, program.modules[root.module], root.node), root.id, ()) for root in roots
    )
    # Roots are known before anything is followed, so that one called inline is reported as itself.
    seen: set[ast.AST] = {function.node for function, _, _ in waiting}
    while waiting:
        function, root, chain = waiting.popleft()
        calls, mentioned = _references(function, receivers)
        leads: list[Lead] = []
        for dotted, node in mentioned:
            if dotted in stop:
                leads.append(Lead(node, dotted))
                continue
            for target in receivers.functions_at(dotted):
                leads.append(Lead(node, target.dotted))
                if target.node not in seen:
                    seen.add(target.node)
                    hop = Hop(function.module.source.span(node), function.node.name)
                    waiting.append((target, root, (*chain, hop)))
        yield Reached(function, root, chain, calls, tuple(leads))


def _references(function: Function, receivers: Receivers) -> tuple[tuple[Call, ...], list[tuple[str, ast.expr]]]:
    """Return the calls of a function, and everything it mentions with the place to show."""
    module = function.module
    calls: list[Call] = []
    mentioned: list[tuple[str, ast.expr]] = []
    inner: set[ast.AST] = set()
    for node in function.body_nodes():
        if isinstance(node, ast.Call):
            callee = receivers.callee(module, node.func)
            calls.append(Call(node, callee))
            inner.add(node.func)
            if callee is not None:
                mentioned.append((callee, node))
            if isinstance(node.func, ast.Attribute):
                inner.add(node.func.value)
                mentioned += _read_on_the_way(module, receivers, node.func.value)
        elif isinstance(node, ast.Name | ast.Attribute):
            if isinstance(node, ast.Attribute):
                inner.add(node.value)
            if node in inner:
                continue
            dotted = receivers.resolve(module, node)
            if dotted is not None:
                mentioned.append((dotted, node))
            if isinstance(node, ast.Attribute):
                mentioned += _read_on_the_way(module, receivers, node.value)
        elif type(node) in _IMPLICIT:
            mentioned += _called_implicitly(module, receivers, node)
    return tuple(calls), mentioned


# What a statement calls without writing so: the expressions, and the methods of their objects.
_ENTERED = ("__enter__", "__exit__")
_ENTERED_ASYNC = ("__aenter__", "__aexit__")
_IMPLICIT: dict[type[ast.AST], tuple[str, ...]] = {
    ast.With: _ENTERED,
    ast.AsyncWith: _ENTERED_ASYNC,
    ast.For: ("__iter__", "__next__"),
    ast.AsyncFor: ("__aiter__", "__anext__"),
    ast.Await: ("__await__",),
}


def _called_implicitly(module: Module, receivers: Receivers, node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the methods of first-party classes that a `with`, a loop or an `await` calls."""
    match node:
        case ast.With(items=items) | ast.AsyncWith(items=items):
            subjects = [item.context_expr for item in items]
        case ast.For(iter=subject) | ast.AsyncFor(iter=subject) | ast.Await(value=subject):
            subjects = [subject]
        case _:
            subjects = []
    for subject in subjects:
        made = receivers.class_of(module, subject)
        if made is not None and receivers.names.is_first_party(made):
            yield from ((f"{made}.{name}", subject) for name in _IMPLICIT[type(node)])


def _read_on_the_way(module: Module, receivers: Receivers, node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield the properties that a receiver is read through: `client` in `self.client.get()`."""
    while isinstance(node, ast.Attribute):
        dotted = receivers.resolve(module, node)
        definition = receivers.names.definition(dotted) if dotted else None
        if dotted is not None and definition is not None and definition.rest:
            yield dotted, node
        node = node.value


def _is_local(module: Module, func: ast.expr) -> bool:
    """Say whether a function defined inside the caller is called: its body was looked at."""
    if not isinstance(func, ast.Name):
        return False
    name = module.name_of(func)
    owner = module.scope_of(func).owner(name)
    if owner is None or owner.kind is ScopeKind.MODULE:
        return False
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return all(isinstance(binding.node, kinds) for binding in owner.bindings.get(name, ()))
