"""Sleeping, hooks, and calls in the wrong place: WFC315, 316, 317, 319 and 323.

In: calls in FLOW and STEP. Out: findings about durable calls that stand where they can't work.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...callgraph import Call, Reached
from ...diagnostics import Diagnostic, Severity
from ...discover import duration_seconds, fold
from ...syntax import is_none
from ..base import Context, Rule
from ..scaffold import in_flow, in_step

_CLIENT_API = frozenset({"wfc.start_sync", "wfc.get_hook_by_token"})


class WorkflowCall(Rule):
    """A step calls a workflow.

    Why: A workflow runs as a run of its own, with its history; inside a step there is none, so its sleeps and steps
    could not be recorded.

    Fix: Start it with `await workflow.start(other, ...)`, or call it from a workflow.

    Suppress: Where the workflow awaits nothing durable, so that it is a plain function; better take the decorator
    off.
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
                    shown = reached.function.module.source.text_of(call.node.func)
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
    """A workflow uses a part of the client API that has no durable form.

    Why: `X(...).resume(...)`, `get_hook_by_token` and the synchronous twins talk to the store from outside; they raise
    in a workflow, since each replay would resume or start again. `start`, `status`, `return_value` and `cancel` are
    durable there.

    Fix: Do it in a step; for `start_sync`, await `start`.

    Suppress: Hardly ever: the call raises a RuntimeError in a workflow.
    """

    code = "WFC316"
    bad = (
        in_flow("await Answer(yes=True).resume(name)"),
        in_flow("workflow.start_sync(order, name)"),
        in_flow("return (await workflow.get_hook_by_token(name)).run_id"),
        in_flow("answer = Answer(yes=True)\n    await answer.resume(name)"),
    )
    good = (
        in_step("await Answer(yes=True).resume(name)"),
        in_flow("run = await workflow.start(order, name)\n    return await run.return_value()"),
        in_flow("await workflow.get_run(name).cancel()"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per client call in workflow code."""
        for reached in context.graph.flow:
            for call in reached.calls:
                callee = call.callee
                resumes = context.hook_method(callee, "resume") or context.hook_method(callee, "resume_sync")
                if callee in _CLIENT_API or resumes:
                    shown = reached.function.module.source.text_of(call.node.func)
                    name = "X(...).resume" if resumes else (callee or "").rpartition(".")[2]
                    yield Diagnostic(
                        self.code,
                        f"workflow calls `{name}`, which can't be replayed",
                        reached.function.module.source.span(call.node),
                        label=f"`{shown}` would act again on every replay",
                        help="call it in a step"
                        if name != "start_sync"
                        else "write `await start(...)`, which is durable",
                        workflow=reached.root,
                        chain=reached.chain,
                    )


class DurableApiInStep(Rule):
    """A step sleeps durably or waits for a hook.

    Why: A step is one unit of work: it runs from its start to its end and can't be put aside. A step that calls
    another step is only pointed out (info): that one runs inline, without its own retries.

    Fix: Wait in the workflow, between two steps; `asyncio.sleep` does for a short pause.

    Suppress: The remark about a step that calls a step, where running inline is meant.
    """

    code = "WFC317"
    bad = (in_step("await workflow.sleep('1 day')"), in_step("await Answer.wait(token=name)"))
    good = (in_step("import asyncio\n    await asyncio.sleep(1)"), in_flow("await workflow.sleep(1)"))

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per durable wait in step code that no workflow reaches."""
        flow = {reached.function.node for reached in context.graph.flow}
        for reached in context.graph.step:
            if reached.function.node in flow:
                continue  # a helper of both: what it does in a workflow is right
            for call in reached.calls:
                if context.is_step(call.callee):
                    yield self._inline(reached, call)
                hook = context.hook_method(call.callee, "wait")
                if call.callee == "wfc.sleep" or hook:
                    shown = reached.function.module.source.text_of(call.node.func)
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

    def _inline(self, reached: Reached, call: Call) -> Diagnostic:
        source = reached.function.module.source
        return Diagnostic(
            self.code,
            f"a step calls the step `{source.text_of(call.node.func)}`",
            source.span(call.node),
            label="runs inline, without its own retries",
            help="call it from the workflow if it is to be recorded and retried by itself",
            workflow=reached.root,
            chain=reached.chain,
            severity=Severity.INFO,
        )


class ConstantHookToken(Rule):
    """A hook token is the same in every run.

    Why: Two runs that live at the same time would ask for the same token, and the second gets a HookConflictError.

    Fix: Put something of the run into it, `token=f"order-{order_id}"`, or leave it out: the default is unguessable.

    Suppress: Where only one run is meant to live at a time, and the conflict is what keeps a second one out.
    """

    code = "WFC319"
    bad = (in_flow("await Answer.wait(token='order')"), in_flow("await Answer.wait(token=f'{1}-x')"))
    good = (in_flow("await Answer.wait(token=f'order-{name}')"), in_flow("await Answer.wait()"))

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

    Why: Durations are numbers with units, `"7 days"`, `"1h 30m"`, `"500ms"`, or seconds as a number. Months and
    years have no fixed length, and the official SDK silently reads `"3 months"` as three minutes; so they are
    refused.

    Fix: Write the spelling that the help line proposes, in days or weeks where a month was meant.

    Suppress: Never needed: the call would raise at run time.
    """

    code = "WFC323"
    bad = (
        in_flow("await workflow.sleep('7 dayz')"),
        in_flow("await workflow.sleep('3 months')"),
        in_flow("await workflow.sleep('')"),
        in_flow("await workflow.sleep(True)"),
        in_flow("await workflow.sleep(-5)"),
        "PAUSE = '1d banana'\n" + in_flow("await workflow.sleep(PAUSE)"),
        in_step("raise workflow.RetryableError('later', retry_after='soon')"),
    )
    good = (
        in_flow("await workflow.sleep('7 days')"),
        in_flow("await workflow.sleep(1.5)"),
        in_flow("await workflow.sleep(name)"),
        "from datetime import timedelta\n" + in_flow("await workflow.sleep(timedelta(days=7))"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per duration that can be folded and is wrong."""
        seen: set[ast.AST] = set()
        for reached in (*context.graph.flow, *context.graph.step):
            module = reached.function.module
            for call in reached.calls:
                argument = duration_argument(call)
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
                        f"{folded.value!r} is not a valid duration",
                        module.source.span(call.node),
                        label=problem,
                        help=help_text,
                        workflow=reached.root,
                        chain=reached.chain,
                    )


def duration_argument(call: Call) -> ast.expr | None:
    """Return what a call waits for: the argument of `sleep`, the `retry_after` of an error."""
    if call.callee == "wfc.sleep":
        return call.node.args[0] if call.node.args else None
    if call.callee == "wfc.RetryableError":
        for keyword in call.node.keywords:
            if keyword.arg == "retry_after" and not is_none(keyword.value):
                return keyword.value
    return None


MISPLACED_RULES: tuple[type[Rule], ...] = (
    WorkflowCall,
    ClientApiInFlow,
    DurableApiInStep,
    ConstantHookToken,
    DurationLiteral,
)
