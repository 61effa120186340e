"""Print a graph: as a Mermaid flowchart, as Graphviz dot, as the manifest's JSON.

In: a `Graph`. Out: text, nodes and edges in the order of the code.
"""

from __future__ import annotations

import json

from .values import Edge, Graph, Node

_MERMAID = {
    "workflowStart": "([{}])",
    "workflowEnd": "([{}])",
    "step": "[{}]",
    "primitive": "[/{}/]",
    "conditional": "{{{}}}",
}
_DOT = {
    "workflowStart": "oval",
    "workflowEnd": "oval",
    "step": "box",
    "primitive": "parallelogram",
    "conditional": "diamond",
}


def render_mermaid(graph: Graph) -> str:
    """Return a Mermaid flowchart."""
    lines = ["flowchart TD"]
    lines += [f"    {_mermaid_id(node.id)}{_mermaid_shape(node)}" for node in graph.nodes]
    lines += [f"    {_mermaid_edge(edge)}" for edge in graph.edges]
    return "\n".join(lines) + "\n"


def render_dot(graph: Graph) -> str:
    """Return a Graphviz digraph."""
    lines = ["digraph workflow {"]
    lines += [f"    {node.id} [label={json.dumps(node.label)}, shape={_DOT[node.type]}];" for node in graph.nodes]
    for edge in graph.edges:
        style = {"loop": ", style=dashed", "parallel": ", style=bold"}.get(edge.type, "")
        lines.append(f"    {edge.source} -> {edge.target} [label={json.dumps(edge.label or '')}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def render_json(graph: Graph) -> str:
    """Return the graph as it stands in the manifest."""
    return json.dumps(graph.to_json(), indent=2, ensure_ascii=False) + "\n"


def _mermaid_id(identity: str) -> str:
    return "finish" if identity == "end" else identity  # `end` closes a subgraph


def _mermaid_shape(node: Node) -> str:
    return _MERMAID[node.type].format(f'"{_mermaid_text(node.label)}"')


def _mermaid_edge(edge: Edge) -> str:
    arrow = {"loop": "-.->", "parallel": "==>"}.get(edge.type, "-->")
    label = f'|"{_mermaid_text(edge.label)}"|' if edge.label else ""
    return f"{_mermaid_id(edge.source)} {arrow}{label} {_mermaid_id(edge.target)}"


def _mermaid_text(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace("\n", " ")
