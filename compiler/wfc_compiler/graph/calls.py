"""Tell what the canonical name of a callable is for the graph: a step, a wait, a group of tasks.

In: a name. Out: the item that it stands for, or the word for what a call of it does.

    asyncio.gather      "all"
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..discover import Program
from .items import Closure, Instance, Primitive, Step, Value

TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.shield"})
TIMEOUTS = frozenset({"asyncio.timeout", "asyncio.timeout_at"})
SLEEPS = frozenset({"wfc.sleep", "asyncio.sleep"})
CHILD_STARTS = frozenset({"wfc.start", "wfc.start_options.start"})
RUN_METHODS = frozenset({"status", "return_value", "cancel", "terminate", "attributes"})
_ATTRIBUTES = {"wfc.set_attributes": "set_attributes", "wfc.remove_attributes": "remove_attributes"}

# What gives back what it was given, or things out of it.
CONTAINERS = frozenset(
    {
        *(f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "dict", "sorted", "reversed")),
        *(f"builtins.{name}" for name in ("enumerate", "zip", "iter", "next", "filter")),
        "itertools.chain",
        "itertools.chain.from_iterable",
        "itertools.islice",
        "itertools.batched",
        "itertools.cycle",
        "collections.deque",
        "collections.OrderedDict",
        "collections.defaultdict",
        "typing.cast",
        "copy.copy",
    }
)
QUIET = frozenset(
    f"builtins.{name}" for name in ("range", "len", "print", "str", "repr", "isinstance", "bool", "id", "type", "super")
)
"""Functions that raise nothing, as they are used."""
MAPS = frozenset({"builtins.map", "itertools.starmap"})
STORING_METHODS = frozenset(
    ["append", "add", "extend", "insert", "setdefault", "update", "put_nowait", "appendleft", "extendleft"]
)
READING_METHODS = frozenset(["pop", "get", "popleft", "popitem", "values", "items", "copy", "get_nowait", "keys"])


def durable_at(program: Program, name: str) -> Value:
    """Return the step, wait or function that a canonical name stands for."""
    if name in program.step_by_name:
        step = program.step_by_name[name]
        return (Step(step.name, step.id),)
    if name in SLEEPS:
        return (Primitive("sleep", fails=False),)
    if name in _ATTRIBUTES:
        return (Primitive(_ATTRIBUTES[name]),)
    return ()


def first_party(program: Program, name: str) -> Iterator[Closure | Instance]:
    """Yield the function or class of the project that a canonical name stands for."""
    definition = program.names.definition(name)
    if definition is None or definition.rest:
        return
    if isinstance(definition.node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield Closure(definition.module, definition.node)
    elif isinstance(definition.node, ast.ClassDef) and name not in program.hook_by_name:
        yield Instance(definition.dotted)


def gather_method(call: ast.Call) -> str:
    """Return how `gather` waits."""
    settled = any(keyword.arg == "return_exceptions" and _is_true(keyword.value) for keyword in call.keywords)
    return "allSettled" if settled else "all"


def wait_method(call: ast.Call) -> str:
    """Return how `asyncio.wait` waits."""
    for keyword in call.keywords:
        if keyword.arg == "return_when":
            last = keyword.value
            name = getattr(last, "attr", getattr(last, "id", getattr(last, "value", "")))
            return {"FIRST_COMPLETED": "race", "FIRST_EXCEPTION": "all"}.get(str(name), "allSettled")
    return "allSettled"


def has_timeout(call: ast.Call, position: int) -> bool:
    """Say whether a call is given a timeout, at a position or by name."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "timeout"]
    given += call.args[position : position + 1]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in given)


def _is_true(node: ast.expr) -> bool:
    return not (isinstance(node, ast.Constant) and not node.value)
