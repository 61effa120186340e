"""Where else the project defines a name, for help lines.

In: a name that isn't bound where it is used. Out: the one definition that is probably meant, if there is one.
"""

from __future__ import annotations

import ast

from ..binder import Module
from ..discover import unreached_definitions
from .base import Context

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def defined_elsewhere(context: Context, name: str, module: Module) -> tuple[str, Module, _Definition] | None:
    """Return the step, workflow or hook of that name, else the one plain definition of it."""
    program = context.program
    for kind, items in (
        ("step", program.steps),
        ("workflow", program.workflows),
        ("hook", program.hooks),
    ):
        for item in items:
            if item.name == name and item.module != module.name:
                return kind, program.modules[item.module], item.node
    for outside in unreached_definitions(program):
        if outside.node.name == name:
            return outside.kind, outside.module, outside.node
    found: list[tuple[str, Module, _Definition]] = []
    for other in program.modules.values():
        if name.encode() in other.source.data and other is not module:
            for binding in other.bindings.get(name, ()):
                if isinstance(binding.node, ast.FunctionDef | ast.AsyncFunctionDef):
                    found.append(("function", other, binding.node))
                elif isinstance(binding.node, ast.ClassDef):
                    found.append(("class", other, binding.node))
    return found[0] if len(found) == 1 else None
