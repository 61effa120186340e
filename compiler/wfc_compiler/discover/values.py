"""What discovery finds: registries, steps, workflows, hooks, together the `Program`.

Made by `discover.discover_program`; read by the call graph, the rules and everything that emits.
All definitions are module level functions or classes, so `name` is also the qualname.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from wfc.manifest import RetryPolicy

from ..binder import Module, Names
from ..project import Project

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class StepOptions:
    """The arguments of `@wf.step(...)`, folded; `timeout` in seconds."""

    max_retries: int = 3
    timeout: float | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    cancellable: bool = False


@dataclass(frozen=True)
class Registry:
    """A module level `name = Workflows(...)`; `dotted` is its canonical name."""

    module: str
    name: str
    node: ast.Call

    @property
    def dotted(self) -> str:
        """Return the canonical name, `app.workflow.wf`."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class StepDef:
    """A step: `id` is `step//<module>//<name>`, `registry` the canonical name of its registry."""

    id: str
    module: str
    name: str
    node: FunctionNode
    decorator: ast.expr
    registry: str
    options: StepOptions = StepOptions()

    @property
    def dotted(self) -> str:
        """Return the canonical name, `app.steps.x.generate_draft`."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class WorkflowDef:
    """A workflow: `id` is `workflow//<module>//<name>`."""

    id: str
    module: str
    name: str
    node: FunctionNode
    decorator: ast.expr
    registry: str

    @property
    def dotted(self) -> str:
        """Return the canonical name, `app.workflows.x.x`."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class HookDef:
    """A class with `BaseHook` among its bases (also through first-party base classes)."""

    module: str
    name: str
    node: ast.ClassDef

    @property
    def dotted(self) -> str:
        """Return the canonical name, `app.workflows.approval.Approval`."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class Program:
    """A project understood: its modules bound, its definitions found, sorted by id."""

    project: Project
    modules: Mapping[str, Module]
    names: Names
    registries: tuple[Registry, ...] = ()
    steps: tuple[StepDef, ...] = ()
    workflows: tuple[WorkflowDef, ...] = ()
    hooks: tuple[HookDef, ...] = ()

    @cached_property
    def step_by_name(self) -> Mapping[str, StepDef]:
        """Return the steps by canonical dotted name."""
        return {step.dotted: step for step in self.steps}

    @cached_property
    def workflow_by_name(self) -> Mapping[str, WorkflowDef]:
        """Return the workflows by canonical dotted name."""
        return {workflow.dotted: workflow for workflow in self.workflows}

    @cached_property
    def hook_by_name(self) -> Mapping[str, HookDef]:
        """Return the hooks by canonical dotted name."""
        return {hook.dotted: hook for hook in self.hooks}
