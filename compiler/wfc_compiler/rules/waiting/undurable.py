"""Awaiting what isn't recorded: WFC301.

await charge.func(1)            the step's body, which no workflow has
await somelib.fetch(url)        runs again on every replay, whatever it does
await Redis()                   connects; what is called on it is WFC201's
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from ...callgraph import Call, Reached
from ...diagnostics import Diagnostic, Edit, Fix, Severity, Span
from ..base import Context, Rule
from ..effects import move_to_step
from ..scaffold import in_asyncio, in_flow, in_step

_RUNTIME = frozenset({"wfc", "vercel", "vercel_workflow"})
_EFFECTS = frozenset({"network", "filesystem", "process"})
_OTHER_LOOPS = frozenset({"anyio", "trio", "curio"})  # WFC322


class NotDurable(Rule):
    """A workflow awaits something that isn't durable.

    Why: What a workflow awaits has to give the same on every replay. A step, a sleep, a hook and all that asyncio makes
    of them are recorded; another library's coroutine runs again each time the run wakes up, and may wait for a
    socket that a run doesn't have. The plain function of a step, `charge.func`, isn't there at all: workflows are
    built without the bodies of steps.

    Fix: Move the call into a step and await that. Of a step take the step itself: `await charge(...)`.

    Suppress: Where the library only combines what you give it. Better say so once, in `[tool.wfc.decls]`:
    `"somelib.fetch" = "pure"`.
    """

    code = "WFC301"
    bad = (
        "import somelib\n" + in_flow("return await somelib.fetch(name)"),
        "from somelib.client import Client\n" + in_flow("client = Client()\n    return await client.fetch(name)"),
        "from redis.asyncio import Redis\n" + in_flow("await Redis()"),
        in_flow("return await charge.func(1)"),
        in_flow("return charge.func(1)"),
        in_flow("pay = charge.func\n    return await pay(1)"),
        "import somelib\n\nasync def fetched(url):\n    return await somelib.fetch(url)\n"
        + in_flow("await fetched(name)"),
    )
    good = (
        in_flow("return await charge(1)"),
        in_asyncio(
            "lock = asyncio.Lock()\n    async with lock:\n        return await asyncio.gather(charge(1), charge(2))"
        ),
        in_asyncio("queue = asyncio.Queue()\n    await queue.put(name)\n    return await queue.get()"),
        "async def doubled(n):\n    return n * 2\n" + in_flow("return await doubled(2)"),
        "import somelib\n" + in_step("return await somelib.fetch(name)"),
        "import somelib\n" + in_flow("return await somelib.retried(charge, 3)"),
        "import somelib\n" + in_flow("return await somelib.first(charge(1), charge(2))"),
        in_flow("return await getattr(charge, '__call__')(1)"),
        "# file: pyproject.toml\n[tool.wfc.decls]\n'somelib.fetch' = 'pure'\n# file: app.py\n"
        "import somelib\n" + in_flow("return await somelib.fetch(name)"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per await, and per use of a step's plain function."""
        for reached in context.graph.flow:
            for node in reached.function.of_type(ast.Await):
                if isinstance(node.value, ast.Call):
                    yield from self._awaited(context, reached, Call(node.value, reached.callees.get(node.value)))
            for call in reached.calls:
                if call.callee is not None and call.callee.endswith(".func"):
                    yield from self._plain_function(context, reached, call)

    def _awaited(self, context: Context, reached: Reached, call: Call) -> Iterator[Diagnostic]:
        callee = call.callee
        if callee is None or context.program.names.is_first_party(callee):
            return
        kind, source = context.kind(call), reached.function.module.source
        shown = source.text_of(call.node.func)
        if kind in (None, "pure") and _is_reached_by_awaiting(context, reached, call.node):
            yield self._finding(
                reached, call.node, f"workflow awaits `{shown}(...)`, which isn't durable", move_to_step(reached)
            )
        elif kind is None and _is_third_party(callee) and not _hands_on(context, reached, call.node):
            remedy = f'{move_to_step(reached)}; where it is fine, put `"{callee}" = "pure"` into `[tool.wfc.decls]`'
            yield self._finding(
                reached,
                call.node,
                f"workflow awaits `{shown}(...)`, which isn't known to be durable",
                remedy,
                severity=Severity.WARNING,
            )

    def _plain_function(self, context: Context, reached: Reached, call: Call) -> Iterator[Diagnostic]:
        name = (call.callee or "").removesuffix(".func")
        if not context.is_step(name):
            return
        source = reached.function.module.source
        shown = source.text_of(call.node.func)
        step = shown.removesuffix(".func") if shown.endswith(".func") else name.rpartition(".")[2]
        yield Diagnostic(
            self.code,
            f"workflow calls `{shown}(...)`, the body of a step",
            source.span(call.node),
            label="fails: a workflow is built without the bodies of steps",
            help=f"write `await {step}(...)`",
            workflow=reached.root,
            chain=reached.chain,
            fix=_without_func(reached, call.node),
        )

    def _finding(
        self, reached: Reached, node: ast.Call, message: str, remedy: str, *, severity: Severity | None = None
    ) -> Diagnostic:
        return Diagnostic(
            self.code,
            message,
            reached.function.module.source.span(node),
            label="runs again on every replay",
            help=remedy,
            workflow=reached.root,
            chain=reached.chain,
            severity=severity,
        )


def _is_reached_by_awaiting(context: Context, reached: Reached, made: ast.Call) -> bool:
    """Say whether what a call makes goes out when it is awaited, as a client that connects."""
    cls = context.receivers.class_of(reached.function.module, made)
    return cls is not None and context.facts.kind(f"{cls}.__await__", has_arguments=False) in _EFFECTS


def _is_third_party(callee: str) -> bool:
    root = callee.partition(".")[0]
    return root not in sys.stdlib_module_names and root not in _RUNTIME | _OTHER_LOOPS | {"builtins"}


def _hands_on(context: Context, reached: Reached, call: ast.Call) -> bool:
    """Say whether a call is given steps, or calls of them: it combines what is durable."""
    module = reached.function.module
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        value = argument.value if isinstance(argument, ast.Starred) else argument
        if isinstance(value, ast.Lambda):
            return True
        if isinstance(value, ast.Call) and context.coroutines.given_by(reached, value) is not None:
            return True
        if isinstance(value, ast.Name | ast.Attribute) and context.coroutines.of_callable(module, value) is not None:
            return True
    return False


def _without_func(reached: Reached, call: ast.Call) -> Fix | None:
    """Take the step instead of its function, where the call is awaited as it stands."""
    func = call.func
    awaited = isinstance(reached.function.parents.get(call), ast.Await)
    if not (awaited and isinstance(func, ast.Attribute) and func.attr == "func"):
        return None
    source = reached.function.module.source
    step, whole = source.span(func.value), source.span(func)
    rest = Span(whole.path, step.end_line, step.end_column, whole.end_line, whole.end_column)
    return Fix("take the step itself", (Edit(rest, ""),))
