"""Print a graph: as a Mermaid flowchart, as Graphviz dot, as the manifest's JSON.

In: a `Graph`. Out: text, nodes and edges in the order of the code. Loops and parallel groups are boxes around their
nodes; what goes back in a loop is dashed, what starts something beside is thick, a decision's ways are labelled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence

from .values import Edge, Graph, Node

_MERMAID = {
    "workflowStart": '(["{}"])',
    "workflowEnd": '(["{}"])',
    "step": '["{}"]',
    "primitive": '[/"{}"/]',
    "conditional": '{{"{}"}}',
}
_DOT = {
    "workflowStart": "oval",
    "workflowEnd": "oval",
    "step": "box",
    "primitive": "parallelogram",
    "conditional": "diamond",
}
_REGIONS = {
    "loop": "loop",
    "all": "side by side, until all are done",
    "allSettled": "side by side, until all are done or failed",
    "race": "race",
    "any": "side by side, as they are done",
}
# What Mermaid reads in a quoted text: entities after `#`, HTML, Markdown between backticks.
_ENTITIES = {'"': "#quot;", "#": "#35;", "&": "#amp;", "<": "#lt;", ">": "#gt;", "`": "#96;"}
_LIST_ITEM = re.compile(r"(\d+)\.(?=\s)|([-*+])(?=\s)")


def render_mermaid(graph: Graph) -> str:
    """Return a Mermaid flowchart."""
    lines = ["flowchart TD"]
    lines += _boxes(graph, _mermaid_node, _mermaid_box, "end")
    lines += [f"    {_mermaid_edge(edge)}" for edge in graph.edges]
    return "\n".join(lines) + "\n"


def render_dot(graph: Graph) -> str:
    """Return a Graphviz digraph."""
    lines = ["digraph workflow {", '    node [fontname="Helvetica"];', '    edge [fontname="Helvetica", fontsize=11];']
    lines += _boxes(graph, _dot_node, _dot_box, "}")
    lines += [f"    {_dot_edge(edge)}" for edge in graph.edges]
    return "\n".join([*lines, "}"]) + "\n"


def render_json(graph: Graph) -> str:
    """Return the graph as it stands in the manifest."""
    return json.dumps(graph.to_json(), indent=2, ensure_ascii=False) + "\n"


def _boxes(
    graph: Graph, node_line: Callable[[Node], str], box_line: Callable[[str, str], str], close: str
) -> Iterator[str]:
    """Yield the nodes in their boxes. A box that others interrupt is opened again, under another name."""
    opened: list[str] = []
    times: dict[str, int] = {}
    for node in graph.nodes:
        shared = _shared(opened, node.regions)
        while len(opened) > shared:
            opened.pop()
            yield "    " * (len(opened) + 1) + close
        for region in node.regions[shared:]:
            times[region] = times.get(region, 0) + 1
            name = region if times[region] == 1 else f"{region}_part{times[region]}"
            yield "    " * (len(opened) + 1) + box_line(name, _REGIONS[graph.regions[region]])
            opened.append(region)
        yield "    " * (len(opened) + 1) + node_line(node)
    while opened:
        opened.pop()
        yield "    " * (len(opened) + 1) + close


def _shared(opened: Sequence[str], regions: Sequence[str]) -> int:
    """Return how many of the open boxes a node is in."""
    pairs = enumerate(zip(opened, regions, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(opened), len(regions)))


# --- Mermaid


def _mermaid_id(identity: str) -> str:
    return "finish" if identity == "end" else identity  # `end` closes a subgraph


def _mermaid_node(node: Node) -> str:
    return _mermaid_id(node.id) + _MERMAID[node.type].format(_mermaid_text(node.label))


def _mermaid_box(name: str, label: str) -> str:
    return f'subgraph {name}["{_mermaid_text(label)}"]'


def _mermaid_edge(edge: Edge) -> str:
    arrow = {"loop": "-.->", "parallel": "==>"}.get(edge.type, "-->")
    label = f'|"{_mermaid_text(edge.label)}"|' if edge.label else ""
    return f"{_mermaid_id(edge.source)} {arrow}{label} {_mermaid_id(edge.target)}"


def _mermaid_text(text: str) -> str:
    text = "".join(_ENTITIES.get(char, char) for char in _one_line(text))
    return _LIST_ITEM.sub(lambda match: f"{match[1]}#46;" if match[1] else f"#{ord(match[2])};", text)


# --- dot


def _dot_node(node: Node) -> str:
    return f"{node.id} [label={_dot_text(node.label)}, shape={_DOT[node.type]}];"


def _dot_box(name: str, label: str) -> str:
    return f"subgraph cluster_{name} {{ label={_dot_text(label)}; style=rounded; color=gray50; fontcolor=gray30;"


def _dot_edge(edge: Edge) -> str:
    style = {"loop": ", style=dashed", "parallel": ", style=bold"}.get(edge.type, "")
    label = _dot_text(edge.label or "")
    return f"{edge.source} -> {edge.target} [label={label}{style}];"


def _dot_text(text: str) -> str:
    escaped = _one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _one_line(text: str) -> str:
    """Return a text without line ends and control characters."""
    return "".join(char if char.isprintable() else " " for char in " ".join(text.split()))
