"""A workflow's graph, with the node and edge kinds of the Workflow SDK's manifest.

`walk` reads it from the source, `render` prints it, the manifest holds its JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

NodeType = Literal["workflowStart", "workflowEnd", "step", "primitive", "conditional"]
EdgeType = Literal["default", "loop", "conditional", "parallel"]

_KINDS = {"workflowStart": "workflow_start", "workflowEnd": "workflow_end"}


@dataclass(frozen=True)
class Node:
    """A step, a wait, a decision, or the start or end.

    `regions` are the ids of the loops and parallel groups around it, outermost first; `metadata` has only the
    innermost of each, as in the Workflow SDK.
    """

    id: str
    type: NodeType
    label: str
    step_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    regions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the node as the manifest has it."""
        data: dict[str, Any] = {"label": self.label, "nodeKind": _KINDS.get(self.type, self.type)}
        if self.step_id is not None:
            data["stepId"] = self.step_id
        node: dict[str, Any] = {"id": self.id, "type": self.type, "data": data}
        if self.metadata:
            node["metadata"] = dict(self.metadata)
        return node


@dataclass(frozen=True)
class Edge:
    """What may come after what."""

    id: str
    source: str
    target: str
    type: EdgeType = "default"
    label: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the edge as the manifest has it."""
        edge: dict[str, Any] = {"id": self.id, "source": self.source, "target": self.target, "type": self.type}
        if self.label is not None:
            edge["label"] = self.label
        return edge


@dataclass(frozen=True)
class Graph:
    """Nodes in the order of the source, and the edges between them; `regions` says of each "loop", "all", "race" ..."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    regions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the graph as the manifest has it."""
        return {
            "nodes": [node.to_json() for node in self.nodes],
            "edges": [edge.to_json() for edge in self.edges],
        }
