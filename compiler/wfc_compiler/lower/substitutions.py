"""Which names of a flow mean something else there: decided on the `ast`, by what the binder knows.

    print(x)                    _flow.print(x)                once, not again on each replay
    asyncio.wait_for(f(), 5)    _flow.wait_for(f(), 5)        the same on every Python
    ExitStack()                 _flow.ExitStack()             guarded callbacks
    weakref.ref(x, forget)      _flow.ref(x, forget)          the same
    locals()                    _flow.locals()                without the name that guards add
    datetime.now(UTC)           _flow.datetime.now(UTC)       the run's clock
    class Stamp(datetime): ...  class Stamp(_flow.datetime):  its `now()` as well

In: a statement. Out: the names to replace. `references` does it, `wfc check -v` lists it. References count, not
only calls: `key=print` means the same thing. But what a module calls while it is imported stays: no run has begun.

The modules `time`, `random` and `uuid` are replaced where they are imported (see `imports`), so that any use of
them is covered. `datetime` can't be: its classes have to stay themselves in annotations and values.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..binder import Module, Names
from ..callgraph import Reference, references

_GUARDED_CLASSES = {
    "contextlib.ExitStack": "ExitStack",
    "contextlib.AsyncExitStack": "AsyncExitStack",
    "contextlib.AsyncContextDecorator": "AsyncContextDecorator",
    "weakref.ref": "ref",
    "weakref.ReferenceType": "ref",
    "weakref.WeakMethod": "WeakMethod",
    "weakref.finalize": "finalize",
}

IN_FLOW = {
    "builtins.print": "print",
    "builtins.locals": "locals",
    "builtins.vars": "vars",
    "builtins.dir": "dir",
    "asyncio.wait_for": "wait_for",
    "asyncio.tasks.wait_for": "wait_for",
    "asyncio.as_completed": "as_completed",
    "asyncio.tasks.as_completed": "as_completed",
    "weakref.proxy": "proxy",
    **_GUARDED_CLASSES,
    "datetime.datetime.now": "datetime.now",
    "datetime.datetime.utcnow": "datetime.utcnow",
    "datetime.datetime.today": "datetime.today",
    "datetime.datetime.fromtimestamp": "datetime.fromtimestamp",
    "datetime.date.today": "date.today",
    "datetime.date.fromtimestamp": "date.fromtimestamp",
}
"""What a flow uses instead, by canonical name: attributes of `wfc.flow`."""

BASES = {"datetime.datetime": "datetime", "datetime.date": "date", **_GUARDED_CLASSES}
"""Classes that are replaced where others derive from them."""

_CLOCK = frozenset({"time", "time_ns", "gmtime", "localtime", "mktime", "asctime", "ctime", "strftime"})
_ZONE = frozenset({"timezone", "altzone", "daylight", "tzname"})
STAND_INS = {"random": None, "time": _CLOCK | _ZONE, "uuid": frozenset({"uuid1", "uuid4"})}
"""Modules that `wfc.flow` has one of its own for, with the names that differ there (None: any may)."""

_WITH_ZONE = "datetime.datetime.fromtimestamp"


@dataclass(frozen=True)
class Substitution:
    """Replace the expression `node`, which is `name` and `depth` attributes, by the attribute `into` of `wfc.flow`."""

    node: ast.expr
    name: ast.Name
    depth: int
    into: str


def substitutions(module: Module, names: Names, statement: ast.stmt) -> Iterator[Substitution]:
    """Yield what is replaced in a top-level statement of a flow, in no particular order."""
    for reference in references([statement]):
        table = BASES if reference.is_base else IN_FLOW
        node: ast.expr = reference.node
        while True:
            into = table.get(names.canonical(module, node) or "")
            if into is not None and not (node is reference.node and _stays(reference, module, names)):
                yield Substitution(node, *root_of(node), into)
            if into is not None or not isinstance(node, ast.Attribute):
                break
            node = node.value


def _stays(reference: Reference, module: Module, names: Names) -> bool:
    """Say whether what is called is left alone: at import, or where a zone is given."""
    call = reference.call
    if call is not None and names.canonical(module, call.func) == _WITH_ZONE:
        return len(call.args) + len(call.keywords) > 1
    return call is not None and not reference.runs


def root_of(node: ast.expr) -> tuple[ast.Name, int]:
    """Return the name that a chain starts with, and how many attributes are behind it."""
    depth = 0
    while isinstance(node, ast.Attribute):
        node, depth = node.value, depth + 1
    assert isinstance(node, ast.Name), "references are chains of names"
    return node, depth
