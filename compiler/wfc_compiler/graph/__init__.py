"""The graph of a workflow, read from its source: steps, waits, branches, loops, parallel groups."""

from .render import render_dot, render_json, render_mermaid
from .values import Edge, Graph, Node
from .walk import workflow_graph

__all__ = ["Edge", "Graph", "Node", "render_dot", "render_json", "render_mermaid", "workflow_graph"]
