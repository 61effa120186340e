"""Blocking calls in `async def` steps: WFC603.

@wf.step
async def page(url):
    return requests.get(url).text       the worker's event loop stands still: no other step goes on

A `def` step runs in a thread of its own, where blocking is right.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...callgraph import Call, Reached
from ...diagnostics import Diagnostic, Edit, Fix, Span
from ..base import Context, Rule
from ..frames import frame_of, own_nodes
from ..scaffold import in_step
from ..ways_on import way_here

_NEEDS_LOOP = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)
_LOOP_LIBRARIES = frozenset({"asyncio", "anyio", "trio", "contextvars", "threading", "signal"})
_ASYNC_DEF = re.compile(r"async\s+(?=def\b)")


class BlockingStep(Rule):
    """A blocking call stands in an `async def` step.

    Why: The steps of a worker that are `async def` share its event loop. While one of them blocks, no other goes on, no
    run advances and no lease is renewed.

    Fix: Make the step a plain `def`: it then runs in a thread of its own (`wfc check --fix` does it where nothing in
    the body needs the event loop). Or use the library's async client, or `await asyncio.to_thread(...)`.

    Suppress: Where the call is known to return at once.
    """

    code = "WFC603"
    bad = (
        "import requests\n" + in_step("return requests.get(name).text"),
        "import time\n" + in_step("time.sleep(1)"),
        "import subprocess\n" + in_step("subprocess.run(['ls', name], check=True)"),
        "import asyncio, requests\n" + in_step("await asyncio.sleep(1)\n    return requests.Session().get(name).text"),
        "import requests\n\ndef fetched(url):\n    return requests.get(url).text\n" + in_step("return fetched(name)"),
        "import boto3\n" + in_step("boto3.client('sqs').send_message(QueueUrl=name, MessageBody='x')"),
        "import urllib.request\n" + in_step("with urllib.request.urlopen(name) as page:\n        return page.read()"),
    )
    good = (
        "import requests\n" + in_step("return requests.get(name).text").replace("async def work", "def work"),
        "import asyncio, requests\n" + in_step("return (await asyncio.to_thread(requests.get, name)).text"),
        "import asyncio, requests\n" + in_step("return await asyncio.to_thread(lambda: requests.get(name).text)"),
        "import asyncio, requests\n"
        + in_step("def fetch():\n        return requests.get(name).text\n    return await asyncio.to_thread(fetch)"),
        "import asyncio, requests\n\ndef fetched(url):\n    return requests.get(url).text\n"
        + in_step("return await asyncio.to_thread(fetched, name)"),
        "import httpx\n"
        + in_step("async with httpx.AsyncClient() as client:\n        return (await client.get(name)).text"),
        "import asyncio, requests\n\nasync def fetched(url):\n    return requests.get(url).text\n"
        + in_step("return asyncio.run(fetched(name))").replace("async def work", "def work"),
        "import requests\n" + in_step("try:\n        pass\n    except requests.HTTPError:\n        pass"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a warning per blocking call that runs in the worker's event loop."""
        roots = {step.id: step.node for step in context.program.steps}
        for reached in context.graph.step:
            if not isinstance(roots.get(reached.root), ast.AsyncFunctionDef):
                continue
            for call in reached.calls:
                if _blocks(context, reached, call) and _in_loop(context, reached, call.node):
                    yield self._report(context, reached, call)

    def _report(self, context: Context, reached: Reached, call: Call) -> Diagnostic:
        source = reached.function.module.source
        shown = source.text_of(call.node.func)
        fix = _made_plain(context, reached) if reached.is_root else None
        plain = "make the step a plain `def`, which runs in a thread of its own"
        return Diagnostic(
            self.code,
            f"`{shown}(...)` blocks in an `async def` step",
            source.span(call.node),
            label="holds up the worker's event loop",
            help=plain if fix else f"{plain}, or write `await asyncio.to_thread({shown}, ...)`",
            workflow=reached.root,
            chain=reached.chain,
            fix=fix,
        )


def _blocks(context: Context, reached: Reached, call: Call) -> bool:
    """Say whether a call keeps its thread waiting: not a constructor, nor what is awaited."""
    callee = call.callee
    if callee is None or callee.rpartition(".")[2][:1].isupper() or not context.facts.has("blocks", callee):
        return False
    return context.kind(call) != "pure" and not isinstance(reached.function.parents.get(call.node), ast.Await)


def _in_loop(context: Context, reached: Reached, node: ast.expr) -> bool:
    """Say whether a call runs in the event loop: no lambda, thread or other function is between it and the step."""
    frame = frame_of(reached, node)
    if isinstance(frame, ast.AsyncFunctionDef):
        return all(_is_direct(*place) for place in way_here(context, reached))
    places = [(reached, node), *way_here(context, reached)]
    return len(places) == len(reached.chain) + 1 and all(_is_direct(*place) for place in places)


def _is_direct(reached: Reached, node: ast.expr) -> bool:
    frame = frame_of(reached, node)
    return isinstance(node, ast.Call) and (frame is reached.function.node or isinstance(frame, ast.AsyncFunctionDef))


def _made_plain(context: Context, reached: Reached) -> Fix | None:
    """Make a step a plain function, where nothing in it needs an event loop and nobody takes its function."""
    node, source = reached.function.node, reached.function.module.source
    if len(node.decorator_list) != 1 or any(isinstance(part, _NEEDS_LOOP) for part in own_nodes(node.body)):
        return None
    if any(isinstance(part, ast.comprehension) and part.is_async for part in own_nodes(node.body)):
        return None
    if not all(_works_in_thread(context, call.callee) for call in reached.calls):
        return None
    taken = f"{node.name}.func".encode()
    if any(taken in module.source.data for module in context.program.modules.values()):
        return None
    line, column = source.lines[node.lineno - 1], source.column(node.lineno, node.col_offset)
    written = _ASYNC_DEF.match(line, column - 1)
    if written is None:
        return None
    span = Span(source.relpath, node.lineno, column, node.lineno, column + written.end() - written.start())
    return Fix("make the step a plain function", (Edit(span, ""),))


def _works_in_thread(context: Context, callee: str | None) -> bool:
    if callee is None or callee.partition(".")[0] in _LOOP_LIBRARIES:
        return False
    return not context.program.names.is_first_party(callee)
