"""Durable calls whose coroutine nothing ever runs: WFC302.

charge(1)            the coroutine is dropped: a finding, with a fix
await charge(1)      fine, as are tasks, `gather` and whatever may await it later
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...binder import BindingKind, ScopeKind
from ...callgraph import Call, Reached
from ...diagnostics import Diagnostic, Edit, Fix, Span
from ..base import Context, Rule
from ..scaffold import in_flow

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

_VALUE_CALLS = frozenset(
    {
        "wfc.sleep",
        "builtins.str",
        "builtins.int",
        "builtins.float",
        "builtins.bool",
        "builtins.len",
        "builtins.print",
    }
)


_COROUTINE_METHODS = frozenset({"__await__", "send", "close", "throw"})
# Coroutine functions of asyncio itself. `gather` is not one: what it is given runs, awaited or not.
_ASYNCIO_WAITS = frozenset({"asyncio.sleep", "asyncio.wait", "asyncio.wait_for"})


class NeverAwaited(Rule):
    """A step, sleep or child workflow is called but never awaited, so it never runs.

    Why: Calling gives a coroutine and starts nothing: the run ends without the step, and without an error. A hook
    that is only created, `Answer.wait(...)` as a statement of its own, waits for nothing either.

    Fix: `await` it, or hand it to `asyncio.gather`, `create_task` or a TaskGroup. `wfc check --fix` puts an `await`
    before a call that is a statement of its own.

    Suppress: Where the coroutine reaches something that awaits it in a way that can't be seen here.
    """

    code = "WFC302"
    bad = (
        in_flow("charge()"),
        in_flow("workflow.sleep(5)"),
        "import asyncio\n" + in_flow("asyncio.sleep(5)"),
        in_flow("Answer.wait(token=name)"),
        in_flow("receipt = charge()\n    return 1"),
        in_flow("receipt = charge()\n    await workflow.sleep(5)\n    return {'r': receipt}"),
        in_flow("if charge(): return 1"),
        in_flow("receipt = charge()\n    return receipt['id']"),
        in_flow("return charge()"),
        in_flow("return f'{charge()}'"),
    )
    good = (
        in_flow("return await charge()"),
        in_flow("import asyncio\n    return await asyncio.gather(charge(), charge())"),
        in_flow("import asyncio\n    task = asyncio.create_task(charge())\n    return await task"),
        in_flow("receipt = charge()\n    return await receipt"),
        in_flow("class Later:\n        def __await__(self): return charge().__await__()\n    return await Later()"),
        in_flow("todo = [charge(i) for i in range(3)]\n    return [await t for t in todo]"),
        in_flow("hook = Answer.wait(token=name)\n    return (await hook).yes"),
        in_flow("async for answer in Answer.wait(token=name):\n        return answer.yes"),
        "import asyncio\n" + in_flow("todo = set()\n    todo.add(charge())\n    await asyncio.wait(todo)"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per durable call whose coroutine nothing can run."""
        for reached in context.graph.flow:
            for call in reached.calls:
                what = _durable_kind(context, call)
                if what is None:
                    continue
                if what == "hook":
                    wrong = isinstance(reached.function.parents.get(call.node), ast.Expr)
                else:
                    wrong = _is_lost(context, reached, call.node)
                if wrong:
                    yield self._report(reached, call, what)

    def _report(self, reached: Reached, call: Call, what: str) -> Diagnostic:
        source = reached.function.module.source
        span = source.span(call.node)
        shown = source.text_of(call.node.func)
        statement = isinstance(reached.function.parents.get(call.node), ast.Expr)
        fix = None
        if statement and what != "hook" and _is_in_async(reached, call.node):
            before = Span(span.path, span.line, span.column, span.line, span.column)
            fix = Fix("await it", (Edit(before, "await "),))
        if what == "hook":
            return Diagnostic(
                self.code,
                f"hook `{shown}(...)` is created and never awaited",
                span,
                label="waits for nothing",
                help=f"write `event = await {shown}(...)`, or `async for event in {shown}(...):`",
                workflow=reached.root,
                chain=reached.chain,
            )
        return Diagnostic(
            self.code,
            f"{what} `{shown}(...)` is never awaited",
            span,
            label="gives a coroutine and runs nothing",
            help=f"write `await {shown}(...)`",
            workflow=reached.root,
            chain=reached.chain,
            fix=fix,
        )


def _durable_kind(context: Context, call: Call) -> str | None:
    if context.is_step(call.callee):
        return "step"
    if context.is_workflow(call.callee):
        return "workflow"
    if call.callee == "wfc.sleep" or call.callee in _ASYNCIO_WAITS:
        return "sleep"
    return "hook" if context.hook_method(call.callee, "wait") else None


def _is_in_async(reached: Reached, node: ast.AST) -> bool:
    return isinstance(_function_around(reached, node), ast.AsyncFunctionDef)


def _function_around(reached: Reached, node: ast.AST) -> ast.AST:
    parents = reached.function.parents
    while node in parents:
        node = parents[node]
        if isinstance(node, _FUNCTIONS):
            return node
    return reached.function.node


def _is_lost(context: Context, reached: Reached, node: ast.expr) -> bool:
    """Say whether nothing can ever run the coroutine that an expression gives.

    Only what is certain counts: once it is handed to anything that might await it, it is not lost.
    """
    parents = reached.function.parents
    parent = parents.get(node)
    match parent:
        case ast.Expr():
            return True
        case ast.Attribute() | ast.Subscript() | ast.Compare() | ast.UnaryOp() | ast.BinOp():
            # `hooks[step()]` or `step().x`: a coroutine has none of these.
            return not isinstance(parent, ast.Attribute) or parent.attr not in _COROUTINE_METHODS
        case ast.FormattedValue():
            return True
        case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
            return parent.test is node
        case ast.For():
            return parent.iter is node
        case ast.keyword() | ast.Call():
            call = parents.get(parent) if isinstance(parent, ast.keyword) else parent
            return isinstance(call, ast.Call) and call.func is not node and _takes_values(context, reached, call)
        case ast.Return():
            return _function_around(reached, node) is reached.function.node and reached.is_root
        case ast.Dict() | ast.List() | ast.Tuple():
            outer = parents.get(parent)
            return isinstance(outer, ast.Return | ast.Dict | ast.List | ast.Tuple) and _is_returned(reached, parent)
        case ast.Assign(targets=[ast.Name() as name]) | ast.AnnAssign(target=ast.Name() as name):
            return _variable_is_lost(context, reached, name)
        case _:
            return False


def _is_returned(reached: Reached, node: ast.AST) -> bool:
    parents = reached.function.parents
    while isinstance(node, ast.Dict | ast.List | ast.Tuple):
        node = parents[node]
    inside = _function_around(reached, node) is reached.function.node
    return isinstance(node, ast.Return) and inside and reached.is_root


def _takes_values(context: Context, reached: Reached, call: ast.Call) -> bool:
    """Say whether a call needs values: a step or `sleep` records its arguments, `str` or `len` looks at them."""
    callee = context.receivers.resolve(reached.function.module, call.func)
    return context.is_step(callee) or callee in _VALUE_CALLS


def _variable_is_lost(context: Context, reached: Reached, name: ast.Name) -> bool:
    module = reached.function.module
    known_as = module.name_of(name)
    owner = module.scope_of(name).owner(known_as)
    if owner is None or owner.kind is not ScopeKind.FUNCTION:
        return False
    if len(owner.bindings[known_as]) != 1 or owner.bindings[known_as][0].kind is not BindingKind.ASSIGNMENT:
        return False
    uses = [
        use
        for scope in owner.walk()
        if scope.owner(known_as) is owner
        for use in scope.uses.get(known_as, ())
        if isinstance(use, ast.Name) and isinstance(use.ctx, ast.Load)
    ]
    # A coroutine that is looked at before it is handed on is not lost: all uses must be wrong.
    return all(use in reached.function.parents and _is_lost(context, reached, use) for use in uses)
