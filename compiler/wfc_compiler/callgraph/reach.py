"""Which functions run in workflows and which in steps, followed breadth first.

A function that is only mentioned (`sorted(xs, key=rank)`) counts as called. A workflow's own calls
stop at steps; a step's calls go into other steps, which run inline there. A call that can't be
resolved is counted, never an error.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator

from ..binder import Module, ScopeKind
from ..diagnostics import Hop
from ..discover import Program, StepDef, WorkflowDef
from .receivers import Receivers
from .values import Call, CallGraph, Function, Reached

_Waiting = tuple[Function, str, tuple[Hop, ...]]


def build_call_graph(program: Program) -> CallGraph:
    """Follow the calls of every workflow and every step."""
    receivers = Receivers(program)
    steps = set(program.step_by_name)
    workflows = set(program.workflow_by_name)
    flow = tuple(_follow(program.workflows, program, receivers, stop=steps))
    step = tuple(_follow(program.steps, program, receivers, stop=workflows))
    unresolved = sum(
        1
        for reached in flow
        for call in reached.calls
        if call.callee is None and not _is_local(reached.function.module, call.node.func)
    )
    return CallGraph(flow, step, unresolved)


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
        yield Reached(function, root, chain, calls)
        for dotted, node in mentioned:
            if dotted in stop:
                continue
            hop = Hop(function.module.source.span(node), function.node.name)
            for target in receivers.functions_at(dotted):
                if target.node not in seen:
                    seen.add(target.node)
                    waiting.append((target, root, (*chain, hop)))


def _references(function: Function, receivers: Receivers) -> tuple[tuple[Call, ...], list[tuple[str, ast.expr]]]:
    """Return the calls of a function, and everything it mentions with the place to show."""
    calls: list[Call] = []
    mentioned: list[tuple[str, ast.expr]] = []
    inner: set[ast.AST] = set()
    for node in function.body_nodes():
        if isinstance(node, ast.Call):
            callee = receivers.resolve(function.module, node.func)
            calls.append(Call(node, callee))
            inner.add(node.func)
            if callee is not None:
                mentioned.append((callee, node))
            if isinstance(node.func, ast.Attribute):
                inner.add(node.func.value)
        elif isinstance(node, ast.Name | ast.Attribute):
            if node in inner:
                if isinstance(node, ast.Attribute):
                    inner.add(node.value)
                continue
            if isinstance(node, ast.Attribute):
                inner.add(node.value)
            dotted = receivers.resolve(function.module, node)
            if dotted is not None:
                mentioned.append((dotted, node))
    return tuple(calls), mentioned


def _is_local(module: Module, func: ast.expr) -> bool:
    """Say whether a function defined inside the caller is called: its body was looked at."""
    if not isinstance(func, ast.Name):
        return False
    name = module.name_of(func)
    owner = module.scope_of(func).owner(name)
    if owner is None or owner.kind is ScopeKind.MODULE:
        return False
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return all(isinstance(binding.node, kinds) for binding in owner.bindings[name])
