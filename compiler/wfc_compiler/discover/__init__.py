"""Find the registries, steps, workflows and hooks of a project, wherever they are defined."""

from .discovery import Unreached, discover_program, discover_within, unreached_definitions
from .folding import Folded, constant_of, fold
from .options import duration_seconds
from .registrations import placed_definitions
from .values import (
    FunctionNode,
    HookDef,
    Program,
    Registry,
    StepDef,
    StepOptions,
    WorkflowDef,
)

__all__ = [
    "Folded",
    "FunctionNode",
    "HookDef",
    "Program",
    "Registry",
    "StepDef",
    "StepOptions",
    "Unreached",
    "WorkflowDef",
    "constant_of",
    "discover_program",
    "discover_within",
    "duration_seconds",
    "fold",
    "placed_definitions",
    "unreached_definitions",
]
