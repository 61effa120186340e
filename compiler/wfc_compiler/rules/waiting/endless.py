"""Loops that nothing ends: WFC312 and WFC313.

while True:                     no `break`, `return` or `raise` in it: the history grows for ever
    await poll()
    await workflow.sleep(60)

while not task.done():          time only passes here when the run waits: this never ends
    await asyncio.sleep(0)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ...binder import BindingKind, ScopeKind
from ...callgraph import Reached
from ...diagnostics import Diagnostic
from ...discover import FunctionNode
from ..base import Context, Rule
from ..frames import Frame, Loop, Waits, ancestors, header, is_zero_sleep, own_nodes
from ..scaffold import in_asyncio, in_flow
from ..ways_on import is_part_of_workflow

_ENDLESS = frozenset({"itertools.count", "itertools.cycle", "itertools.repeat"})
# They read a state that only other code changes, or a clock that stands still as long as the run doesn't wait.
_READERS = frozenset({"done", "cancelled", "is_set", "empty", "full", "locked", "qsize", "now", "time", "monotonic"})
_PLAIN_CALLS = frozenset({"builtins.print", "builtins.len", "builtins.bool", "builtins.any", "builtins.all"})


def is_endless(context: Context, reached: Reached, node: ast.AST) -> bool:
    """Say whether a statement is a loop that goes on until something in it ends it."""
    match node:
        case ast.While(test=ast.Constant(value=value)):
            return bool(value)
        case ast.While(test=ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=value))):
            return not value
        case ast.While(test=ast.Name() as name):
            return _stays_true(reached, name)
        case ast.For(iter=ast.Call() as made):
            callee = reached.callees.get(made)
            bounded = callee == "itertools.repeat" and len(made.args) + len(made.keywords) > 1
            return callee in _ENDLESS and not bounded
    return False


def _stays_true(reached: Reached, name: ast.Name) -> bool:
    """Say whether a local variable is true, once and for all."""
    module = reached.function.module
    owner = module.scope_of(name).owner(module.name_of(name))
    bindings = owner.bindings[module.name_of(name)] if owner is not None else []
    if owner is None or owner.kind is ScopeKind.MODULE or len(bindings) != 1:
        return False
    value = bindings[0].value
    return bindings[0].kind is BindingKind.ASSIGNMENT and isinstance(value, ast.Constant) and bool(value.value)


class EndlessLoop(Rule):
    """A loop with durable calls in it has no way out.

    Why: All that a run does is kept in its history, and read again when the run wakes up. A run that never ends has a
    history that grows without bound: each replay takes longer than the last, and the run stays on the build that
    started it.

    Fix: Give the loop a way out: a `break`, a `return`, a limit of rounds. What has to go on for ever ends after some
    rounds and starts its successor from a step.

    Suppress: Where the run is cancelled from outside before its history gets long.
    """

    code = "WFC312"
    bad = (
        in_flow("while True:\n        await charge()\n        await workflow.sleep('1 day')"),
        in_flow("while 1:\n        answer = await Answer.wait(token=name)\n        await charge(answer.yes)"),
        "import itertools\n" + in_flow("for i in itertools.count():\n        await charge(i)"),
        in_flow("running = True\n    while running:\n        await charge()"),
        in_flow("while True:\n        for i in range(3):\n            await charge(i)\n            break"),
        "async def watch():\n    while True:\n        await charge()\n\n" + in_flow("await watch()"),
        in_flow("async def watch():\n        while True:\n            await charge()\n    await watch()"),
    )
    good = (
        in_flow(
            "while True:\n        if await charge() == 'paid':\n            break\n        await workflow.sleep(60)"
        ),
        in_flow("while True:\n        paid = await charge()\n        if paid:\n            return paid"),
        in_flow("for i in range(100):\n        await charge(i)"),
        in_flow("waiting = True\n    while waiting:\n        waiting = await charge() != 'paid'"),
        in_flow("while True:\n        try:\n            await charge()\n        except ValueError:\n            break"),
        in_flow("try:\n        while True:\n            await charge()\n    except LookupError:\n        return name"),
        in_asyncio(
            "async def beat():\n        while True:\n            await workflow.sleep(60)\n"
            "    task = asyncio.create_task(beat())\n    await charge()\n    task.cancel()"
        ),
        "async def beat():\n    while True:\n        await workflow.sleep(60)\n"
        + in_asyncio("task = asyncio.create_task(beat())\n    await charge()\n    task.cancel()"),
        in_asyncio(
            "try:\n        async with asyncio.timeout(3600):\n            while True:\n                await charge()\n"
            "    except TimeoutError:\n        return name"
        ),
        in_flow(
            "def check(n):\n        if n > 3: raise ValueError(n)\n    while True:\n        check(len(await charge()))"
        ),
        "async def pages():\n    while True:\n        yield await charge()\n\n"
        + in_flow("async for page in pages():\n        if page: break"),
        "import itertools\n" + in_flow("for i in itertools.repeat(name, 3):\n        await charge()"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a warning per loop."""
        for reached in context.graph.flow:
            loops: list[ast.While | ast.For] = [*reached.function.of_type(ast.While)]
            for loop in [*loops, *reached.function.of_type(ast.For)]:
                if not is_endless(context, reached, loop) or _has_way_out(context, reached, loop):
                    continue
                if Waits(context, reached).first(loop.body) is None:
                    continue
                if is_part_of_workflow(context, reached, loop):
                    source = reached.function.module.source
                    yield Diagnostic(
                        self.code,
                        "a loop with durable calls has no way out",
                        header(source, loop),
                        label="the history of the run grows with every round",
                        help="give it a `break`, a `return` or a limit of rounds",
                        workflow=reached.root,
                        chain=reached.chain,
                    )


def _has_way_out(context: Context, reached: Reached, loop: ast.While | ast.For) -> bool:
    """Say whether something ends a loop: a statement in it, an exception that is caught around it, a function's."""
    inner = {node for part in own_nodes(loop.body) if isinstance(part, Loop) for node in own_nodes(part.body)}
    for node in own_nodes(loop.body):
        if isinstance(node, ast.Return | ast.Raise | ast.Yield | ast.YieldFrom):
            return True
        if isinstance(node, ast.Break) and node not in inner:
            return True
        if isinstance(node, ast.Call) and _may_raise(context, reached, node):
            return True
    for parent in ancestors(reached, loop):
        if isinstance(parent, Frame):
            return False
        if isinstance(parent, ast.Try | ast.TryStar) and parent.handlers:
            return True
    return False


def _may_raise(context: Context, reached: Reached, call: ast.Call) -> bool:
    """Say whether a function of the project that is no step raises something by itself."""
    callee = reached.callees.get(call)
    if callee is None:
        owner = reached.function.module.scope_of(call.func)
        found = owner.owner(call.func.id) if isinstance(call.func, ast.Name) else None
        nodes = (
            [item.node for item in found.bindings[call.func.id]] if found and isinstance(call.func, ast.Name) else []
        )
    elif context.is_step(callee):
        return False
    else:
        nodes = [function.node for function in context.receivers.functions_at(callee)]
    bodies = [node.body for node in nodes if isinstance(node, FunctionNode)]
    return any(isinstance(node, ast.Raise) for body in bodies for node in own_nodes(body))


class SpinningLoop(Rule):
    """A loop spins until something changes, and nothing can change meanwhile.

    Why: Without an `await` no other code runs, in Python's asyncio as here, and the worker hangs with all its runs.
    `asyncio.sleep(0)` lets other tasks run, but in a workflow time only passes when the run waits for something: a
    step, a timer or a hook never ends while this loop goes on, and the run fails after 100,000 rounds.

    Fix: Await what you wait for: the task, an `asyncio.Event`, a hook. To look again from time to time, sleep:
    `await workflow.sleep(60)`.

    Suppress: Where other tasks change what the loop waits for without ever waiting themselves.
    """

    code = "WFC313"
    bad = (
        in_flow("done = False\n    while not done:\n        pass"),
        in_asyncio("task = asyncio.create_task(charge())\n    while not task.done():\n        await asyncio.sleep(0)"),
        in_asyncio("event = asyncio.Event()\n    while not event.is_set():\n        pass"),
        in_flow("while True:\n        pass"),
        in_asyncio("while True:\n        await asyncio.sleep(0)"),
        "import time\n" + in_flow("start = time.time()\n    while time.time() < start + 5:\n        continue"),
        "async def drained(results):\n    while len(results) < 3:\n        await workflow.sleep(0)\n\n"
        + in_flow("results = []\n    await drained(results)"),
    )
    good = (
        in_asyncio("task = asyncio.create_task(charge())\n    while not task.done():\n        await asyncio.sleep(5)"),
        in_asyncio("n = 3\n    while n:\n        n -= 1\n        await asyncio.sleep(0)"),
        in_flow("items = [1, 2]\n    while items:\n        items.pop()"),
        in_asyncio("for _ in range(3):\n        await asyncio.sleep(0)"),
        in_flow("while not await charge():\n        pass"),
        in_flow("items = iter([1, 0])\n    while next(items):\n        pass"),
        in_flow("while (answer := await Answer.wait(token=name)) and not answer.yes:\n        pass"),
        in_flow("node = {'next': None}\n    while node:\n        node = node['next']"),
        in_flow("while True:\n        break"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per loop."""
        for reached in context.graph.flow:
            for loop in reached.function.of_type(ast.While):
                yields = _only_yields(context, reached, loop.body)
                if yields is None or not _only_reads(reached, loop.test):
                    continue
                source = reached.function.module.source
                yield Diagnostic(
                    self.code,
                    "a loop spins on `sleep(0)`" if yields else "a loop spins without waiting",
                    header(source, loop),
                    label="never ends: time doesn't pass here" if yields else "never ends: no other code can run",
                    help="await what you wait for, or sleep for a while: "
                    f"`await {context.spell(reached, 'sleep')}(60)`",
                    workflow=reached.root,
                    chain=reached.chain,
                )


def _only_yields(context: Context, reached: Reached, body: Sequence[ast.stmt]) -> bool | None:
    """Say whether a body does nothing (False), or no more than let other tasks run (True); None where it does more."""
    yields = False
    for statement in body:
        match statement:
            case ast.Pass() | ast.Continue() | ast.Expr(value=ast.Constant()):
                pass
            case ast.Expr(value=ast.Await(value=ast.Call() as call)) if is_zero_sleep(context, reached, call):
                yields = True
            case ast.Expr(value=ast.Call() as call) if reached.callees.get(call) == "builtins.print":
                pass
            case _:
                return None
    return yields


def _only_reads(reached: Reached, test: ast.expr) -> bool:
    """Say whether a test changes nothing by itself, and is the same as long as no other code runs."""
    for node in own_nodes([test]):
        if isinstance(node, ast.Await | ast.NamedExpr | ast.Yield | ast.YieldFrom):
            return False
        if isinstance(node, ast.Call) and not _is_reader(reached, node):
            return False
    return True


def _is_reader(reached: Reached, call: ast.Call) -> bool:
    named = isinstance(call.func, ast.Attribute) and call.func.attr in _READERS
    return named or reached.callees.get(call) in _PLAIN_CALLS


ENDLESS_RULES: tuple[type[Rule], ...] = (EndlessLoop, SpinningLoop)
