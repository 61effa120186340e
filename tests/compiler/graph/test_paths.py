"""What a workflow does when it runs is a path in its graph.

Random workflows are run under plain asyncio with fake steps (`programs`, `tracing`), and each durable call is
looked for in the graph that was read from their source.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfc_compiler.graph import Graph

from .programs import Program, make_program
from .test_graph import graph_of_text
from .tracing import NotInGraphError, Places, Tracer, run_program

if TYPE_CHECKING:
    from pathlib import Path

# Programs leave coroutines that nothing awaits where an exception takes them elsewhere.
pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")

REGISTRY = "class wf:\n    workflow = staticmethod(lambda function: function)\n"
RUNS = 15


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that is written again and again."""
    return tmp_path_factory.mktemp("project")


def graph_of(root: Path, program: Program) -> Graph:
    """Return the graph of a random workflow."""
    return graph_of_text(root, f"# file: app/flow.py\n{program.project()}")


def run(program: Program, graph: Graph, seed: int) -> Tracer:
    """Run a workflow once."""
    source = random.Random(seed)
    return run_program(REGISTRY + program.text, program.steps, Places(graph), source.randrange)


@given(seed=st.integers(0, 2**32), size=st.integers(1, 12), concurrent=st.booleans())
def test_every_run_is_a_path(root: Path, seed: int, size: int, *, concurrent: bool) -> None:
    """Every sequence of durable calls is one; where tasks run side by side, each of them goes its own."""
    program = make_program(seed, size, concurrent=concurrent)
    graph = graph_of(root, program)
    for number in range(RUNS):
        run(program, graph, seed + number)


@given(seed=st.integers(0, 2**32), size=st.integers(1, 12), concurrent=st.booleans())
def test_a_graph_holds_together(root: Path, seed: int, size: int, *, concurrent: bool) -> None:
    """Ids are unique, edges have ends, every node can be come to, and the same source gives the same graph."""
    program = make_program(seed, size, concurrent=concurrent)
    graph = graph_of(root, program)
    nodes = [node.id for node in graph.nodes]
    assert len(set(nodes)) == len(nodes)
    assert len({edge.id for edge in graph.edges}) == len(graph.edges)
    assert {end for edge in graph.edges for end in (edge.source, edge.target)} <= {*nodes}
    reached, pending = {"start"}, ["start"]
    while pending:
        node = pending.pop()
        new = {edge.target for edge in graph.edges if edge.source == node} - reached
        reached |= new
        pending += new
    assert set(nodes) - {"end"} <= reached
    assert graph_of(root, program) == graph


def test_a_graph_that_lacks_an_edge_is_noticed(root: Path) -> None:
    """Nearly every edge of a graph is needed by some run."""
    noticed = needed = 0
    for seed in range(12):
        program = make_program(seed, 3, concurrent=bool(seed % 2))
        graph = graph_of(root, program)
        seen: set[tuple[str, str]] = set()
        for number in range(60):
            seen |= run(program, graph, number).seen
        labels = {node.id: node.label for node in graph.nodes} | {"end": "end"}
        for edge in graph.edges:
            if (labels[edge.source], labels[edge.target]) not in seen:
                continue
            needed += 1
            less = replace(graph, edges=tuple(other for other in graph.edges if other != edge))
            noticed += any(fails(program, less, number) for number in range(60))
    assert needed > 50, needed
    assert noticed / needed > 0.8  # the rest leads between places that run the same steps


def fails(program: Program, graph: Graph, seed: int) -> bool:
    """Say whether a run is no path in a graph."""
    try:
        run(program, graph, seed)
    except NotInGraphError:
        return True
    return False


def test_a_graph_says_little_that_never_happens(root: Path) -> None:
    """Of what may follow what in the graph, most is seen to follow in a few hundred runs."""
    drawn = happened = 0
    for seed in range(20):
        program = make_program(seed, 3, concurrent=False)
        graph = graph_of(root, program)
        places = Places(graph)
        expected = {
            (node.label, places.label[after])
            for node in graph.nodes
            if node.type != "conditional"
            for after in places.after([node.id])
        }
        seen: set[tuple[str, str]] = set()
        for number in range(300):
            if expected <= seen:
                break
            seen |= run(program, graph, number).seen
        drawn += len(expected)
        happened += len(expected & seen)
    assert happened / drawn > 0.75  # the rest is rare, or depends on what an earlier step gave
