"""Graphs of workflows, one construct at a time, as edges `from -label-> to`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wfc_compiler.checking import check_project
from wfc_compiler.graph import Graph, render_dot, render_json, render_mermaid, workflow_graph

if TYPE_CHECKING:
    from ..conftest import Compile

HEAD = """\
# file: app/flow.py
import asyncio
import wfc, pydantic
from app.workflow import wf
@wf.step
async def a(x=0): ...
@wf.step
async def b(x=0): ...
class H(pydantic.BaseModel, wfc.BaseHook):
    ok: bool
async def helper(x):
    return await b(x)
@wf.workflow
async def flow(*, x: int):
"""

CASES = {
    "sequence": ("await a()\nawait b()", ["start -> a", "a -> b", "b -> end"]),
    "arguments come first": ("await a(await b())", ["start -> b", "b -> a", "a -> end"]),
    "if without else": (
        "if x:\n    await a()\nawait b()",
        ["start -> x", "x -true-> a", "a -> b", "x -false-> b", "b -> end"],
    ),
    "if that returns": ("if x:\n    return\nawait b()", ["start -> x", "x -false-> b", "b -> end", "x -true-> end"]),
    "if without steps": ("y = 1\nif x:\n    y = 2\nawait a()", ["start -> a", "a -> end"]),
    "elif": (
        "if x == 1:\n    await a()\nelif x == 2:\n    await b()",
        [
            "start -> x == 1",
            "x == 1 -true-> a",
            "x == 1 -false-> x == 2",
            "x == 2 -true-> b",
            "a -> end",
            "b -> end",
            "x == 2 -false-> end",
        ],
    ),
    "for": (
        "for i in range(x):\n    await a()\nawait b()",
        ["start -> a", "a -back-> a", "start -> b", "a -> b", "b -> end"],
    ),
    "while true with break": (
        "while True:\n    if await a():\n        break\n    await b()",
        ["start -> a", "a -> await a()", "await a() -false-> b", "b -back-> a", "await a() -true-> end"],
    ),
    "while waits": ("while await a():\n    await b()", ["start -> a", "a -> b", "b -back-> a", "a -> end"]),
    "gather": ("await asyncio.gather(a(), b())", ["start =a", "start =b", "a -> end", "b -> end"]),
    "task group": (
        "async with asyncio.TaskGroup() as g:\n    g.create_task(a())\n    g.create_task(b())",
        ["start =a", "start =b", "a -> end", "b -> end"],
    ),
    "task awaited later": (
        "t = asyncio.create_task(a())\nawait b()\nawait t",
        ["start -> a", "start -> b", "b -> end", "a -> end"],
    ),
    "sleep and hook": (
        "await wfc.sleep('1s')\nawait H.wait(token=str(x))",
        ["start -> sleep", "sleep -> H.wait", "H.wait -> end"],
    ),
    "async for over a hook": (
        "async for e in H.wait(token=str(x)):\n    await a()",
        ["start -> H.wait", "H.wait -> a", "a -back-> H.wait", "H.wait -> end"],
    ),
    "try": (
        "try:\n    await a()\nexcept ValueError:\n    await b()",
        ["start -> a", "a -except ValueError-> b", "a -> end", "b -> end"],
    ),
    "try finally": ("try:\n    await a()\nfinally:\n    await b()", ["start -> a", "a -> b", "b -> end"]),
    "helper": ("await helper(1)", ["start -> b", "b -> end"]),
    "comprehension": (
        "return [await a(i) for i in range(x)]",
        ["start -> a", "a -back-> a", "start -> end", "a -> end"],
    ),
    "match": (
        "match x:\n    case 1:\n        await a()\n    case _:\n        await b()",
        ["start -> x", "x -1-> a", "x -_-> b", "a -> end", "b -> end"],
    ),
}


def edges(graph: Graph) -> list[str]:
    """Return the edges in a form that can be read."""
    label = {node.id: node.label for node in graph.nodes} | {"start": "start", "end": "end"}
    marks = {"loop": " -back-> ", "parallel": " =", "default": " -> ", "conditional": " -> "}
    found = []
    for edge in graph.edges:
        mark = f" -{edge.label}-> " if edge.label else marks[edge.type]
        found.append(f"{label[edge.source]}{mark}{label[edge.target]}")
    return found


def graph_of(compile_text: Compile, body: str) -> Graph:
    """Return the graph of a workflow with a body."""
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    program = check_project(compile_text(HEAD + indented).root).program
    return workflow_graph(program, program.workflows[0])


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_a_construct_is_drawn(compile_text: Compile, body: str, expected: list[str]) -> None:
    """Nodes and edges are those of the code's own control flow."""
    assert sorted(edges(graph_of(compile_text, body))) == sorted(expected)


def test_metadata_tells_what_a_node_is_inside_of(compile_text: Compile) -> None:
    """Loops, branches and parallel groups have the Workflow SDK's metadata."""
    graph = graph_of(compile_text, "for i in range(x):\n    if i:\n        await a()\nawait asyncio.wait([a(), b()])")
    found = {node.label: dict(node.metadata) for node in graph.nodes if node.type == "step"}
    assert found["b"] == {"parallelGroupId": "parallel_0", "parallelMethod": "allSettled"}
    first = next(node for node in graph.nodes if node.type == "step")
    assert first.metadata == {
        "loopId": "loop_0",
        "loopIsAwait": False,
        "conditionalId": "cond_0",
        "conditionalBranch": "Then",
    }


def test_every_format_shows_every_node(compile_text: Compile) -> None:
    """Mermaid, dot and JSON hold the same nodes; labels are quoted."""
    graph = graph_of(compile_text, "if x == 'q\"':\n    await a()")
    for text in (render_mermaid(graph), render_dot(graph)):
        assert all(node.id in text or node.id == "end" for node in graph.nodes)
    assert "&quot;" in render_mermaid(graph)
    assert [node["id"] for node in json.loads(render_json(graph))["nodes"]] == [node.id for node in graph.nodes]
