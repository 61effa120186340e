"""What an annotation says of a value: that it is a set, and what it holds.

tags: set[str]                  unordered, holds ""
ids: list[int] | None           holds numbers
order: Order                    an app.models.Order
"""

from __future__ import annotations

import ast

from ...binder import Module, Names
from ...syntax import is_none
from .values import NUMBER, SETS, TASK, TEXT, UNKNOWN, Value

_WRAPPERS = frozenset({"typing.Optional", "typing.Annotated", "typing.Final", "typing.ClassVar", "typing.Required"})
# Numbers, and what is hashed as one.
_NUMBERS = frozenset(
    {
        *(f"builtins.{name}" for name in ("int", "float", "bool", "complex")),
        *("decimal.Decimal", "fractions.Fraction", "uuid.UUID", "datetime.timedelta"),
    }
)
_TASKS = frozenset({"asyncio.Task", "asyncio.Future", "asyncio.tasks.Task", "asyncio.futures.Future"})
_MAPPINGS = frozenset(
    {"builtins.dict", "typing.Dict", "typing.Mapping", "collections.abc.Mapping", "collections.defaultdict"}
)
# What may be a set as well as a list: a parameter that is annotated so says nothing.
OPEN = frozenset(
    f"{module}.{name}" for module in ("typing", "collections.abc") for name in ("Iterable", "Collection", "Container")
) | {"typing.Any", "builtins.object"}
_DEEPEST = 12


def described(names: Names, module: Module, node: ast.expr | None, depth: int = 0) -> Value:
    """Return what an annotation says of a value."""
    if node is None or depth > _DEEPEST:
        return UNKNOWN
    match node:
        case ast.Constant(value=str()):
            return described(names, module, module.bound.annotations.get(node), depth + 1)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            given = [part for part in (left, right) if not is_none(part)]
            found = [described(names, module, part, depth + 1) for part in given]
            return found[0] if len(set(found)) == 1 else UNKNOWN
        case ast.Subscript(value=generic, slice=inner):
            arguments = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _generic(names, module, names.canonical(module, generic), arguments, depth)
        case ast.Name() | ast.Attribute():
            return _generic(names, module, names.canonical(module, node), [], depth)
        case _:
            return UNKNOWN


def _generic(names: Names, module: Module, name: str | None, arguments: list[ast.expr], depth: int) -> Value:
    if name in _WRAPPERS and arguments:
        return described(names, module, arguments[0], depth + 1)
    if name is None or name in OPEN:
        return UNKNOWN
    if name in _NUMBERS:
        return Value(kind=NUMBER)
    if name == "builtins.str":
        return Value(kind=TEXT)
    if name in _TASKS:
        return Value(kind=TASK)
    kinds = [described(names, module, part, depth + 1).kind for part in arguments if not _is_ellipsis(part)]
    if name in _MAPPINGS and len(kinds) == 2:
        return Value(kind=name, holds=kinds[0], keeps=kinds[1])
    holds = kinds[0] if len(set(kinds)) == 1 else ""
    return Value(unordered=name in SETS, kind=name, holds=holds, keeps=holds)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
