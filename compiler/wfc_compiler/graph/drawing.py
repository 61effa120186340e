"""Draw a graph while walking code: where the pen is, and what new nodes are inside of.

In: calls in the order of the code. Out: a `Graph`, which `render` prints.

The pen is a set of `Exit`s: the nodes after which the next one may come. `walk` moves it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .values import Edge, EdgeType, Graph, Node, NodeType


@dataclass(frozen=True)
class Exit:
    """A node that the next node may follow, and what to write on the edge."""

    node: str
    type: EdgeType = "default"
    label: str | None = None


Pen = tuple[Exit, ...]


@dataclass(frozen=True)
class Mark:
    """A state that a drawing can go back to: how many nodes it had, and the rest of it."""

    nodes: int
    edges: Mapping[str, Edge]
    counts: Mapping[str, int]
    pen: Pen


@dataclass
class Drawing:
    """A graph in the making."""

    nodes: list[Node] = field(default_factory=list)
    edges: dict[str, Edge] = field(default_factory=dict)
    pen: Pen = ()
    _metadata: dict[str, Any] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def count(self, kind: str) -> str:
        """Return the next id of a kind: `loop_0`, `cond_1` ..."""
        number = self._counts.get(kind, 0)
        self._counts[kind] = number + 1
        return f"{kind}_{number}"

    def mark(self) -> Mark:
        """Remember the state of the drawing."""
        return Mark(len(self.nodes), dict(self.edges), dict(self._counts), self.pen)

    def rewind(self, mark: Mark) -> None:
        """Take back all that was drawn since."""
        del self.nodes[mark.nodes :]
        self.edges, self._counts, self.pen = dict(mark.edges), dict(mark.counts), mark.pen

    def add(self, type: NodeType, label: str, *, id: str | None = None, step_id: str | None = None) -> str:
        """Add a node where the pen is, and move the pen behind it; return the node's id."""
        node = Node(id or self.count("node"), type, label, step_id, dict(self._metadata))
        self.nodes.append(node)
        self.connect(node.id)
        self.pen = (Exit(node.id),)
        return node.id

    def connect(self, target: str) -> None:
        """Draw edges from where the pen is to a node."""
        for exit in self.pen:
            self._edge(exit, target)

    def back(self, target: str) -> None:
        """Draw loop edges from where the pen is back to a node."""
        for exit in self.pen:
            identity = f"e_{exit.node}_back_{target}"
            self.edges.setdefault(identity, Edge(identity, exit.node, target, "loop", exit.label))

    def _edge(self, exit: Exit, target: str) -> None:
        identity = f"e_{exit.node}_{target}"
        if exit.label is not None:
            identity += "_" + "".join(char if char.isalnum() else "_" for char in exit.label)
        kind: EdgeType = exit.type
        if kind == "default" and self._starts_parallel(exit.node, target):
            kind = "parallel"
        self.edges.setdefault(identity, Edge(identity, exit.node, target, kind, exit.label))

    def _starts_parallel(self, source: str, target: str) -> bool:
        group = self._metadata.get("parallelGroupId")
        if group is None or self.nodes[-1].id != target:
            return False
        return all(node.metadata.get("parallelGroupId") != group for node in self.nodes if node.id == source)

    @contextmanager
    def inside(self, **metadata: Any) -> Iterator[None]:
        """Give nodes that are added meanwhile some metadata."""
        before = self._metadata
        self._metadata = {**before, **metadata}
        try:
            yield
        finally:
            self._metadata = before

    def finish(self) -> Graph:
        """Return the graph."""
        return Graph(tuple(self.nodes), tuple(self.edges.values()))


def join(*pens: Pen) -> Pen:
    """Return all exits of several pens, each once."""
    return tuple(dict.fromkeys(exit for pen in pens for exit in pen))
