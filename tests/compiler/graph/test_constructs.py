"""Graphs of what workflows are written with, one construct at a time; `test_graph` has the plainest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_graph import HEAD, edges, graph_of_text

if TYPE_CHECKING:
    from pathlib import Path

BEFORE, _, FLOW = HEAD.rpartition("@wf.workflow\n")
MORE = """\
import contextlib, functools, sdk
@wf.step
async def c(x=0): ...
@wf.workflow
async def child():
    await c()
@wf.workflow
"""

CASES = {
    "except, else, finally": (
        ("try:\n    await a()\nexcept ValueError:\n    return\nelse:\n    await b()\nfinally:\n    await c()"),
        ["start -> a", "a -> b", "a -> c", "a -except ValueError-> c", "b -> c", "c -> end"],
    ),
    "except catches what is raised": (
        ("try:\n    if x:\n        raise KeyError\n    await a()\nexcept LookupError:\n    await b()"),
        [
            "start -> x",
            "x -false-> a",
            "x -true, except LookupError-> b",
            "a -except LookupError-> b",
            "a -> end",
            "b -> end",
        ],
    ),
    "except passes what it can't catch": (
        ("try:\n    if x:\n        raise OSError\n    await a()\nexcept KeyError:\n    await b()"),
        [
            "start -> x",
            "x -false-> a",
            "x -true, raise OSError-> end",
            "a -except KeyError-> b",
            "a -> end",
            "b -> end",
        ],
    ),
    "raise": (
        "await a()\nif x:\n    raise ValueError(x)\nawait b()",
        ["start -> a", "a -> x", "x -false-> b", "x -true, raise ValueError-> end", "b -> end"],
    ),
    "raise again": (
        "try:\n    await a()\nexcept ValueError:\n    await b()\n    raise\nawait c()",
        ["start -> a", "a -except ValueError-> b", "a -> c", "b -raise-> end", "c -> end"],
    ),
    "return through finally": (
        "try:\n    if await a():\n        return\nfinally:\n    await b()\nawait c()",
        ["start -> a", "a -> b", "b -> c", "b -> end", "c -> end"],
    ),
    "break through finally": (
        (
            "for i in range(x):\n"
            "    try:\n"
            "        if await a():\n"
            "            break\n"
            "    finally:\n"
            "        await b()\n"
            "await c()"
        ),
        ["start -> c", "start -> a", "a -> b", "b -> c", "b -raise-> end", "b -back-> a", "c -> end"],
    ),
    "match without wildcard": (
        ("match x:\n    case 1:\n        await a()\n    case 2 if await b():\n        await c()"),
        [
            "start -> x",
            "x -1-> a",
            "x -2 if await b()-> b",
            "x -no match-> end",
            "a -> end",
            "b -> c",
            "b -> end",
            "c -> end",
        ],
    ),
    "a guard that waits falls to every later case": (
        (
            "match x:\n"
            "    case 1 if x and await a():\n"
            "        await b()\n"
            "    case 2 if x > 1:\n"
            "        await c()\n"
            "    case 3:\n"
            "        return\n"
            "await b()"
        ),
        [
            "start -> x",
            "x -1 if x and await a()-> a",
            "x -2 if x > 1-> c",
            "x -3-> end",
            "x -no match-> b",
            "a -> b",
            "a -> c",
            "a -> b",
            "a -> end",
            "b -> b",
            "c -> b",
            "b -> end",
        ],
    ),
    "ternary": (
        "y = await a() if x else await b()",
        ["start -> x", "x -true-> a", "x -false-> b", "a -> end", "b -> end"],
    ),
    "and waits": (
        "if x and await a():\n    await b()",
        [
            "start -> x",
            "x -true-> a",
            "x -false-> end",
            "a -> await a()",
            "await a() -true-> b",
            "await a() -false-> end",
            "b -> end",
        ],
    ),
    "or of two": (
        "y = await a() or await b()",
        ["start -> a", "a -> b", "a -> end", "b -> end"],
    ),
    "while with else": (
        "while x:\n    if await a():\n        break\nelse:\n    await b()",
        [
            "start -> b",
            "start -> a",
            "a -> await a()",
            "await a() -true-> end",
            "await a() -false-> b",
            "await a() -false-> a",
            "b -> end",
        ],
    ),
    "continue": (
        "for i in range(x):\n    if await a():\n        continue\n    await b()",
        [
            "start -> end",
            "start -> a",
            "a -> await a()",
            "await a() -false-> b",
            "await a() -true-> end",
            "await a() -true-> a",
            "b -> end",
            "b -back-> a",
        ],
    ),
    "endless": (
        "while True:\n    await a()",
        ["start -> a", "a -back-> a"],
    ),
    "fan-out": (
        "await asyncio.gather(*[a(i) for i in range(x)])\nawait b()",
        ["start =a", "start -> b", "a -> b", "b -> end"],
    ),
    "fan-out by a generator": (
        "await asyncio.gather(*(a(i) for i in range(x)))",
        ["start =a", "start -> end", "a -> end"],
    ),
    "tasks in a list": (
        (
            "ts = []\n"
            "for i in range(x):\n"
            "    ts.append(asyncio.create_task(a(i)))\n"
            "await b()\n"
            "await asyncio.gather(*ts)\n"
            "await c()"
        ),
        ["start =a", "start -> b", "a -> c", "b -> c", "c -> end"],
    ),
    "coroutines in a list": (
        "cs = [a(), b()]\nawait c()\nawait asyncio.gather(*cs)",
        ["start -> c", "c =a", "c =b", "a -> end", "b -> end"],
    ),
    "first completed": (
        ("done, rest = await asyncio.wait([a(), b()], return_when=asyncio.FIRST_COMPLETED)\nawait c()"),
        ["start =a", "start =b", "a -> c", "b -> c", "c -> end"],
    ),
    "timeout": (
        ("try:\n    async with asyncio.timeout(5):\n        await a()\nexcept TimeoutError:\n    await b()"),
        [
            "start =timeout",
            "start -> a",
            "timeout -except TimeoutError-> b",
            "a -except TimeoutError-> b",
            "a -> end",
            "b -> end",
        ],
    ),
    "wait_for": (
        "await asyncio.wait_for(a(), 5)",
        ["start =a", "start =timeout", "a -> end", "timeout -raise TimeoutError-> end"],
    ),
    "as_completed": (
        "for f in asyncio.as_completed([a(), b()]):\n    await f\n    await c()",
        ["start =a", "start =b", "start -> end", "start -> c", "a -> c", "b -> c", "c -> end", "c -back-> c"],
    ),
    "nested function": (
        "async def inner(s):\n    return await s()\nawait inner(a)\nawait inner(b)",
        ["start -> a", "a -> b", "b -> end"],
    ),
    "a sleep in a timeout": (
        ("try:\n    async with asyncio.timeout(5):\n        await wfc.sleep(1)\nexcept TimeoutError:\n    await b()"),
        [
            "start =timeout",
            "start -> sleep",
            "timeout -except TimeoutError-> b",
            "sleep -except TimeoutError-> b",
            "sleep -> end",
            "b -> end",
        ],
    ),
    "a handler that no timer reaches": (
        "try:\n    await wfc.sleep(1)\nexcept ValueError:\n    await b()",
        ["start -> sleep", "sleep -> end"],
    ),
    "a coroutine kept in a dict": (
        "kept = {}\nkept[x] = a()\nawait b()\nawait kept[x]",
        ["start -> b", "b -> a", "a -> end"],
    ),
    "the same step twice": (
        "await asyncio.gather(a(), a())",
        ["start =a", "start =a", "a -> end", "a -> end"],
    ),
    "lambda": (
        "f = lambda: a()\nawait f()",
        ["start -> a", "a -> end"],
    ),
    "partial": (
        "f = functools.partial(a, 1)\nawait f()",
        ["start -> a", "a -> end"],
    ),
    "method": (
        "class C:\n    async def run(self):\n        await a()\nawait C().run()",
        ["start -> a", "a -> end"],
    ),
    "recursion": (
        ("async def r(n):\n    await a()\n    if n:\n        await r(n - 1)\n    await b()\nawait r(x)"),
        ["start -> a", "a -> n", "n -false-> b", "n -true-> a", "b -> b", "b -> end"],
    ),
    "dict of steps": (
        "await {'a': a, 'b': b}[x](1)",
        ["start -> a", "start -> b", "a -> end", "b -> end"],
    ),
    "steps passed on": (
        ("async def each(step, xs):\n    return [await step(i) for i in xs]\nawait each(a, [1])"),
        ["start -> end", "start -> a", "a -> end", "a -back-> a"],
    ),
    "alias": (
        "act = a\nawait act()",
        ["start -> a", "a -> end"],
    ),
    "stored coroutine": (
        "later = a()\nawait b()\nawait later",
        ["start -> b", "b -> a", "a -> end"],
    ),
    "walrus": (
        "if (y := await a()):\n    await b()",
        ["start -> a", "a -> y := await a()", "y := await a() -true-> b", "y := await a() -false-> end", "b -> end"],
    ),
    "hook in a variable": (
        "w = H.wait(token='t')\nawait a()\nawait w",
        ["start -> a", "a -> H.wait", "H.wait -> end"],
    ),
    "hook as a context": (
        "async with H.wait(token='t') as w:\n    await a()\n    await w",
        ["start -> a", "a -> H.wait", "H.wait -> end"],
    ),
    "sleeps": (
        "await asyncio.sleep(1)\nawait wfc.sleep('2 days')",
        ["start -> sleep", "sleep -> sleep", "sleep -> end"],
    ),
    "child inline": (
        "await child()\nawait b()",
        ["start -> c", "c -> b", "b -> end"],
    ),
    "child run": (
        "r = await wfc.start(child)\nawait b()\nawait r.return_value()",
        ["start -> start child", "start child -> b", "b -> child.return_value", "child.return_value -> end"],
    ),
    "context manager": (
        (
            "@contextlib.asynccontextmanager\n"
            "async def held():\n"
            "    await a()\n"
            "    try:\n"
            "        yield\n"
            "    finally:\n"
            "        await b()\n"
            "async with held():\n"
            "    await c()"
        ),
        ["start -> a", "a -> c", "c -> b", "b -> end"],
    ),
    "suppress": (
        "with contextlib.suppress(ValueError):\n    await a()\nawait b()",
        ["start -> a", "a -> b", "b -> end"],
    ),
    "async generator": (
        (
            "async def pages():\n"
            "    while True:\n"
            "        yield await a()\n"
            "async for p in pages():\n"
            "    if await b():\n"
            "        break"
        ),
        ["start -> a", "a -> b", "b -> await b()", "await b() -true-> end", "await b() -false-> a"],
    ),
    "task of the round before": (
        (
            "last = None\n"
            "for i in range(x):\n"
            "    if last:\n"
            "        await last\n"
            "    last = asyncio.create_task(a(i))\n"
            "await b()"
        ),
        ["start -> b", "start -> a", "a =a", "a -> b", "b -> end"],
    ),
    "decorator": (
        (
            "def twice(f):\n"
            "    async def inner():\n"
            "        await f()\n"
            "        await b()\n"
            "    return inner\n"
            "@twice\n"
            "async def h():\n"
            "    await a()\n"
            "await h()"
        ),
        ["start -> a", "a -> b", "b -> end"],
    ),
    "a manager of the project that waits for nothing": (
        ("@contextlib.contextmanager\ndef traced():\n    yield 1\nwith traced():\n    await a()\nawait b()"),
        ["start -> a", "a -> b", "b -> end"],
    ),
    "a generator of the project that waits for nothing": (
        ("def numbers():\n    yield 1\nfor number in numbers():\n    await a()\nawait b()"),
        ["start -> a", "a -> b", "b -> end"],
    ),
    "unknown function given steps": (
        "await sdk.run(a, b())",
        ["start -> a", "start =b", "a =b", "b -> end"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_a_construct_is_drawn(tmp_path: Path, body: str, expected: list[str]) -> None:
    """Nodes and edges are those of the code's own control flow."""
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    assert sorted(edges(graph_of_text(tmp_path, BEFORE + MORE + FLOW + indented))) == sorted(expected)
