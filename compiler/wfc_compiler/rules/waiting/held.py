"""Managers that hold state of the whole process around a wait: WFC324.

with warnings.catch_warnings():     the filters of all threads; nobody puts them back when the run is put aside
    await charge()
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...callgraph import Call, Reached
from ...diagnostics import Diagnostic, Note
from ..base import Context, Rule
from ..frames import Waits, ancestors, shown
from ..scaffold import in_asyncio, in_flow


class HeldAcrossWait(Rule):
    """State of the whole process is held around a wait.

    Why: A workflow waits for seconds or for weeks. Meanwhile the worker runs other workflows and steps, and they see
    the changed state; and when the run is put aside its block isn't left, so nobody puts the state back in this
    process: filters stay off, a thread's lock stays taken. A redirection of stdout is gone after the wait, since each
    turn of a run has an output of its own.

    Fix: Take the wait out of the block, or do what needs the state in a step.

    Suppress: Where the process runs nothing else and is never restarted; better don't.
    """

    code = "WFC324"
    bad = (
        "import warnings\n" + in_flow("with warnings.catch_warnings():\n        await charge()"),
        "import contextlib, io\n" + in_flow("with contextlib.redirect_stdout(io.StringIO()):\n        await charge()"),
        "import contextlib, sys\n"
        + in_flow("with contextlib.redirect_stderr(sys.stdout):\n        await workflow.sleep(5)"),
        "import threading\nLOCK = threading.Lock()\n" + in_flow("with LOCK:\n        await charge()"),
        "import warnings, contextlib\n"
        + in_flow(
            "with contextlib.ExitStack() as stack:\n        stack.enter_context(warnings.catch_warnings())\n"
            "        await charge()"
        ),
    )
    good = (
        "import warnings\n"
        + in_flow("with warnings.catch_warnings():\n        text = name.upper()\n    await charge()"),
        "import decimal\n"
        + in_flow("with decimal.localcontext() as context:\n        context.prec = 5\n        await charge()"),
        in_asyncio("async with asyncio.Lock():\n        await charge()"),
        "import contextlib\n" + in_flow("with contextlib.nullcontext():\n        await charge()"),
        "import threading\nLOCK = threading.Lock()\n"
        + in_flow("with LOCK:\n        found = len(name)\n    await charge()"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a warning per manager."""
        for reached in context.graph.flow:
            blocks: list[ast.With | ast.AsyncWith] = [*reached.function.of_type(ast.With)]
            for block in [*blocks, *reached.function.of_type(ast.AsyncWith)]:
                for item in block.items:
                    name = _manager(context, reached, item.context_expr)
                    if name is not None and context.facts.has("holds", name):
                        yield from self._held(context, reached, item.context_expr, block)
            for call in reached.calls:
                yield from self._entered(context, reached, call)

    def _entered(self, context: Context, reached: Reached, call: Call) -> Iterator[Diagnostic]:
        """Look at `stack.enter_context(...)`: what it enters is held until the block of the stack ends."""
        if not (
            isinstance(call.node.func, ast.Attribute) and call.node.func.attr == "enter_context" and call.node.args
        ):
            return
        name = _manager(context, reached, call.node.args[0])
        around = next(
            (node for node in ancestors(reached, call.node) if isinstance(node, ast.With | ast.AsyncWith)), None
        )
        if around is not None and name is not None and context.facts.has("holds", name):
            yield from self._held(context, reached, call.node.args[0], around)

    def _held(
        self, context: Context, reached: Reached, manager: ast.expr, block: ast.With | ast.AsyncWith
    ) -> Iterator[Diagnostic]:
        source = reached.function.module.source
        after = (wait for wait in Waits(context, reached).within(block.body) if shown(wait).lineno >= manager.lineno)
        wait = next(after, None)
        if wait is not None:
            yield Diagnostic(
                self.code,
                f"`{source.text_of(manager)}` holds state of the whole process around a wait",
                source.span(manager),
                label="not put back when the run is put aside",
                secondary=(Note(source.span(shown(wait)), "the run may be put aside here"),),
                help="take the wait out of the block, or do what needs it in a step",
                workflow=reached.root,
                chain=reached.chain,
            )


def _manager(context: Context, reached: Reached, manager: ast.expr) -> str | None:
    """Return what makes a manager: `warnings.catch_warnings` as a call, `threading.Lock` also through its name."""
    if isinstance(manager, ast.Call):
        return reached.callees.get(manager)
    return context.receivers.class_of(reached.function.module, manager)
