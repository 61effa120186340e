"""Drawings of graphs: what is quoted, what is boxed, and that every line is one of the grammar's."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfc_compiler.graph import Edge, Graph, Node, render_dot, render_json, render_mermaid

from .programs import make_program
from .test_graph import graph_of, graph_of_text

if TYPE_CHECKING:
    from pathlib import Path

MERMAID_TEXT = r'"(?:[^"\#<>&`]|\#(?:quot|amp|lt|gt|\d+);)*"'
MERMAID_ID = r"(?:start|finish|(?:node|cond)_\d+(?:_node)?)"
MERMAID = re.compile(
    rf"""\s*(?:
        flowchart\ TD
      | subgraph\ \w+\[{MERMAID_TEXT}\]
      | end
      | {MERMAID_ID}(?:\(\[{MERMAID_TEXT}\]\)|\[/?{MERMAID_TEXT}/?\]|\{{{MERMAID_TEXT}\}})
      | {MERMAID_ID}\ (?:-->|==>|-\.->)(?:\|{MERMAID_TEXT}\|)?\ {MERMAID_ID}
    )""",
    re.VERBOSE,
)
DOT_TEXT = r'"(?:[^"\\]|\\\\|\\")*"'
DOT_ATTRIBUTES = rf"\[\w+=(?:\w+|{DOT_TEXT})(?:,\ \w+=(?:\w+|{DOT_TEXT}))*\];"
DOT = re.compile(
    rf"""\s*(?:
        digraph\ workflow\ \{{
      | subgraph\ cluster_\w+\ \{{\ label={DOT_TEXT};\ style=rounded;\ color=gray50;\ fontcolor=gray30;
      | \}}
      | \w+\ {DOT_ATTRIBUTES}
      | \w+\ ->\ \w+\ {DOT_ATTRIBUTES}
    )""",
    re.VERBOSE,
)


def check_grammar(text: str, line_form: re.Pattern[str], opening: str, closing: str) -> None:
    """Fail on a line that isn't one of the grammar, or on boxes that aren't closed."""
    depth = 0
    for line in text.splitlines():
        assert line_form.fullmatch(line), line
        depth += bool(re.match(opening, line.strip())) - (line.strip() == closing)
        assert depth >= 0
    assert depth == 0


def check_drawings(graph: Graph) -> None:
    """Fail when a drawing is none."""
    check_grammar(render_mermaid(graph), MERMAID, "subgraph", "end")
    check_grammar(render_dot(graph), DOT, "digraph|subgraph", "}")
    drawn = re.findall(rf"^\s*({MERMAID_ID})[\[({{]", render_mermaid(graph), re.MULTILINE)
    assert drawn == ["finish" if node.id == "end" else node.id for node in graph.nodes]


@given(label=st.text(), edge=st.text())
def test_any_text_is_a_label(label: str, edge: str) -> None:
    """Quotes, brackets, line ends and whatever else stands in a label do not end it."""
    nodes = (Node("start", "workflowStart", label), Node("node_0", "step", label), Node("end", "workflowEnd", "Return"))
    check_drawings(Graph(nodes, (Edge("e", "start", "node_0", "loop", edge), Edge("f", "node_0", "end"))))


@pytest.mark.parametrize(
    ("label", "mermaid", "dot"),
    [
        ('x == "q"', '"x == #quot;q#quot;"', '"x == \\"q\\""'),
        ("a < b & c", '"a #lt; b #amp; c"', '"a < b & c"'),
        ("x['a'] # y", "\"x['a'] #35; y\"", "\"x['a'] # y\""),
        ("a\\nb", '"a\\nb"', '"a\\\\nb"'),
        ("a\nb", '"a b"', '"a b"'),
        ("1. first", '"1#46; first"', '"1. first"'),
        ("größer → 東京 🚀", '"größer → 東京 🚀"', '"größer → 東京 🚀"'),
    ],
)
def test_a_label_is_shown_as_it_is(label: str, mermaid: str, dot: str) -> None:
    """What the two languages would read as their own is written as they ask for."""
    graph = Graph((Node("node_0", "step", label),), ())
    assert f"node_0[{mermaid}]" in render_mermaid(graph)
    assert f"node_0 [label={dot}, shape=box];" in render_dot(graph)


def test_loops_and_groups_are_boxes(tmp_path: Path) -> None:
    """A box inside a box stands inside it; what comes after stands outside."""
    graph = graph_of(tmp_path, "for i in range(x):\n    await asyncio.gather(a(), b())\nawait a()")
    lines = [line.strip().partition("[")[0] for line in render_mermaid(graph).splitlines()]
    start = lines.index("subgraph loop_0")
    assert lines[start : start + 7] == [
        "subgraph loop_0",
        "subgraph parallel_0",
        "node_0",
        "node_1",
        "end",
        "end",
        "node_2",
    ]
    assert "subgraph cluster_parallel_0 {" in render_dot(graph)


def test_the_json_is_the_manifest_s(tmp_path: Path) -> None:
    """The nodes are those of the graph, in its order."""
    graph = graph_of(tmp_path, "if x == 'q\"':\n    await a()")
    assert json.loads(render_json(graph)) == graph.to_json()


@pytest.mark.parametrize("seed", range(25))
def test_random_workflows_are_drawn(tmp_path: Path, seed: int) -> None:
    """Every drawing of one follows the grammar and shows every node once."""
    program = make_program(seed, random.Random(seed).randint(4, 14), concurrent=True)
    check_drawings(graph_of_text(tmp_path, f"# file: app/flow.py\n{program.project()}"))
