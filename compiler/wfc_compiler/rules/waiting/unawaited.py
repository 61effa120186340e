"""Durable calls whose coroutine nothing ever runs: WFC302.

charge(1)                       the coroutine is dropped: a finding, with a fix
await charge(1)                 fine, as are tasks, `gather` and whatever may await it later
asyncio.gather(charge(1))       runs, but nothing waits for it
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ...callgraph import Call, Reached
from ...diagnostics import Diagnostic, Edit, Fix, Span
from ..base import Context, Rule
from ..frames import frame_of
from ..scaffold import in_asyncio, in_flow, in_step
from .coroutines import TASKS
from .uses import Use, Uses

_BUILTINS = ["str", "int", "float", "bool", "len", "print", "repr", "format", "sum", "min", "max", "any", "all"]
_VALUE_CALLS = frozenset({"wfc.sleep", "json.dumps", *(f"builtins.{name}" for name in _BUILTINS)})
_COROUTINE_METHODS = frozenset({"__await__", "send", "close", "throw"})
_EACH = "await both sides: `await a() or await b()`"
_ALL = frozenset({"step", "workflow", "sleep", "coroutine", "hook", "future"})
_IN_STEPS = frozenset({"step", "coroutine"})  # what else waits durably is WFC317's there
_STARTERS = frozenset({"asyncio.gather", "asyncio.wait_for", "asyncio.shield"})


@dataclass(frozen=True)
class _Loss:
    """Why a coroutine never runs, for the label, and what to write instead; "" where there is nothing special.

    Of several that are lost in one place, `at`, the first is enough.
    """

    label: str = ""
    help: str = ""
    at: ast.AST | None = None


class NeverAwaited(Rule):
    """A step, sleep or child workflow is called but never awaited, so it never runs.

    Why: Calling gives a coroutine and starts nothing: the run ends without the step, and without an error. The same
    holds for any other `async def` of the project. A hook that is only created, `Answer.wait(...)` as a statement of
    its own, waits for nothing either. `asyncio.gather(...)` does start what it is given, but where nothing awaits it
    the workflow goes on at once: what isn't done when the workflow returns is cancelled (a step that no worker has
    taken by then never runs), and errors are lost.

    Fix: `await` it, or hand it to `asyncio.gather`, `create_task` or a TaskGroup. `wfc check --fix` puts an `await`
    before a call that is a statement of its own.

    Suppress: Where the coroutine reaches something that awaits it in a way that can't be seen here.
    """

    code = "WFC302"
    bad = (
        in_flow("charge()"),
        in_flow("workflow.sleep(5)"),
        in_asyncio("asyncio.sleep(5)"),
        in_flow("Answer.wait(token=name)"),
        in_flow("receipt = charge()\n    return 1"),
        in_flow("receipt = charge()\n    await workflow.sleep(5)\n    return {'r': receipt}"),
        in_flow("if charge(): return 1"),
        in_flow("receipt = charge()\n    return receipt['id']"),
        in_flow("return charge()"),
        in_flow("return f'{charge()}'"),
        in_asyncio("asyncio.gather(charge(1), charge(2))"),
        in_flow("[charge(i) for i in range(3)]"),
        in_flow("charge(1) if name else charge(2)"),
        in_flow("charge(1) or charge(2)"),
        in_flow("return await (charge(1) or charge(2))"),
        in_flow("_ = charge(1)\n    _ = charge(2)"),
        in_asyncio("await asyncio.gather([charge(i) for i in range(3)])"),
        in_asyncio("await asyncio.wait({charge(1), charge(2)})"),
        "import functools\n" + in_flow("once = functools.partial(charge, 1)\n    once()"),
        in_flow("run = lambda: charge()\n    run()"),
        in_flow("async def inner():\n        charge()\n    await inner()"),
        in_flow("async def inner():\n        await charge()\n    inner()"),
        in_flow("return await charge"),
        in_asyncio("return await asyncio.gather(charge, charge(2))"),
        "async def notify(name): ...\n" + in_step("notify(name)"),
        "import asyncio\n" + in_step("asyncio.sleep(1)"),
        in_asyncio("queue: asyncio.Queue[str] = asyncio.Queue()\n    queue.put(name)"),
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
        in_asyncio("todo = set()\n    todo.add(charge())\n    await asyncio.gather(*todo)"),
        in_asyncio("todo = [charge(1)]\n    todo += [charge(2)]\n    await asyncio.gather(*todo)"),
        in_flow("await (charge(1) if name else charge(2))"),
        in_flow("call = None\n    if name: call = charge()\n    return await (call or charge(2))"),
        "import functools\n" + in_flow("once = functools.partial(charge, 1)\n    await once()"),
        in_flow("def later(): return charge()\n    return await later()"),
        in_flow("steps = {'a': charge(1)}\n    return await steps['a']"),
        in_flow("def plain(): ...\n    plain()"),
        "async def notify(name): ...\n" + in_step("await notify(name)"),
        "import asyncio\n\nasync def notify(name): ...\n" + in_step("await asyncio.gather(notify(name))"),
        in_flow("pay = charge\n    return await pay(1)"),
        in_asyncio("both = asyncio.gather(charge(1), charge(2))\n    await charge(3)\n    await both"),
        in_asyncio("both = asyncio.gather(charge(1), charge(2))\n    both.cancel()"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per coroutine that nothing can run, in workflows and in steps."""
        in_flows = {reached.function.node for reached in context.graph.flow}
        for reached in context.graph.flow:
            yield from self._lost(context, reached, _ALL)
            yield from self._uncalled(context, reached)
        for reached in context.graph.step:
            if reached.function.node not in in_flows:
                yield from self._lost(context, reached, _IN_STEPS)

    def _lost(self, context: Context, reached: Reached, kinds: Collection[str]) -> Iterator[Diagnostic]:
        losses = _Losses(context, reached)
        explained: set[ast.AST] = set()
        for call in reached.calls:
            what = context.coroutines.given_by(reached, call.node)
            loss = losses.of(call.node, what) if what in kinds else None
            if what is not None and loss is not None and loss.at not in explained:
                explained.update([loss.at] if loss.at is not None else [])
                yield self._report(reached, call, what, loss)

    def _uncalled(self, context: Context, reached: Reached) -> Iterator[Diagnostic]:
        """Look for `await charge`, and `asyncio.create_task(charge)`, without the parentheses."""
        module = reached.function.module
        for node, where in _awaited_values(reached):
            what = context.coroutines.of_callable(module, node)
            if what is not None:
                shown = module.source.text_of(node)
                yield Diagnostic(
                    self.code,
                    f"{what} `{shown}` is {where} without being called",
                    module.source.span(node),
                    label="fails: only a call of it can be awaited",
                    help=f"write `{shown}(...)`",
                    workflow=reached.root,
                    chain=reached.chain,
                )

    def _report(self, reached: Reached, call: Call, what: str, loss: _Loss) -> Diagnostic:
        source = reached.function.module.source
        shown = source.text_of(call.node.func)
        headline = f"{what} `{shown}(...)` is never awaited"
        label, help_text = "gives a coroutine and runs nothing", f"write `await {shown}(...)`"
        fix = _fix(reached, call.node, source.span(call.node)) if what != "hook" else None
        if what == "hook":
            headline, label = f"hook `{shown}(...)` is created and never awaited", "waits for nothing"
            help_text = f"write `event = await {shown}(...)`, or `async for event in {shown}(...):`"
        elif what == "future":
            headline, label = (
                f"`{shown}(...)` is never awaited",
                "left behind, and cancelled when the workflow returns",
            )
        return Diagnostic(
            self.code,
            headline,
            source.span(call.node),
            label=loss.label or label,
            help=loss.help or help_text,
            workflow=reached.root,
            chain=reached.chain,
            fix=fix,
        )


def _awaited_values(reached: Reached) -> Iterator[tuple[ast.expr, str]]:
    """Yield the names that are awaited, or given to what awaits them, with how."""
    for node in reached.function.of_type(ast.Await):
        if isinstance(node.value, ast.Name | ast.Attribute):
            yield node.value, "awaited"
    for call in reached.calls:
        taken = call.node.args if call.callee == "asyncio.gather" else call.node.args[:1]
        if call.callee in _STARTERS | TASKS | {"asyncio.TaskGroup.create_task"}:
            yield from ((value, "started") for value in taken if isinstance(value, ast.Name | ast.Attribute))


def _fix(reached: Reached, node: ast.Call, span: Span) -> Fix | None:
    """Put an `await` before a call that is a statement of its own."""
    if not isinstance(reached.function.parents.get(node), ast.Expr):
        return None
    if not isinstance(frame_of(reached, node), ast.AsyncFunctionDef):
        return None
    before = Span(span.path, span.line, span.column, span.line, span.column)
    return Fix("await it", (Edit(before, "await "),))


class _Losses:
    """Says of coroutines whether nothing can ever run them. Only what is certain counts: once a coroutine is handed to
    anything that might await it, it is not lost; one that is looked at before it is handed on isn't either.
    """

    def __init__(self, context: Context, reached: Reached) -> None:
        self._context = context
        self._reached = reached
        self._parents = reached.function.parents
        self._uses = Uses(reached)

    def of(self, node: ast.Call, what: str | None) -> _Loss | None:
        """Return how the coroutine that a call gives is lost, None where it isn't."""
        if what == "hook":
            return _Loss() if isinstance(self._parents.get(node), ast.Expr) else None
        ahead = self._ahead(node)
        if ahead is not None:
            if self.of(ahead, "coroutine"):
                return None  # then that is what there is to say
            either = self._parents[node]
            return _Loss("never called: a coroutine, as on its left, is always true", _EACH, at=either)
        losses = [self._loss(use, what) for use in self._uses.of(node)]
        if None in losses:
            return None
        return next((loss for loss in losses if loss is not None), _Loss())

    def _ahead(self, node: ast.Call) -> ast.Call | None:
        """Return the coroutine before this one in `charge(1) or charge(2)`: it is true, so this one isn't called."""
        parent = self._parents.get(node)
        if not (isinstance(parent, ast.BoolOp) and isinstance(parent.op, ast.Or)):
            return None
        for value in parent.values[: parent.values.index(node)]:
            if isinstance(value, ast.Call) and self._context.coroutines.given_by(self._reached, value):
                return value
        return None

    def _loss(self, use: Use, what: str | None) -> _Loss | None:
        """Return how a use loses the coroutine, None where it may be run yet."""
        parent = use.parent
        match parent:
            case ast.FormattedValue() | ast.Match():
                return _Loss()
            case ast.If() | ast.While() | ast.IfExp() | ast.Assert() | ast.BoolOp():
                return _Loss()
            case ast.UnaryOp() if isinstance(parent.op, ast.Not):
                return _Loss()
            case ast.comprehension() if use.node is not parent.iter:
                return _Loss()
            case ast.Return() if self._ends_workflow(parent):
                return _Loss()
        if what == "future":
            return None
        if isinstance(parent, ast.keyword | ast.Call):
            return self._loss_in_call(use)
        return _Loss() if not use.inside and _needs_value(use) else None

    def _loss_in_call(self, use: Use) -> _Loss | None:
        call = self._parents.get(use.parent) if isinstance(use.parent, ast.keyword) else use.parent
        if not isinstance(call, ast.Call) or call.func is use.node:
            return None
        callee = self._reached.callees.get(call)
        shown = self._reached.function.module.source.text_of(call.func)
        if use.inside and callee in _STARTERS:
            return _Loss(f"`{shown}` takes each call by itself, and fails on a list", "put a `*` before the list", call)
        if use.inside and callee == "asyncio.wait":
            return _Loss(f"`{shown}` takes tasks, and fails on coroutines", "write `asyncio.gather(*...)`", call)
        values = callee in _VALUE_CALLS or self._context.is_step(callee)
        return _Loss() if values else None

    def _ends_workflow(self, node: ast.Return) -> bool:
        workflow = self._reached.is_root and self._context.is_workflow(self._reached.function.dotted)
        return workflow and frame_of(self._reached, node) is self._reached.function.node


def _needs_value(use: Use) -> bool:
    """Say whether a coroutine is used as if it were what it gives: `hooks[step()]`, `step().x`, `for x in step():`."""
    match use.parent:
        case ast.Attribute(attr=attr):
            return attr not in _COROUTINE_METHODS
        case ast.Subscript() | ast.Compare() | ast.UnaryOp() | ast.BinOp() | ast.AugAssign() | ast.withitem():
            return True
        case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated) | ast.comprehension(iter=iterated):
            return iterated is use.node
    return False
