"""Awaiting, sleeping and hooks: WFC302, 315, 316, 317, 319 and 323."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..binder import BindingKind, ScopeKind
from ..callgraph import Call, Reached
from ..diagnostics import Diagnostic, Edit, Fix, Span
from ..discover import duration_seconds, fold
from .base import Context, Rule

_START = """
import pydantic
from vercel import workflow
wf = workflow.Workflows()

class Answer(pydantic.BaseModel, workflow.BaseHook):
    yes: bool

@wf.step
async def charge(amount: int = 1) -> str: ...
"""
_CLIENT_API = frozenset({"wfc.start", "wfc.start_sync", "wfc.start_options", "wfc.get_run", "wfc.get_hook_by_token"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def _flow(body: str) -> str:
    return f"{_START}\n@wf.workflow\nasync def order(name: str):\n    {body}\n"


def _step(body: str) -> str:
    return f"{_START}\n@wf.step\nasync def work(name: str):\n    {body}\n"


class NeverAwaited(Rule):
    """A step, sleep or child workflow is called but never awaited, so it never runs.

    Calling gives a coroutine and starts nothing. `await` it, or hand it to `asyncio.gather`,
    `create_task` or a TaskGroup. A hook that is only created, `Answer.wait(...)` as a statement of
    its own, waits for nothing either.
    """

    code = "WFC302"
    bad = (
        _flow("charge()"),
        _flow("workflow.sleep(5)"),
        _flow("Answer.wait(token=name)"),
        _flow("receipt = charge()\n    return 1"),
        _flow("receipt = charge()\n    await workflow.sleep(5)\n    return {'r': receipt}"),
        _flow("if charge(): return 1"),
        _flow("receipt = charge()\n    return receipt['id']"),
        _flow("return charge()"),
        _flow("return f'{charge()}'"),
    )
    good = (
        _flow("return await charge()"),
        _flow("import asyncio\n    return await asyncio.gather(charge(), charge())"),
        _flow("import asyncio\n    task = asyncio.create_task(charge())\n    return await task"),
        _flow("receipt = charge()\n    return await receipt"),
        _flow("todo = [charge(i) for i in range(3)]\n    return [await t for t in todo]"),
        _flow("hook = Answer.wait(token=name)\n    return (await hook).yes"),
        _flow("async for answer in Answer.wait(token=name):\n        return answer.yes"),
        "import asyncio\n" + _flow("todo = set()\n    todo.add(charge())\n    await asyncio.wait(todo)"),
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
        shown = ast.unparse(call.node.func)
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


class WorkflowCall(Rule):
    """A step calls a workflow.

    A workflow runs as a run of its own, with its history; inside a step there is none. Start it
    with `await workflow.start(other, ...)`, or call it from a workflow.
    """

    code = "WFC315"
    bad = (
        "import wfc\nwf = wfc.Workflows()\n\n@wf.workflow\nasync def child(): ...\n\n"
        "@wf.step\nasync def work():\n    await child()\n",
    )
    good = (
        "import wfc\nwf = wfc.Workflows()\n\n@wf.workflow\nasync def child(): ...\n\n"
        "@wf.workflow\nasync def parent():\n    await child()\n",
        "import wfc\nwf = wfc.Workflows()\n\n@wf.workflow\nasync def child(): ...\n\n"
        "@wf.step\nasync def work():\n    await wfc.start(child)\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per workflow call in step code."""
        for reached in context.graph.step:
            for call in reached.calls:
                if context.is_workflow(call.callee):
                    shown = ast.unparse(call.node.func)
                    yield Diagnostic(
                        self.code,
                        f"a step calls the workflow `{shown}`",
                        reached.function.module.source.span(call.node),
                        label="has no history to run in",
                        help=f"write `await {context.spell(reached, 'start')}({shown}, ...)`",
                        workflow=reached.root,
                        chain=reached.chain,
                    )


class ClientApiInFlow(Rule):
    """A workflow uses the client API, which has no durable form inside a workflow yet.

    `start`, `get_run` and `X(...).resume(...)` talk to the store from outside; repeated on each
    replay they would start or resume again. Do it in a step.
    """

    code = "WFC316"
    bad = (
        _flow("await workflow.start(order, name)"),
        _flow("await Answer(yes=True).resume(name)"),
        _flow("answer = Answer(yes=True)\n    await answer.resume(name)"),
    )
    good = (_step("await Answer(yes=True).resume(name)"),)

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per client call in workflow code."""
        for reached in context.graph.flow:
            for call in reached.calls:
                callee = call.callee
                resumes = context.hook_method(callee, "resume") or context.hook_method(callee, "resume_sync")
                if callee in _CLIENT_API or resumes:
                    shown = ast.unparse(call.node.func)
                    name = "X(...).resume" if resumes else (callee or "").rpartition(".")[2]
                    yield Diagnostic(
                        self.code,
                        f"workflow calls `{name}`, which can't be replayed",
                        reached.function.module.source.span(call.node),
                        label=f"`{shown}` would act again on every replay",
                        help="call it in a step (a durable form inside workflows is not there yet)",
                        workflow=reached.root,
                        chain=reached.chain,
                    )


class DurableApiInStep(Rule):
    """A step sleeps durably or waits for a hook.

    A step is one unit of work: it runs from its start to its end and can't be put aside. Wait in
    the workflow, or use `asyncio.sleep` for a short pause.
    """

    code = "WFC317"
    bad = (_step("await workflow.sleep('1 day')"), _step("await Answer.wait(token=name)"))
    good = (_step("import asyncio\n    await asyncio.sleep(1)"), _flow("await workflow.sleep(1)"))

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per durable wait in step code that no workflow reaches."""
        flow = {reached.function.node for reached in context.graph.flow}
        for reached in context.graph.step:
            if reached.function.node in flow:
                continue  # a helper of both: what it does in a workflow is right
            for call in reached.calls:
                hook = context.hook_method(call.callee, "wait")
                if call.callee == "wfc.sleep" or hook:
                    shown = ast.unparse(call.node.func)
                    instead = "" if hook else ", or `await asyncio.sleep(...)` for a short pause"
                    yield Diagnostic(
                        self.code,
                        "a step waits for a hook" if hook else "a step sleeps durably",
                        reached.function.module.source.span(call.node),
                        label="a step can't be put aside",
                        help=f"call `{shown}` in the workflow{instead}",
                        workflow=reached.root,
                        chain=reached.chain,
                    )


class ConstantHookToken(Rule):
    """A hook token is the same in every run.

    Two runs that live at the same time would ask for the same token, and the second gets a
    HookConflictError. Put something of the run into it; suppress this where only one run is meant.
    """

    code = "WFC319"
    bad = (_flow("await Answer.wait(token='order')"), _flow("await Answer.wait(token=f'{1}-x')"))
    good = (_flow("await Answer.wait(token=f'order-{name}')"), _flow("await Answer.wait()"))

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a warning per token that folds to a constant."""
        for reached in context.graph.flow:
            module = reached.function.module
            for call in reached.calls:
                if not context.hook_method(call.callee, "wait"):
                    continue
                for keyword in call.node.keywords:
                    folded = fold(context.program.names, module, keyword.value)
                    if keyword.arg != "token" or folded is None or folded.value is None:
                        continue
                    yield Diagnostic(
                        self.code,
                        "the hook's token is the same in every run",
                        module.source.span(call.node),
                        label="a second run at the same time would conflict",
                        help="put a value of the run into it, such as an input: "
                        f'`token=f"{str(folded.value)[:30]}-{{order_id}}"`',
                        workflow=reached.root,
                        chain=reached.chain,
                    )


class DurationLiteral(Rule):
    """A duration is invalid or ambiguous.

    Durations are numbers with units, `"7 days"`, `"1h 30m"`, `"500ms"`, or seconds as a number.
    Months and years have no fixed length, and the official SDK silently reads `"3 months"` as
    three minutes; so they are refused.
    """

    code = "WFC323"
    bad = (
        _flow("await workflow.sleep('7 dayz')"),
        _flow("await workflow.sleep('3 months')"),
        _flow("await workflow.sleep('')"),
        _flow("await workflow.sleep(True)"),
        _flow("await workflow.sleep(-5)"),
        "PAUSE = '1d banana'\n" + _flow("await workflow.sleep(PAUSE)"),
        _step("raise workflow.RetryableError('later', retry_after='soon')"),
    )
    good = (
        _flow("await workflow.sleep('7 days')"),
        _flow("await workflow.sleep(1.5)"),
        _flow("await workflow.sleep(name)"),
        "from datetime import timedelta\n" + _flow("await workflow.sleep(timedelta(days=7))"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per duration that can be folded and is wrong."""
        seen: set[ast.AST] = set()
        for reached in (*context.graph.flow, *context.graph.step):
            module = reached.function.module
            for call in reached.calls:
                argument = _duration_argument(call)
                if argument is None or argument in seen:
                    continue
                seen.add(argument)
                folded = fold(context.program.names, module, argument)
                if folded is None:
                    continue
                seconds, problem, help_text = duration_seconds(folded.value)
                if seconds is None:
                    yield Diagnostic(
                        self.code,
                        f"{folded.value!r} is not a valid duration: {problem}",
                        module.source.span(call.node),
                        help=help_text,
                        workflow=reached.root,
                        chain=reached.chain,
                    )


def _durable_kind(context: Context, call: Call) -> str | None:
    if context.is_step(call.callee):
        return "step"
    if context.is_workflow(call.callee):
        return "workflow"
    if call.callee == "wfc.sleep":
        return "sleep"
    return "hook" if context.hook_method(call.callee, "wait") else None


def _duration_argument(call: Call) -> ast.expr | None:
    if call.callee == "wfc.sleep":
        return call.node.args[0] if call.node.args else None
    if call.callee == "wfc.RetryableError":
        for keyword in call.node.keywords:
            if keyword.arg == "retry_after" and not _is_none(keyword.value):
                return keyword.value
    return None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


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
            return not isinstance(parent, ast.Attribute) or parent.attr not in ("send", "close", "throw")
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
    """Say whether a call is durable: its arguments are recorded, and a coroutine can't be."""
    callee = context.receivers.resolve(reached.function.module, call.func)
    return (
        context.is_step(callee)
        or callee == "wfc.sleep"
        or callee
        in (
            "builtins.str",
            "builtins.int",
            "builtins.float",
            "builtins.bool",
            "builtins.len",
            "builtins.print",
        )
    )


def _variable_is_lost(context: Context, reached: Reached, name: ast.Name) -> bool:
    module = reached.function.module
    owner = module.scope_of(name).owner(name.id)
    if owner is None or owner.kind is not ScopeKind.FUNCTION:
        return False
    if len(owner.bindings[name.id]) != 1 or owner.bindings[name.id][0].kind is not BindingKind.ASSIGNMENT:
        return False
    uses = [
        use
        for scope in owner.walk()
        if scope.owner(name.id) is owner
        for use in scope.uses.get(name.id, ())
        if isinstance(use, ast.Name) and isinstance(use.ctx, ast.Load)
    ]
    # A coroutine that is looked at before it is handed on is not lost: all uses must be wrong.
    return all(use in reached.function.parents and _is_lost(context, reached, use) for use in uses)


WAITING_RULES: tuple[type[Rule], ...] = (
    NeverAwaited,
    WorkflowCall,
    ClientApiInFlow,
    DurableApiInStep,
    ConstantHookToken,
    DurationLiteral,
)
