"""Find the registries, steps, workflows and hooks of a project, wherever they are defined."""

from .values import (
    FunctionNode,
    HookDef,
    Program,
    Registry,
    RetryOptions,
    StepDef,
    StepOptions,
    WorkflowDef,
)

__all__ = [
    "FunctionNode",
    "HookDef",
    "Program",
    "Registry",
    "RetryOptions",
    "StepDef",
    "StepOptions",
    "WorkflowDef",
]
