"""Tell what a call in a workflow is for the graph: a step, a wait, a group of tasks, a function to look into.

In: a call. Out: its `Kind`, None for a call that leaves no trace; `walk` draws it.

    await asyncio.gather(a(), b())      a group, "all"
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from ..binder import Module
from ..discover import FunctionNode, Program

_GROUPS = {
    "asyncio.gather": "all",
    "asyncio.wait": "allSettled",
    "asyncio.as_completed": "any",
}
_TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_PRIMITIVES = {
    "wfc.sleep": "sleep",
    "asyncio.sleep": "sleep",
    "wfc.start": "start",
}


@dataclass(frozen=True)
class CallKind:
    """`kind` with what it needs: a step's id, a primitive's label, a group's method, a function."""

    kind: Literal["step", "primitive", "group", "task", "function"]
    label: str = ""
    step_id: str | None = None
    module: Module | None = None
    function: FunctionNode | None = None


def classify(program: Program, module: Module, call: ast.Call) -> CallKind | None:
    """Return what a call is, None for one that says nothing to the graph."""
    name = program.names.canonical(module, call.func)
    attribute = call.func.attr if isinstance(call.func, ast.Attribute) else None
    if name is None:
        return CallKind("task") if attribute == "create_task" else None
    if name in program.step_by_name:
        step = program.step_by_name[name]
        return CallKind("step", step.name, step.id)
    if name in _PRIMITIVES:
        return CallKind("primitive", _PRIMITIVES[name])
    if name in _TASKS:
        return CallKind("task")
    if name in _GROUPS:
        return CallKind("group", _method(name, call))
    owner, _, last = name.rpartition(".")
    if owner in program.hook_by_name and last == "wait":
        return CallKind("primitive", f"{program.hook_by_name[owner].name}.wait")
    return _function(program, name)


def _method(name: str, call: ast.Call) -> str:
    for keyword in call.keywords:
        if keyword.arg == "return_when" and "FIRST" in ast.unparse(keyword.value):
            return "race"
    return _GROUPS[name]


def _function(program: Program, name: str) -> CallKind | None:
    definition = program.names.definition(name)
    if definition is None or definition.rest:
        return None
    node = definition.node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return CallKind("function", module=definition.module, function=node)
    return None
