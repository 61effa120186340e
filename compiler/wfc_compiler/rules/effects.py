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
from .scaffold import flow_with, step_with
from .sources import Source


class EffectRule(Rule):
    """A rule about calls of one kind of library function, and about handing one to what calls it."""

    kind: ClassVar[str]
    headline: ClassVar[str]
    label: ClassVar[str] = "`{name}` runs again on every replay"

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per call of the kind in code that workflows reach."""
        for reached, call in context.effects.get(self.kind, ()):
            if not self.allows(context, reached, call) and not self._follows(context, reached, call):
                yield self.report(context, reached, call.node, call.callee or "")
        for source in context.mentions.sources:
            if _is_handed_on(context, source) and context.facts.kind(source.name, has_arguments=True) == self.kind:
                yield self.report(context, source.reached, source.node, source.name)

    def allows(self, context: Context, reached: Reached, call: Call) -> bool:
        """Say whether a call of the kind does no harm."""
        return False

    def settles(self, context: Context, reached: Reached, call: Call) -> bool:
        """Say whether a call of the kind says all there is to say about what it makes."""
        return True

    def _follows(self, context: Context, reached: Reached, call: Call) -> bool:
        """Say whether a method is called of what another call of the kind made: `open(...)` is one finding."""
        receivers, module, node = context.receivers, reached.function.module, call.node
        seen: set[ast.AST] = set()
        while isinstance(node.func, ast.Attribute) and node not in seen:
            seen.add(node)
            maker = receivers.made_by(module, node.func.value)
            if maker is None:
                return False
            made = Call(maker, receivers.callee(module, maker.func))
            if context.kind(made) == self.kind:
                return self.settles(context, reached, made)
            node = maker
        return False

    def remedy(self, context: Context, reached: Reached, node: ast.expr) -> str:
        """Return the help line."""
        return move_to_step(reached)

    def report(self, context: Context, reached: Reached, node: ast.expr, name: str) -> Diagnostic:
        """Return the finding at a call, or where a function is handed on."""
        return Diagnostic(
            self.code,
            self.headline,
            reached.function.module.source.span(node),
            label=self.label.format(name=name.removeprefix("builtins.")),
            help=self.remedy(context, reached, node),
            workflow=reached.root,
            chain=reached.chain,
        )


_ABOUT_CLASSES = frozenset({"builtins.isinstance", "builtins.issubclass", "typing.cast"})


def _is_handed_on(context: Context, source: Source) -> bool:
    """Say whether a function is given to a call that does nothing bad itself: `map(httpx.get, urls)`."""
    parents = source.reached.function.parents
    parent = parents.get(source.node)
    call = parents.get(parent) if isinstance(parent, ast.keyword) else parent
    is_class = source.name.rpartition(".")[2][:1].isupper() or context.facts.returns(source.name) == source.name
    if source.at_import or is_class or not isinstance(call, ast.Call):
        return False
    callee = context.receivers.callee(source.reached.function.module, call.func)
    if callee in _ABOUT_CLASSES:
        return False
    return callee is None or context.kind(Call(call, callee)) in (None, "pure")


def move_to_step(reached: Reached) -> str:
    """Return the help that turns a helper into a step, or moves a call out of a workflow."""
    function = reached.function
    if reached.is_root or "." in function.dotted.removeprefix(f"{function.module.name}."):
        return "move it into a function of its own with `@wf.step` above it, and await that"
    keyword = "async def" if isinstance(function.node, ast.AsyncFunctionDef) else "def"
    name = function.node.name
    return f"make `{name}` a step: put `@wf.step` above `{keyword} {name}`"


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
        flow_with("import httpx", "return httpx.get(url).text"),
        flow_with(
            "import httpx",
            "async with httpx.AsyncClient() as client:\n        return await client.get(url)",
        ),
        flow_with("import requests\nsession = requests.Session()", "session.post(url)"),
        flow_with("import psycopg", "with psycopg.connect(url) as c:\n        return c.execute(url).fetchall()"),
        flow_with("import smtplib", "mail = smtplib.SMTP(url)\n    mail.sendmail(url, url, url)"),
        flow_with("import requests", "return list(map(requests.get, [url]))"),
        flow_with("import openai\nai = openai.OpenAI()", "return ai.chat.completions.create(messages=[], model=url)"),
        flow_with(
            "import requests\nclass Api:\n    def __init__(self): self.session = requests.Session()\n"
            "    def rate(self): return self.session.get('/').json()\n",
            "return Api().rate()",
        ),
        "# file: prices.py\nimport httpx\n\nasync def rate(c: httpx.AsyncClient, url: str):\n"
        "    return await c.get(url)\n# file: app.py"
        + flow_with("\nimport httpx\nfrom prices import rate", "return await rate(httpx.AsyncClient(), url)"),
    )
    good = (
        step_with("import httpx", "return httpx.get(url).text"),
        flow_with("import httpx", "return str(httpx.URL(url))"),
        flow_with("import httpx", "assert not isinstance(url, httpx.HTTPError)"),
        flow_with("import requests", "raise requests.HTTPError(url)"),
        flow_with("import httpx", "return httpx.Client(base_url=url).build_request('GET', '/').method"),
        flow_with(
            "import httpx\nclass Missing(httpx.HTTPError):\n    def __init__(self): super().__init__('x')\n",
            "raise Missing",
        ),
        flow_with("import socket", "return socket.inet_aton(url)"),
        flow_with("import socket", "return isinstance(url, (socket.socket, str)) or isinstance(url, socket.socket)"),
    )

    def allows(self, context: Context, reached: Reached, call: Call) -> bool:
        """Allow constructors: what counts is the call that goes out, and it is reported."""
        name = (call.callee or "").removesuffix(".__init__").rpartition(".")[2]
        return name[:1].isupper()

    def settles(self, context: Context, reached: Reached, call: Call) -> bool:
        """Report `connect(...)` once; of a client that a constructor makes each call."""
        return not self.allows(context, reached, call)


_FILES = tuple(
    f"io.{name}." for name in ("TextIOWrapper", "BufferedReader", "BufferedWriter", "BufferedRandom", "FileIO")
)
_IN_MEMORY = frozenset({"io.BytesIO", "io.StringIO"})


def _subjects(call: ast.Call) -> list[ast.expr]:
    """Return what a call may work on: a `fileobj`, or else its first argument."""
    named = [item.value for item in call.keywords if item.arg in ("fileobj", "file", "source")]
    return named or call.args[:1]


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
        flow_with("", "return open(url).read()"),
        flow_with("from pathlib import Path", "return Path(url).read_text()"),
        flow_with("import os", "os.remove(url)"),
        flow_with("import os", "return list(map(os.path.getsize, [url]))"),
        flow_with("import zipfile", "with zipfile.ZipFile(url) as z:\n        return z.namelist()"),
        flow_with("import pathlib\nBASE = pathlib.Path('a')", "return (BASE / url).read_text()"),
        flow_with("LOG = open('log', 'a')", "LOG.write(url)"),
    )
    good = (
        step_with("", "return open(url).read()"),
        flow_with("from pathlib import PurePath", "return PurePath(url).name"),
        flow_with("import os.path", "return os.path.join(url, 'x')"),
        flow_with("def open(x): return x", "return open(url)"),
        flow_with("import io, zipfile", "with zipfile.ZipFile(io.BytesIO(), 'w') as z:\n        z.writestr('a', url)"),
        flow_with(
            "import io, gzip", "out = io.BytesIO()\n    gzip.GzipFile(fileobj=out, mode='w').write(url.encode())"
        ),
        flow_with("import sqlite3", "return sqlite3.connect(':memory:').execute(url).fetchall()"),
        flow_with("import glob, os.path", "return glob.escape(os.path.basename(url))"),
    )

    def allows(self, context: Context, reached: Reached, call: Call) -> bool:
        """Allow what stays in memory, and the methods of files: what opens one is reported where it does."""
        func = call.node.func
        if (call.callee or "").startswith(_FILES) and isinstance(func, ast.Attribute):
            # But what a module has opened is open before any workflow runs.
            return context.program.names.canonical(reached.function.module, func.value) is None
        module, (first, *_) = reached.function.module, (*_subjects(call.node), None)
        if isinstance(first, ast.Constant) and first.value == ":memory:":
            return True
        return first is not None and context.receivers.class_of(module, first) in _IN_MEMORY


class Process(EffectRule):
    """A workflow starts, signals or ends a process.

    Why: It would do so on every replay, and each time it wakes up on another machine.

    Fix: Move it into a step.

    Suppress: Hardly ever: a process that may be started any number of times still costs each replay its time.
    """

    code = "WFC203"
    kind = "process"
    headline = "workflow starts or signals a process"
    bad = (
        flow_with("import subprocess", "subprocess.run(['ls'])"),
        flow_with(
            "import asyncio",
            "ls = await asyncio.create_subprocess_exec('ls', stdout=-1)\n    return await ls.stdout.read()",
        ),
    )
    good = (step_with("import subprocess", "subprocess.run(['ls'])"),)


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
        flow_with("import asyncio", "await asyncio.to_thread(print, url)"),
        flow_with("import threading", "threading.Thread(target=print).start()"),
    )
    good = (
        flow_with("import asyncio", "await asyncio.gather(workflow.sleep(1), asyncio.sleep(1))"),
        step_with("import asyncio", "await asyncio.to_thread(print, url)"),
    )


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
    bad = (flow_with("import time", "time.sleep(5)"),)
    good = (flow_with("", "await workflow.sleep(5)"), step_with("import time", "time.sleep(5)"))

    def remedy(self, context: Context, reached: Reached, node: ast.expr) -> str:
        """Name the durable sleep."""
        arguments = node.args if isinstance(node, ast.Call) else []
        argument = reached.function.module.source.text_of(arguments[0]) if arguments else "..."
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
    bad = (flow_with("", "return input()"),)
    good = (step_with("", "return input()"),)

    def remedy(self, context: Context, reached: Reached, node: ast.expr) -> str:
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
