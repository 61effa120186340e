"""What runs in one frame, and where in it workflow code waits.

    try:
        await charge()              waits: a step
        await asyncio.sleep(0)      doesn't: it only yields
        later = lambda: ship()      a frame of its own
    finally: ...

In: a reached function and some of its statements. Out: the nodes that run with them; those at which the run may be put
aside, or be cancelled.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..binder import Module, ScopeKind
from ..callgraph import Call, Reached
from ..diagnostics import Span
from ..discover import FunctionNode, fold
from ..project import SourceFile
from ..syntax import children
from .base import Context

Frame = FunctionNode | ast.Lambda
Loop = ast.While | ast.For | ast.AsyncFor
Wait = ast.Await | ast.AsyncFor | ast.AsyncWith | ast.comprehension

_SLEEPS = frozenset({"asyncio.sleep", "wfc.sleep"})
_JOINS = frozenset({"asyncio.gather", "asyncio.shield", "asyncio.wait", "asyncio.wait_for"})
# Coroutine methods of asyncio's own primitives: they wait for what other tasks do.
PRIMITIVES = frozenset(
    {
        f"asyncio.{name}.{method}"
        for name in ("Queue", "PriorityQueue", "LifoQueue")
        for method in ("get", "put", "join")
    }
    | {f"asyncio.{name}.acquire" for name in ("Lock", "Semaphore", "BoundedSemaphore", "Condition")}
    | {"asyncio.Event.wait", "asyncio.Barrier.wait", "asyncio.Condition.wait", "asyncio.Condition.wait_for"}
)


def own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield what runs when these nodes run, in order: not what functions, lambdas and generator expressions hold."""
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.GeneratorExp):
            waiting.append(node.generators[0].iter)
        elif not isinstance(node, Frame):
            waiting.extend(reversed(children(node)))


def ancestors(reached: Reached, node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a node stands in, innermost first, up to the reached function itself."""
    parents = reached.function.parents
    while node in parents:
        node = parents[node]
        yield node


def frame_of(reached: Reached, node: ast.AST) -> ast.AST:
    """Return the innermost function or lambda that a node runs in."""
    return next((found for found in ancestors(reached, node) if isinstance(found, Frame)), reached.function.node)


def local_value(module: Module, name: ast.expr) -> ast.AST | None:
    """Return the function, or the assigned expression, that a local name stands for; None where that isn't certain."""
    if not isinstance(name, ast.Name):
        return None
    known_as = module.name_of(name)
    owner = module.scope_of(name).owner(known_as)
    if owner is None or owner.kind in (ScopeKind.MODULE, ScopeKind.CLASS) or len(owner.bindings[known_as]) != 1:
        return None
    binding = owner.bindings[known_as][0]
    return binding.node if isinstance(binding.node, FunctionNode) else binding.value


def is_zero_sleep(context: Context, reached: Reached, call: ast.Call) -> bool:
    """Say whether a call only yields to other tasks: `asyncio.sleep(0)`."""
    if reached.callees.get(call) not in _SLEEPS or not call.args:
        return False
    folded = fold(context.program.names, reached.function.module, call.args[0])
    return folded is not None and isinstance(folded.value, int | float) and not folded.value


class Waits:
    """Finds where one function waits, functions inside it included."""

    def __init__(self, context: Context, reached: Reached) -> None:
        self._context = context
        self._reached = reached
        self._known: dict[Frame, bool] = {}

    def within(self, nodes: Iterable[ast.AST]) -> Iterator[Wait]:
        """Yield the nodes of these at which the run may be put aside, in order."""
        for node in own_nodes(nodes):
            if isinstance(node, Wait) and self._is_wait(node):
                yield node

    def first(self, nodes: Iterable[ast.AST]) -> Wait | None:
        """Return the first such node."""
        return next(self.within(nodes), None)

    def _is_wait(self, node: Wait) -> bool:
        match node:
            case ast.Await(value=value):
                return self._awaits(value)
            case ast.AsyncFor(iter=source):
                return self._iterates(source)
            case ast.comprehension(is_async=1, iter=source):
                return self._iterates(source)
            case ast.AsyncWith(items=items):
                return any(self._enters(item.context_expr) for item in items)
        return False

    def _awaits(self, value: ast.expr) -> bool:
        pending = [value]
        while pending:
            match pending.pop():
                case ast.Call() as call if self.is_wait(call):
                    return True
                case ast.Name() | ast.Attribute() | ast.Subscript():
                    return True  # a task, a hook, a coroutine: what else can be awaited in a workflow
                case ast.IfExp(body=body, orelse=orelse):
                    pending += [body, orelse]
                case ast.NamedExpr(value=inner):
                    pending.append(inner)
                case ast.BoolOp(values=values):
                    pending += values
        return False

    def is_wait(self, call: ast.Call) -> bool:
        """Say whether what a call gives, or is given to await, waits durably when it is awaited or iterated."""
        return any(isinstance(node, ast.Call) and self._is_direct_wait(node) for node in own_nodes([call]))

    def _is_direct_wait(self, call: ast.Call) -> bool:
        callee = self._reached.callees.get(call)
        if callee in _JOINS or callee in PRIMITIVES:
            return True
        if callee is None and self._runs_waiting(local_value(self._reached.function.module, call.func)):
            return True
        known = Call(call, callee)
        return self._context.functions.waits(known) and not is_zero_sleep(self._context, self._reached, call)

    def _runs_waiting(self, function: ast.AST | None) -> bool:
        """Say whether a function that is defined inside this one waits, itself or through others like it."""
        if not isinstance(function, Frame):
            return False
        if function not in self._known:
            self._known[function] = False  # what it is as long as it is being asked
            self._known[function] = any(self.first(body) is not None for body in self._bodies(function))
        return self._known[function]

    def _bodies(self, function: Frame) -> Iterator[Sequence[ast.AST]]:
        """Yield what runs in a function, and in those inside the reached one that it awaits."""
        seen: set[Frame] = set()
        pending = [function]
        while pending:
            current = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            body = [ast.Await(value=current.body)] if isinstance(current, ast.Lambda) else current.body
            yield body
            for node in own_nodes(body):
                if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
                    called = local_value(self._reached.function.module, node.value.func)
                    pending += [called] if isinstance(called, Frame) else []

    def _iterates(self, source: ast.expr) -> bool:
        if isinstance(source, ast.Name):
            value = local_value(self._reached.function.module, source)
            return isinstance(value, ast.Call) and self.is_wait(value)
        return isinstance(source, ast.Call) and self.is_wait(source)

    def _enters(self, manager: ast.expr) -> bool:
        if not isinstance(manager, ast.Call):
            return False
        callee = self._reached.callees.get(manager)
        if callee in ("asyncio.timeout", "asyncio.timeout_at"):
            return False
        return callee == "asyncio.TaskGroup" or self.is_wait(manager)


def shown(wait: Wait) -> ast.expr:
    """Return the expression that is waited for."""
    match wait:
        case ast.AsyncWith(items=[item, *_]):
            return item.context_expr
        case ast.AsyncFor(iter=iterated) | ast.comprehension(iter=iterated):
            return iterated
    assert isinstance(wait, ast.Await)
    return wait


def header(source: SourceFile, node: ast.ExceptHandler | Loop) -> Span:
    """Return where the first line of a handler or loop stands, up to its colon: not its body."""
    whole = source.span(node)
    match node:
        case ast.While(test=last) | ast.For(iter=last) | ast.AsyncFor(iter=last):
            end = source.span(last)
        case ast.ExceptHandler(type=last) if last is not None:
            end = source.span(last)
        case _:
            return replace(whole, end_line=whole.line, end_column=whole.column + len("except"))
    return replace(whole, end_line=end.end_line, end_column=end.end_column)
