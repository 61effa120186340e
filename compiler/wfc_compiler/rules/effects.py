"""Side effects in FLOW: WFC201 to 206.

A workflow is run again from its start whenever it wakes up; what it does must be the same each
time. Which library function does what stands in `facts/library/*.toml`; `determinism` is about clock and chance.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import ClassVar

from ..callgraph import Call, Reached
from ..diagnostics import Diagnostic
from .base import Context, Rule


class EffectRule(Rule):
    """A rule about calls of one kind of library function."""

    kind: ClassVar[str]
    headline: ClassVar[str]
    label: ClassVar[str] = "`{name}` runs again on every replay"

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per call of the kind in code that workflows reach."""
        for reached, call in context.effects.get(self.kind, ()):
            if not self.allows(call):
                yield self.report(context, reached, call)

    def allows(self, call: Call) -> bool:
        """Say whether a call of the kind does no harm."""
        return False

    def remedy(self, context: Context, reached: Reached, call: Call) -> str:
        """Return the help line."""
        return move_to_step(reached)

    def report(self, context: Context, reached: Reached, call: Call) -> Diagnostic:
        """Return the finding at a call."""
        name = (call.callee or "").removeprefix("builtins.")
        return Diagnostic(
            self.code,
            self.headline,
            reached.function.module.source.span(call.node),
            label=self.label.format(name=name),
            help=self.remedy(context, reached, call),
            workflow=reached.root,
            chain=reached.chain,
        )


def move_to_step(reached: Reached) -> str:
    """Return the help that turns a helper into a step, or moves a call out of a workflow."""
    function = reached.function
    if reached.is_root or "." in function.dotted.removeprefix(f"{function.module.name}."):
        return "move it into a function of its own with `@wf.step` above it, and await that"
    keyword = "async def" if isinstance(function.node, ast.AsyncFunctionDef) else "def"
    name = function.node.name
    return f"make `{name}` a step: put `@wf.step` above `{keyword} {name}`"


_START = """
from vercel import workflow
wf = workflow.Workflows()
"""


def in_workflow(imports: str, body: str) -> str:
    """Return an example: a workflow with this body."""
    return f"{imports}{_START}\n@wf.workflow\nasync def order(url: str):\n    {body}\n"


def in_step(imports: str, body: str) -> str:
    """Return an example: a step with this body."""
    return f"{imports}{_START}\n@wf.step\nasync def work(url: str):\n    {body}\n"


class Network(EffectRule):
    """A workflow calls the network.

    Why: The call would be made again on every replay, and may answer differently. In a step it is made once, its
    result is recorded, and a failure is retried.

    Fix: Move the call into a step and await that. A helper that does nothing else becomes a step by `@wf.step`
    above it.

    Suppress: Where repeating the call does no harm and nothing depends on the answer; a step is nearly always
    better.
    """

    code = "WFC201"
    kind = "network"
    headline = "workflow calls the network"
    bad = (
        in_workflow("import httpx", "return httpx.get(url).text"),
        in_workflow(
            "import httpx",
            "async with httpx.AsyncClient() as client:\n        return await client.get(url)",
        ),
        in_workflow("import requests\nsession = requests.Session()", "session.post(url)"),
        "# file: prices.py\nimport httpx\n\nasync def rate(c: httpx.AsyncClient):\n"
        "    return await c.get('/')\n# file: app.py"
        + in_workflow("\nfrom prices import rate", "return await rate(None)"),
    )
    good = (
        in_step("import httpx", "return httpx.get(url).text"),
        in_workflow("import httpx", "return str(httpx.URL(url))"),
        in_workflow("import httpx", "assert not isinstance(url, httpx.HTTPError)"),
    )

    def allows(self, call: Call) -> bool:
        """Allow constructors: what counts is the call that goes out, and it is reported."""
        name = (call.callee or "").rpartition(".")[2]
        return name[:1].isupper()


class Filesystem(EffectRule):
    """A workflow reads or writes files.

    Why: What is on a disk changes between replays, the next replay may happen on another machine, and a write would
    be repeated.

    Fix: Move it into a step that returns what the workflow needs to know.

    Suppress: Where the file is shipped with the code and never changes, such as a template or a table.
    """

    code = "WFC202"
    kind = "filesystem"
    headline = "workflow uses the filesystem"
    bad = (
        in_workflow("", "return open(url).read()"),
        in_workflow("from pathlib import Path", "return Path(url).read_text()"),
        in_workflow("import os", "os.remove(url)"),
    )
    good = (
        in_step("", "return open(url).read()"),
        in_workflow("from pathlib import PurePath", "return PurePath(url).name"),
        in_workflow("import os.path", "return os.path.join(url, 'x')"),
        in_workflow("def open(x): return x", "return open(url)"),
    )

    def allows(self, call: Call) -> bool:
        """Report `open(...)` once, not the methods of the file as well."""
        return (call.callee or "").startswith(("io.TextIOWrapper.", "sqlite3.Connection."))


class Process(EffectRule):
    """A workflow starts, signals or ends a process.

    Why: It would do so on every replay, and each time it wakes up on another machine.

    Fix: Move it into a step.

    Suppress: Hardly ever: a process that may be started any number of times still costs each replay its time.
    """

    code = "WFC203"
    kind = "process"
    headline = "workflow starts or signals a process"
    bad = (in_workflow("import subprocess", "subprocess.run(['ls'])"),)
    good = (in_step("import subprocess", "subprocess.run(['ls'])"),)


class Threads(EffectRule):
    """A workflow uses threads, processes, executors or another event loop.

    Why: The order in which they finish can't be replayed, and a run that is put aside would leave them behind.

    Fix: `asyncio.gather` and `asyncio.create_task` over steps run work side by side; blocking code belongs in a
    plain `def` step, which gets a thread of its own.

    Suppress: Where the thread is a library's own, and nothing of it comes back into the workflow.
    """

    code = "WFC204"
    kind = "threads"
    headline = "workflow uses threads or another event loop"
    label = "the order in which `{name}` runs can't be replayed"
    bad = (
        in_workflow("import asyncio", "await asyncio.to_thread(print, url)"),
        in_workflow("import threading", "threading.Thread(target=print).start()"),
    )
    good = (
        in_workflow("import asyncio", "await asyncio.gather(workflow.sleep(1), asyncio.sleep(1))"),
        in_step("import asyncio", "await asyncio.to_thread(print, url)"),
    )

    def allows(self, call: Call) -> bool:
        """Report the thread where it is made, not each of its methods."""
        return (call.callee or "").startswith(("threading.Thread.", "threading.Timer."))


class BlockingSleep(EffectRule):
    """A workflow blocks in `time.sleep`.

    Why: It holds up every other run on the worker, and is repeated on every replay.

    Fix: `await workflow.sleep(...)` suspends the run and costs nothing while it waits.

    Suppress: In a test of the worker itself, where blocking is the point.
    """

    code = "WFC205"
    kind = "blocking"
    headline = "workflow blocks in `time.sleep`"
    label = "holds up the worker, again on every replay"
    bad = (in_workflow("import time", "time.sleep(5)"),)
    good = (in_workflow("", "await workflow.sleep(5)"), in_step("import time", "time.sleep(5)"))

    def remedy(self, context: Context, reached: Reached, call: Call) -> str:
        """Name the durable sleep."""
        argument = reached.function.module.source.text_of(call.node.args[0]) if call.node.args else "..."
        return f"write `await {context.spell(reached, 'sleep')}({argument})`"


class Interactive(EffectRule):
    """A workflow asks a person at a terminal.

    Why: A worker has no terminal, and the question would be asked again on every replay.

    Fix: Wait for a hook: it takes a person's answer whenever it comes.

    Suppress: Hardly ever: under a worker it raises or hangs.
    """

    code = "WFC206"
    kind = "interactive"
    headline = "workflow asks a person at a terminal"
    label = "a worker has no terminal"
    bad = (in_workflow("", "return input()"),)
    good = (in_step("", "return input()"),)

    def remedy(self, context: Context, reached: Reached, call: Call) -> str:
        """Name the durable question."""
        return "wait for a hook (`async for event in Approval.wait()`), or remove it"


EFFECT_RULES: tuple[type[Rule], ...] = (
    Network,
    Filesystem,
    Process,
    Threads,
    BlockingSleep,
    Interactive,
)
