"""Who calls what, from each workflow and step, across first-party modules."""

from .reach import build_call_graph, unresolved_calls
from .receivers import Receivers
from .references import Reference, references
from .values import Call, CallGraph, Function, Lead, Reached

__all__ = [
    "Call",
    "CallGraph",
    "Function",
    "Lead",
    "Reached",
    "Receivers",
    "Reference",
    "build_call_graph",
    "references",
    "unresolved_calls",
]
