"""What isn't the run's own: loops of other libraries, and context variables that nobody sets for it: WFC322.

await anyio.sleep(1)        schedules by its own rules
TENANT.get()                a run begins with no context variable set, and so does each step
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...callgraph import Call, Reached
from ...diagnostics import Diagnostic, Note
from ..base import Context, Rule
from ..context_variables import READS, SETS, reads, sets, use_of_variable
from ..frames import Frame, ancestors
from ..scaffold import in_asyncio, in_flow

_LIBRARIES = frozenset({"anyio", "trio", "curio"})
_PRIMITIVES = frozenset(
    {"Event", "Lock", "RLock", "Semaphore", "Condition", "CapacityLimiter", "CancelScope", "TaskGroup", "Queue"}
)
_TENANT = "from contextvars import ContextVar\nTENANT = ContextVar('tenant')\n"
_INSTEAD = {
    "sleep": "`await {sleep}(...)`",
    "sleep_until": "`await {sleep}(...)`",
    "create_task_group": "`asyncio.TaskGroup()`",
    "open_nursery": "`asyncio.TaskGroup()`",
    "TaskGroup": "`asyncio.TaskGroup()`",
    "move_on_after": "`asyncio.timeout(...)`",
    "move_on_at": "`asyncio.timeout(...)`",
    "fail_after": "`asyncio.timeout(...)`",
    "fail_at": "`asyncio.timeout(...)`",
    "CancelScope": "`asyncio.timeout(...)`, or cancel a task",
    "create_memory_object_stream": "`asyncio.Queue()`",
    "open_memory_channel": "`asyncio.Queue()`",
}


class NotOfTheRun(Rule):
    """A workflow uses the loop of another library, or a context variable that doesn't get there.

    Why: A run has an event loop of its own, on which asyncio's primitives are deterministic. Trio and curio need theirs
    and fail; anyio's task groups ask for what a run's loop doesn't have, and when its other primitives wake a task
    depends on the version of anyio, so that an update can break the runs that are under way. Context variables work
    within a run (a replay sets them again), and go no further: a run begins with none set, whatever the caller of
    `start` had set, and steps run elsewhere.

    Fix: Use asyncio's `TaskGroup`, `timeout` and `Event`; in steps any library is fine. Give what a context variable
    held as an argument, to the workflow and to steps.

    Suppress: Where an anyio primitive is used in code that steps share, and no run outlives an update of anyio.
    """

    code = "WFC322"
    bad = (
        "import anyio\n" + in_flow("await anyio.sleep(5)"),
        "import anyio\n" + in_flow("async with anyio.create_task_group() as group:\n        group.start_soon(charge)"),
        "from anyio import move_on_after\n" + in_flow("with move_on_after(5):\n        await charge()"),
        "import trio\n" + in_flow("await trio.sleep(5)"),
        "import anyio\n" + in_flow("lock = anyio.Lock()\n    async with lock:\n        await charge()"),
        _TENANT + in_flow("return TENANT.get()"),
        _TENANT + "def tenant():\n    return TENANT.get()\n" + in_flow("return await charge(len(tenant()))"),
        _TENANT
        + in_flow("TENANT.set(name)\n    await bill()")
        + "\n@wf.step\nasync def bill():\n    return TENANT.get()\n",
    )
    good = (
        in_asyncio("await asyncio.sleep(5)"),
        "import anyio\n" + in_flow("try:\n        await charge()\n    except anyio.EndOfStream:\n        return name"),
        "import anyio\n"
        + in_flow("await charge()")
        + "\n@wf.step\nasync def waits():\n    async with anyio.create_task_group():\n        await anyio.sleep(1)\n",
        _TENANT + in_flow("TENANT.set(name)\n    await charge()\n    return TENANT.get()"),
        _TENANT + in_flow("return TENANT.get('nobody')"),
        _TENANT.replace("'tenant'", "'tenant', default='nobody'") + in_flow("return TENANT.get()"),
        _TENANT + in_flow("try:\n        return TENANT.get()\n    except LookupError:\n        return name"),
        _TENANT
        + in_flow("TENANT.set(name)\n    await bill()")
        + "\n@wf.step\nasync def bill():\n    TENANT.set('me')\n    return TENANT.get()\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a warning per call."""
        for reached in context.graph.flow:
            for call in reached.calls:
                yield from self._variable(context, reached, call)
                library, _, rest = (call.callee or "").partition(".")
                if library not in _LIBRARIES or context.program.names.is_first_party(library):
                    continue
                if context.kind(call) not in (None, "pure") or not _is_primitive(rest):
                    continue
                source = reached.function.module.source
                instead = _INSTEAD.get(rest, f"`asyncio.{rest}`" if rest in _PRIMITIVES else "what asyncio offers")
                yield Diagnostic(
                    self.code,
                    f"workflow uses `{call.callee}`",
                    source.span(call.node),
                    label=_what_happens(library, rest),
                    help=f"use {instead.format(sleep=context.spell(reached, 'sleep'))}",
                    workflow=reached.root,
                    chain=reached.chain,
                )

    def _variable(self, context: Context, reached: Reached, call: Call) -> Iterator[Diagnostic]:
        """Look at a use of a context variable: is it set where it is read, is it read where it is set?"""
        used = use_of_variable(context, reached, call) or ""
        source = reached.function.module.source
        shown = source.text_of(call.node.func)
        if used.startswith(READS) and not _is_provided(context, reached, call, used.removeprefix(READS)):
            yield Diagnostic(
                self.code,
                f"workflow reads `{shown}()`, which nothing sets in its run",
                source.span(call.node),
                label="fails: a run begins without the caller's context variables",
                help="give the value to the workflow as an argument",
                workflow=reached.root,
                chain=reached.chain,
            )
        for step in context.program.steps if used.startswith(SETS) else ():
            variable = used.removeprefix(SETS)
            reason = context.functions.reason(step.dotted, reads(variable))
            if reason is not None and context.functions.reason(step.dotted, sets(variable)) is None:
                yield Diagnostic(
                    self.code,
                    f"workflow sets a context variable that the step `{step.name}` reads",
                    source.span(call.node),
                    label="the step runs elsewhere, and doesn't see it",
                    secondary=(Note(reason.span, "fails: not set here"),),
                    help=f"give the value to `{step.name}` as an argument",
                    workflow=reached.root,
                    chain=reached.chain,
                )


def _is_provided(context: Context, reached: Reached, call: Call, variable: str) -> bool:
    """Say whether a variable is set somewhere in the workflow, or its absence is reckoned with."""
    workflows = (workflow.dotted for workflow in context.program.workflows if workflow.id == reached.root)
    if any(context.functions.reason(dotted, sets(variable)) is not None for dotted in workflows):
        return True
    for parent in ancestors(reached, call.node):
        if isinstance(parent, Frame):
            return False
        if isinstance(parent, ast.Try | ast.TryStar) and parent.handlers:
            return True
    return False


def _is_primitive(name: str) -> bool:
    return name in _PRIMITIVES or name.islower()


def _what_happens(library: str, name: str) -> str:
    if library != "anyio":
        return f"fails: a run has no loop of {library}'s"
    if name == "create_task_group":
        return "fails: a run's loop doesn't have what it asks for"
    return "wakes up by anyio's rules, which an update may change"
