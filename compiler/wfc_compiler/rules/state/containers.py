"""Which calls change a shared object: known where it is plain what it is.

    SEEN = set()                  add, discard, clear ...
    BY_KEY = defaultdict(list)    pop, update ...; of its parts append, extend ...
    IDS = itertools.count(1)      `next(IDS)`
    CHANCE = random.Random(7)     random, choice ...

In: a call, or a shared object. Out: whether it changes what it is called on; never so for objects of unknown classes.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from ...binder import Module
from ...callgraph import Call
from ..base import Context
from .shared import Shared, values_of, whole


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LIST = _words("append extend insert remove pop clear sort reverse")
_DICT = _words("update setdefault pop popitem clear")
_SET = _words("add update discard remove pop clear difference_update intersection_update symmetric_difference_update")
_DEQUE = _LIST | _words("appendleft extendleft popleft rotate")
_QUEUE = _words("put put_nowait get get_nowait")
_FILE = _words("write writelines truncate seek read readline readlines")
_RANDOM = _words(
    """
    random getrandbits randbytes randrange randint choice choices sample shuffle uniform triangular betavariate
    expovariate gammavariate gauss lognormvariate normalvariate vonmisesvariate paretovariate weibullvariate
    binomialvariate seed setstate
    """
)
_CHANGING: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("list", "bytearray", "List", "MutableSequence", "UserList", "array"), _LIST),
    **dict.fromkeys(("dict", "Dict", "MutableMapping", "defaultdict", "DefaultDict", "UserDict"), _DICT),
    **dict.fromkeys(("OrderedDict", "Counter"), _DICT | {"move_to_end", "subtract"}),
    **dict.fromkeys(("set", "Set", "MutableSet"), _SET),
    **dict.fromkeys(("deque", "Deque"), _DEQUE),
    **dict.fromkeys(("Queue", "SimpleQueue", "LifoQueue", "PriorityQueue"), _QUEUE),
    **dict.fromkeys(("StringIO", "BytesIO"), _FILE),
    "Random": _RANDOM,
    # What the standard library keeps for the process.
    "environ": _DICT,
    "path": _LIST,
}
_ANY = frozenset().union(*_CHANGING.values())
_HOMES = _words("builtins collections collections.abc typing queue io array random os sys")
_DISPLAYS: Mapping[type[ast.AST], str] = {
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
}
_ITERATORS = frozenset(f"builtins.{name}" for name in ("iter", "zip", "map", "filter", "enumerate", "reversed"))


def methods_of_class(dotted: str) -> frozenset[str]:
    """Return the methods that change objects of a class."""
    home, _, name = dotted.rpartition(".")
    return _CHANGING.get(name, frozenset()) if home in _HOMES else frozenset()


def display_class(value: ast.expr) -> str | None:
    """Return the class of what a display makes."""
    name = _DISPLAYS.get(type(value))
    return f"builtins.{name}" if name is not None else None


def changes_receiver(call: Call) -> bool:
    """Say whether a call is one of a method that changes a container, or draws from a generator."""
    owner, _, method = (call.callee or "").rpartition(".")
    return method in methods_of_class(owner)


def may_change(call: Call) -> bool:
    """Say whether a call is of a method that changes something in one of the classes."""
    return isinstance(call.node.func, ast.Attribute) and call.node.func.attr in _ANY


def changes(context: Context, shared: Shared, call: Call) -> bool:
    """Say whether a call changes the shared object it is called on, or a container in it: `BY_KEY["a"].append(1)`."""
    func = call.node.func
    if changes_receiver(call) or not isinstance(func, ast.Attribute):
        return changes_receiver(call)
    if func.value is whole(func.value):
        unknown = call.callee is None
        return unknown and any(func.attr in _methods(context, *pair) for pair in values_of(context, shared))
    if isinstance(func.value, ast.Call) and any(func.attr in _of_display(value) for value in func.value.args[1:]):
        return True  # `X.setdefault(key, []).append(1)`
    return any(func.attr in _methods_of_parts(context, *pair) for pair in values_of(context, shared))


def is_iterator(context: Context, shared: Shared) -> bool:
    """Say whether `next` of a shared object takes away what other runs would get."""
    for module, value in values_of(context, shared):
        if isinstance(value, ast.GeneratorExp):
            return True
        if isinstance(value, ast.Call):
            name = context.receivers.resolve(module, value.func) or ""
            if name in _ITERATORS or name.startswith("itertools.") or _is_generator(context, name):
                return True
    return False


def _is_generator(context: Context, name: str) -> bool:
    definition = context.program.names.definition(name)
    node = definition.node if definition is not None and not definition.rest else None
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node)
    )


def _of_display(value: ast.expr) -> frozenset[str]:
    """Return the methods that change what a display makes."""
    return methods_of_class(display_class(value) or "")


def _methods(context: Context, module: Module, value: ast.expr) -> frozenset[str]:
    """Return the methods that change a value."""
    made = context.receivers.resolve(module, value.func) if isinstance(value, ast.Call) else None
    return methods_of_class(made) if made is not None else _of_display(value)


def _methods_of_parts(context: Context, module: Module, value: ast.expr) -> frozenset[str]:
    """Return the methods that change what is in a container."""
    match value:
        case ast.Call(func=func, args=[factory, *_]):
            if context.receivers.resolve(module, func) != "collections.defaultdict":
                return frozenset()
            return methods_of_class(context.receivers.resolve(module, factory) or "")
        case ast.Dict(values=[first, *_]) | ast.List(elts=[first, *_]):
            return _of_display(first)
    return frozenset()
