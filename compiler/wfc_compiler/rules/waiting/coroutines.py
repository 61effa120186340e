"""What a call gives that somebody has to await: a step, a sleep, a hook, any other coroutine, a future.

    charge(1)                                       "step"
    later = functools.partial(charge, 1); later()   "step"
    helper()                                        "coroutine", where `helper` is an `async def` without decorators
    asyncio.gather(charge(1), charge(2))            "future": what it waits for runs, awaited or not

In: a call in a reached function. Out: a word for what it gives, None where that can't be told.
"""

from __future__ import annotations

import ast

from ...binder import Module
from ...callgraph import Function, Reached
from ...discover import FunctionNode
from ..base import Context
from ..frames import PRIMITIVES, local_value, own_nodes

_COROUTINES = PRIMITIVES | {
    "asyncio.sleep",
    "asyncio.wait",
    "asyncio.wait_for",
    "wfc.start",
    "wfc.set_attributes",
    "wfc.remove_attributes",
}
# Decorators that leave a coroutine function what it is.
_PLAIN = frozenset({"builtins.staticmethod", "builtins.classmethod", "typing.final", "typing.override"})
_FUTURES = frozenset({"asyncio.gather", "asyncio.shield"})
TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task"})
_DEEPEST = 6


class Coroutines:
    """Answers for one program; each function is looked at once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[str, str | None] = {}

    def given_by(self, reached: Reached, call: ast.Call) -> str | None:
        """Return what a call in a reached function gives."""
        return self._given(reached.function.module, call.func, reached.callees.get(call), 0)

    def given_in(self, module: Module, call: ast.Call, depth: int = 0) -> str | None:
        """Return what a call gives that stands anywhere in a module."""
        if depth > _DEEPEST:
            return None
        return self._given(module, call.func, self._context.receivers.resolve(module, call.func), depth)

    def of_callable(self, module: Module, expr: ast.expr) -> str | None:
        """Return what an expression gives once it is called: `charge` as it stands, a lambda, a partial."""
        if isinstance(expr, ast.Lambda):
            return self._returned(module, expr, 0)
        return self._given(module, expr, self._context.receivers.resolve(module, expr), 0)

    def _given(self, module: Module, func: ast.expr, callee: str | None, depth: int) -> str | None:
        if callee is None:
            return self._of_value(module, local_value(module, func), depth)
        if callee not in self._known:
            self._known[callee] = None  # what it is as long as it is being asked
            self._known[callee] = self._named(callee) or self._first_party(callee, depth)
        return self._known[callee]

    def _named(self, callee: str) -> str | None:
        context = self._context
        if context.is_step(callee):
            return "step"
        if context.is_workflow(callee):
            return "workflow"
        if callee == "wfc.sleep":
            return "sleep"
        if callee in _COROUTINES:
            return "coroutine"
        if callee in _FUTURES:
            return "future"
        return "hook" if context.hook_method(callee, "wait") else None

    def _first_party(self, callee: str, depth: int) -> str | None:
        context = self._context
        if not context.program.names.is_first_party(callee):
            return None
        functions = [found for found in context.receivers.functions_at(callee) if found.dotted == callee]
        if functions:
            given = {self._of_function(function, depth) for function in functions}
            return given.pop() if len(given) == 1 else None
        definition = context.program.names.definition(callee)
        if definition is None or definition.rest or len(definition.bindings) != 1:
            return None
        return self._of_value(definition.module, definition.bindings[0].value, depth)

    def _of_function(self, function: Function, depth: int) -> str | None:
        return self._of_value(function.module, function.node, depth)

    def _of_value(self, module: Module, value: ast.AST | None, depth: int) -> str | None:
        """Return what a function, or what a variable holds, gives when it is called."""
        match value:
            case ast.AsyncFunctionDef() if self._is_plain(module, value):
                return None if _yields(value) else "coroutine"
            case ast.FunctionDef() if self._is_plain(module, value):
                return self._returned(module, value, depth)
            case ast.Lambda():
                return self._returned(module, value, depth)
            case ast.Call(func=func, args=[first, *_]):
                if self._context.receivers.resolve(module, func) == "functools.partial" and depth < _DEEPEST:
                    return self._given(module, first, self._context.receivers.resolve(module, first), depth + 1)
        return None

    def _is_plain(self, module: Module, function: FunctionNode) -> bool:
        names = self._context.program.names
        return all(names.canonical(module, decorator) in _PLAIN for decorator in function.decorator_list)

    def _returned(self, module: Module, function: ast.FunctionDef | ast.Lambda, depth: int) -> str | None:
        """Return what a function that isn't a coroutine function returns, where that is one call."""
        if isinstance(function, ast.Lambda):
            returned: ast.expr | None = function.body
        else:
            returns = [node for node in own_nodes(function.body) if isinstance(node, ast.Return)]
            returned = returns[0].value if len(returns) == 1 and not _yields(function) else None
        return self.given_in(module, returned, depth + 1) if isinstance(returned, ast.Call) else None


def _yields(function: FunctionNode) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function.body))
