"""Where a function changes what outlives a run.

    global count; count += 1      binds app.count
    STATE["a"] = 1                stores into app.STATE
    SEEN.add(x), next(IDS)        calls what changes them

In: a function that workflows or steps reach. Out: its writes, in the order of the source. `memo` says which of them
do no harm.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...binder import BindingKind, Definition, Module
from ...callgraph import Call, Reached
from ..arguments import is_told
from ..base import Context
from .containers import changes, is_iterator, may_change
from .shared import Kind, Shared, own_attribute, owner_of, shared_at, values_of

Resolve = Callable[[Context, Module, ast.expr], Shared | None]

_IMPORTS = (BindingKind.IMPORT, BindingKind.FROM_IMPORT)
CHANGE_ARGUMENT = frozenset(
    {f"heapq.{name}" for name in ("heappush", "heappop", "heapify", "heapreplace", "heappushpop")}
    | {"bisect.insort", "bisect.insort_left", "bisect.insort_right", "random.shuffle", "random.Random.shuffle"}
    | {"builtins.setattr", "builtins.delattr", "operator.setitem", "operator.delitem"}
)
"""Functions that change their first argument."""
_SET_FOR_PROCESS = {"os.putenv": "os.environ", "os.unsetenv": "os.environ", "os.umask": "os.umask"}
_SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete)
_AT_IMPORT = frozenset({"__init_subclass__", "__set_name__"})
_HARMLESS = ("logging.", "structlog.", "loguru.", "weakref.Weak")


@dataclass(frozen=True)
class Write:
    """A change of `shared` by `node`; `value` is what is stored, where that may be a result that is kept.

    `is_item` tells `X[key] = value` and `X.setdefault(key, value)` from a change of the whole.
    """

    shared: Shared
    node: ast.expr | ast.stmt
    value: ast.expr | None = None
    is_item: bool = False


def writes(context: Context, reached: Reached) -> list[Write]:
    """Return the changes that a function makes to what outlives a run.

    What a class does where it is derived from, or a name in it is set, it does when its module is imported.
    """
    if reached.function.node.name in _AT_IMPORT:
        return []
    found = [*_bound(reached), *_stored(context, reached, owner_of), *_called(context, reached, shared_at)]
    return sorted(found, key=_place)


def writes_to_self(context: Context, reached: Reached) -> list[Write]:
    """Return the changes that a method makes to the object that it is called on."""
    return sorted([*_stored(context, reached, own_attribute), *_called(context, reached, own_attribute)], key=_place)


def _place(write: Write) -> tuple[int, int]:
    return write.node.lineno, write.node.col_offset


def _bound(reached: Reached) -> Iterator[Write]:
    """Yield what a function binds under `global`; an import there only comes late."""
    module = reached.function.module
    for name in sorted({name for node in reached.function.of_type(ast.Global) for name in node.names}):
        bindings = module.bindings.get(name, ())
        shared = Shared(f"{module.name}.{name}", Kind.VARIABLE, Definition(module, name, bindings))
        for binding in bindings:
            if binding.kind not in _IMPORTS and binding.node in reached.function.parents:
                yield Write(shared, statement_around(reached, binding.node), binding.value)


def _stored(context: Context, reached: Reached, resolve: Resolve) -> Iterator[Write]:
    """Yield assignments to, and deletions of, attributes and items."""
    function, module = reached.function, reached.function.module
    targets: list[ast.Subscript | ast.Attribute] = [*function.of_type(ast.Subscript), *function.of_type(ast.Attribute)]
    for node in targets:
        if isinstance(node.ctx, ast.Load):
            continue
        is_item = isinstance(node, ast.Subscript)
        # An item may be that of a list which all objects of a class share; an attribute is the object's own.
        inside = shared_at if is_item and resolve is owner_of else resolve
        shared = inside(context, module, node) or _namespace(context, module, node)
        if shared is not None and not _is_harmless(context, shared):
            statement = statement_around(reached, node)
            yield Write(shared, statement, value_stored(statement, node), is_item)


def _called(context: Context, reached: Reached, resolve: Resolve) -> Iterator[Write]:
    """Yield calls of methods that change what they are called on, and of functions that change their argument."""
    module = reached.function.module
    for call in reached.calls:
        func, arguments = call.node.func, call.node.args
        if may_change(call) and isinstance(func, ast.Attribute):
            shared = resolve(context, module, func.value)
            if shared is None or _is_unseeded(context, shared, call) or _holds_task(context, module, call):
                continue
            if changes(context, shared, call):
                kept = arguments[1] if func.attr == "setdefault" and len(arguments) == 2 else None
                yield Write(shared, call.node, kept, is_item=True)
        if call.callee in _SET_FOR_PROCESS and resolve is shared_at:
            yield Write(Shared(_SET_FOR_PROCESS[call.callee], Kind.LIBRARY), call.node)
        if arguments and (call.callee == "builtins.next" or call.callee in CHANGE_ARGUMENT):
            shared = resolve(context, module, arguments[0])
            if shared is not None and (call.callee != "builtins.next" or is_iterator(context, shared)):
                yield Write(shared, call.node, is_item=True)


def _is_unseeded(context: Context, shared: Shared, call: Call) -> bool:
    """Say whether a generator was made without a seed: within a run it draws from the run's own."""
    if not (call.callee or "").startswith("random.Random."):
        return False
    made = [value for _, value in values_of(context, shared) if isinstance(value, ast.Call)]
    return not any(is_told("random.Random", value) for value in made)


def _holds_task(context: Context, module: Module, call: Call) -> bool:
    """Say whether a set is only to keep a task from being collected: `TASKS.add(task)`, as asyncio advises."""
    func, arguments = call.node.func, call.node.args
    adds = isinstance(func, ast.Attribute) and func.attr in ("add", "discard") and len(arguments) == 1
    return adds and context.receivers.class_of(module, arguments[0]) == "asyncio.Task"


def _is_harmless(context: Context, shared: Shared) -> bool:
    """Say whether it is a logger, or a table of what belongs to objects that go with their run (`weakref`)."""
    names = [shared.key]
    if shared.definition is not None:
        made = (item.value.func for item in shared.definition.bindings if isinstance(item.value, ast.Call))
        names += (context.receivers.resolve(shared.definition.module, func) or "" for func in made)
    return any(name.startswith(_HARMLESS) for name in names)


def _namespace(context: Context, module: Module, node: ast.Subscript | ast.Attribute) -> Shared | None:
    """Return the module's namespace for `globals()["x"] = 1`."""
    base = node.value
    if isinstance(base, ast.Call) and context.receivers.resolve(module, base.func) == "builtins.globals":
        return Shared(module.name, Kind.VARIABLE)
    return None


def value_stored(statement: ast.AST, target: ast.expr) -> ast.expr | None:
    """Return what a statement stores into a target of its own."""
    match statement:
        case ast.Assign(targets=targets, value=value) if target in targets:
            return value
        case ast.AnnAssign(value=value):
            return value
    return None


def statement_around(reached: Reached, node: ast.AST) -> ast.expr | ast.stmt:
    """Return the simple statement around a node; of a compound one (`for X.a in y`) the node itself."""
    parents, found = reached.function.parents, node
    while not isinstance(found, ast.stmt) and found in parents:
        found = parents[found]
    assert isinstance(node, ast.expr | ast.stmt)
    return found if isinstance(found, _SIMPLE) else node
