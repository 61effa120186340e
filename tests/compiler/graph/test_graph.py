"""Graphs of workflows, one construct at a time, as edges `from -label-> to`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wfc_compiler.discover import discover_program
from wfc_compiler.graph import Graph, workflow_graph
from wfc_compiler.project import load_project

from ..conftest import write_project

if TYPE_CHECKING:
    from pathlib import Path

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
        ["start =a", "start -> b", "b -> end", "a -> end"],
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


def graph_of(root: Path, body: str) -> Graph:
    """Return the graph of a workflow with a body."""
    return graph_of_text(root, HEAD + "".join(f"    {line}\n" for line in body.splitlines()))


def graph_of_text(root: Path, text: str) -> Graph:
    """Return the graph of the workflow `flow` of a project."""
    (root / "pyproject.toml").touch()
    write_project(root, text)
    program, _ = discover_program(load_project(root).project)
    return workflow_graph(program, next(workflow for workflow in program.workflows if workflow.name == "flow"))


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_a_construct_is_drawn(tmp_path: Path, body: str, expected: list[str]) -> None:
    """Nodes and edges are those of the code's own control flow."""
    assert sorted(edges(graph_of(tmp_path, body))) == sorted(expected)


def test_metadata_tells_what_a_node_is_inside_of(tmp_path: Path) -> None:
    """Loops, branches and parallel groups have the Workflow SDK's metadata."""
    graph = graph_of(tmp_path, "for i in range(x):\n    if i:\n        await a()\nawait asyncio.wait([a(), b()])")
    found = {node.label: dict(node.metadata) for node in graph.nodes if node.type == "step"}
    assert found["b"] == {"parallelGroupId": "parallel_0", "parallelMethod": "allSettled"}
    first = next(node for node in graph.nodes if node.type == "step")
    assert first.metadata == {
        "loopId": "loop_0",
        "loopIsAwait": False,
        "conditionalId": "cond_0",
        "conditionalBranch": "Then",
    }


def test_helpers_that_call_each_other_twice_are_cut(tmp_path: Path) -> None:
    """Twenty of them are a million steps; the graph stays small and says where it was cut."""
    helpers = "".join(f"async def h{n}():\n    await h{n + 1}()\n    await h{n + 1}()\n" for n in range(20))
    before, _, flow = HEAD.rpartition("@wf.workflow\n")
    text = f"{before}{helpers}async def h20():\n    await a()\n@wf.workflow\n{flow}    await h0()\n"
    graph = graph_of_text(tmp_path, text)
    assert len(graph.nodes) < 1000
    cut = [node for node in graph.nodes if node.metadata.get("truncated")]
    assert cut
    assert cut[0].label.startswith("… h")
    assert any(edge.target == "end" for edge in graph.edges)


def test_a_long_workflow_is_not_cut(tmp_path: Path) -> None:
    """What is written once is drawn once, however much of it there is."""
    graph = graph_of(tmp_path, "await a()\n" * 1500)
    assert len(graph.nodes) == 1502


def test_many_tasks_after_many_tasks_meet_in_a_node(tmp_path: Path) -> None:
    """A hundred tasks after a hundred others are two hundred edges, not ten thousand."""
    many = ", ".join(["a()"] * 100)
    graph = graph_of(tmp_path, f"await asyncio.gather({many})\nawait asyncio.gather({many})")
    assert len(graph.edges) < 500
    assert sum(bool(node.metadata.get("joins")) for node in graph.nodes) == 1


def test_a_deep_chain_of_helpers_is_drawn(tmp_path: Path) -> None:
    """A hundred helpers, one calling the next, lead to the last one's step."""
    helpers = "".join(f"async def h{n}():\n    await h{n + 1}()\n" for n in range(100))
    before, _, flow = HEAD.rpartition("@wf.workflow\n")
    text = f"{before}{helpers}async def h100():\n    await a()\n@wf.workflow\n{flow}    await h0()\n"
    assert edges(graph_of_text(tmp_path, text)) == ["start -> a", "a -> end"]
