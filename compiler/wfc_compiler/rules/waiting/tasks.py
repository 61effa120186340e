"""Tasks and hooks that are made and then left alone: WFC303 and WFC321.

asyncio.create_task(ship())             nothing waits for it: the workflow may return before it is done
asked = Approval.wait(token=order)      registered, and nobody ever looks
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ...diagnostics import Diagnostic
from ..base import Context, Rule
from ..scaffold import in_asyncio, in_flow
from .coroutines import TASKS
from .uses import Use, Uses

_LOOKING = frozenset({"get_name", "set_name", "get_coro", "get_stack", "print_stack", "get_context", "get_loop"})
_TESTS = (ast.If, ast.IfExp, ast.FormattedValue)
_ASKING = frozenset({"builtins.len", "builtins.print", "builtins.bool", "builtins.repr", "builtins.str"})


class TaskLeftBehind(Rule):
    """A task may still be pending when the workflow returns.

    Why: When a workflow returns, the tasks that it has left behind are cancelled, as `asyncio.run` does: a step that no
    worker has taken by then never runs, the result of one that is running is dropped, and nobody sees an error.

    Fix: Await the task before the workflow returns, or start it in an `asyncio.TaskGroup`, which waits at its end. A
    task that is only needed meanwhile is cancelled: `task.cancel()`.

    Suppress: Where the work may as well be left undone, or where something else (a queue, an event) tells the workflow
    that the task is done.
    """

    code = "WFC303"
    bad = (
        in_asyncio("asyncio.create_task(charge())\n    await workflow.sleep(5)"),
        in_asyncio("task = asyncio.create_task(charge())\n    return name"),
        in_asyncio("task = asyncio.ensure_future(charge())\n    task.set_name(name)"),
        in_asyncio("for i in range(3):\n        asyncio.create_task(charge(i))"),
        in_asyncio("tasks = [asyncio.create_task(charge(i)) for i in range(3)]\n    return len(tasks)"),
        in_asyncio("loop = asyncio.get_running_loop()\n    loop.create_task(charge())"),
        in_asyncio("async def inner():\n        asyncio.create_task(charge())\n    await inner()"),
        "import asyncio\n\nasync def later():\n    _ = asyncio.create_task(charge())\n" + in_flow("await later()"),
    )
    good = (
        in_asyncio("task = asyncio.create_task(charge())\n    return await task"),
        in_asyncio("return await asyncio.create_task(charge())"),
        in_asyncio("task = asyncio.create_task(charge())\n    await workflow.sleep(5)\n    task.cancel()"),
        in_asyncio("async with asyncio.TaskGroup() as group:\n        group.create_task(charge())"),
        in_asyncio("tasks = [asyncio.create_task(charge(i)) for i in range(3)]\n    await asyncio.gather(*tasks)"),
        in_asyncio("tasks = set()\n    tasks.add(asyncio.create_task(charge()))\n    await asyncio.wait(tasks)"),
        in_asyncio("task = asyncio.create_task(charge())\n    while not task.done():\n        await workflow.sleep(5)"),
        "import asyncio\n\ndef begin():\n    return asyncio.create_task(charge())\n" + in_flow("await begin()"),
        in_asyncio(
            "asyncio.create_task(charge())\n    await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})"
        ),
        in_asyncio("self = type('S', (), {})()\n    self.task = asyncio.create_task(charge())"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a warning per call that makes a task which nothing waits for."""
        for reached in context.graph.flow:
            makers = [call for call in reached.calls if call.callee in TASKS]
            if not makers or any(call.callee == "asyncio.all_tasks" for call in reached.calls):
                continue
            uses = Uses(reached)
            source = reached.function.module.source
            for call in makers:
                if all(_only_looks(use, reached.callees) for use in uses.of(call.node)):
                    yield Diagnostic(
                        self.code,
                        "a task may still be pending when the workflow returns",
                        source.span(call.node),
                        label="nothing waits for it: what isn't done by then is cancelled",
                        help="keep it and `await` it, or start it in an `asyncio.TaskGroup`",
                        workflow=reached.root,
                        chain=reached.chain,
                    )


class HookLeftAlone(Rule):
    """A hook is registered and never awaited, disposed of or handed on.

    Why: Its token is taken, and what arrives for it is kept, but no code of the workflow ever sees it.

    Fix: `await` the hook, iterate it with `async for`, or leave it out.

    Suppress: Where the hook is there only to hold its token, so that no other run can have it.
    """

    code = "WFC321"
    bad = (
        in_flow("hook = Answer.wait(token=name)\n    await charge()"),
        in_flow("token = Answer.wait().token\n    return token"),
        in_flow("hook = Answer.wait(token=name)\n    return f'ask {hook.token}'"),
    )
    good = (
        in_flow("hook = Answer.wait(token=name)\n    await charge()\n    return (await hook).yes"),
        in_flow("hook = Answer.wait(token=name)\n    async for answer in hook:\n        return answer.yes"),
        in_flow("hook = Answer.wait(token=name)\n    await charge()\n    hook.dispose()"),
        in_flow("async with Answer.wait(token=name) as hook:\n        return (await hook).yes"),
        in_flow("hooks = [Answer.wait(token=f'{name}-{i}') for i in range(3)]\n    return [await h for h in hooks]"),
        "async def answered(hook):\n    return (await hook).yes\n"
        + in_flow("hook = Answer.wait(token=name)\n    return await answered(hook)"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a remark per hook that nothing looks at."""
        for reached in context.graph.flow:
            source = reached.function.module.source
            for call in reached.calls:
                if not context.hook_method(call.callee, "wait"):
                    continue
                if isinstance(reached.function.parents.get(call.node), ast.Expr):
                    continue  # never awaited, for sure: WFC302
                if all(_only_names(use) for use in Uses(reached).of(call.node)):
                    yield Diagnostic(
                        self.code,
                        f"the hook `{source.text_of(call.node.func)}(...)` is never awaited",
                        source.span(call.node),
                        label="what arrives for it is never seen",
                        help="write `await` where the answer is needed, or `hook.dispose()` where it isn't any more",
                        workflow=reached.root,
                        chain=reached.chain,
                    )


def _only_looks(use: Use, callees: Mapping[ast.Call, str | None]) -> bool:
    """Say whether a use neither waits for a task nor ends it, nor gives it to anything that might."""
    match use.parent:
        case ast.Attribute(attr=attr):
            return attr in _LOOKING
        case ast.Call():
            return callees.get(use.parent) in _ASKING
    return isinstance(use.parent, _TESTS)


def _only_names(use: Use) -> bool:
    """Say whether a use asks a hook for its token, or whether it is there, and no more."""
    return isinstance(use.parent, _TESTS) or (isinstance(use.parent, ast.Attribute) and use.parent.attr == "token")
