"""Uses of context variables: which are set, and which are read without a value to fall back on.

    TENANT = ContextVar("tenant")

    TENANT.set(name)        sets app.context.TENANT
    TENANT.get()            reads app.context.TENANT; `TENANT.get("")` reads nothing that has to be there

In: a call in a reached function. Out: a fact about that function, for `functions` to spread to its callers.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..binder import Definition
from ..callgraph import Call, Reached

if TYPE_CHECKING:
    from .base import Context

READS, SETS = "reads ", "sets "
_CLASS = "contextvars.ContextVar"


def reads(variable: str) -> str:
    """Return the fact that a function reads a variable which has to be set."""
    return READS + variable


def sets(variable: str) -> str:
    """Return the fact that a function sets a variable."""
    return SETS + variable


def use_of_variable(context: Context, reached: Reached, call: Call) -> str | None:
    """Return the fact that a call makes of its function, None for calls that are no such use."""
    if call.callee not in (f"{_CLASS}.get", f"{_CLASS}.set") or not isinstance(call.node.func, ast.Attribute):
        return None
    name = context.program.names.canonical(reached.function.module, call.node.func.value)
    definition = context.program.names.definition(name) if name is not None else None
    if definition is None or definition.rest:
        return None
    if call.callee == f"{_CLASS}.set":
        return sets(definition.dotted)
    needs = not (call.node.args or call.node.keywords) and not _has_default(definition)
    return reads(definition.dotted) if needs else None


def _has_default(definition: Definition) -> bool:
    """Say whether a variable has a value from the start, or what it is made of can't be told."""
    made = definition.bindings[0].value if len(definition.bindings) == 1 else None
    if not isinstance(made, ast.Call):
        return True
    return len(made.args) > 1 or any(keyword.arg != "name" for keyword in made.keywords)
