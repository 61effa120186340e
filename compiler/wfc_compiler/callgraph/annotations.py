"""The class that an annotation names, and what is in the containers that it names.

Optional[httpx.Client]      httpx.Client
list[Path]                  builtins.list, with elements of pathlib.Path
Session | AsyncSession      None: the two differ
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..binder import Module

if TYPE_CHECKING:
    from .receivers import Receivers

_WRAPPERS = frozenset(
    {f"typing.{name}" for name in ("Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly")}
    | {
        f"typing_extensions.{name}"
        for name in ("Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly")
    }
    | {"dataclasses.InitVar", "contextvars.ContextVar"}
)
_UNIONS = frozenset({"typing.Optional", "typing.Union", "types.UnionType"})
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"})
_CONTAINERS = frozenset(
    {"list", "List", "set", "Set", "frozenset", "FrozenSet", "tuple", "Tuple", "Sequence", "MutableSequence"}
    | {"Collection", "Iterable", "Iterator", "AsyncIterable", "AsyncIterator", "Generator", "AsyncGenerator"}
    | {"deque", "Deque", "AbstractSet", "Reversible"}
    | {"ContextManager", "AsyncContextManager", "AbstractContextManager", "AbstractAsyncContextManager"}
)
_HOMES = ("builtins.", "typing.", "collections.", "contextlib.")


class Annotations:
    """Reads annotations where they stand."""

    def __init__(self, receivers: Receivers) -> None:
        self._receivers = receivers
        self._names = receivers.names

    def class_of(self, module: Module, node: ast.expr) -> str | None:
        """Return the canonical name of the class that all members of an annotation agree on."""
        members = set(self._members(module, node, frozenset()))
        members.discard("builtins.None")
        return members.pop() if len(members) == 1 else None

    def element(self, module: Module, node: ast.expr | None) -> str | None:
        """Return the class of what iterating over an annotated value gives."""
        return self._argument(module, node, of_mapping=0)

    def item(self, module: Module, node: ast.expr | None) -> str | None:
        """Return the class of what a subscript of an annotated value gives."""
        return self._argument(module, node, of_mapping=1)

    def _members(self, module: Module, node: ast.expr, seen: frozenset[str]) -> Iterator[str | None]:
        """Yield the classes that an annotation names, None for what is no class."""
        match node:
            case ast.Constant(value=None):
                yield "builtins.None"
            case ast.Constant(value=str()):
                parsed = module.bound.annotations.get(node)
                yield from self._members(module, parsed, seen) if parsed is not None else (None,)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                yield from self._members(module, left, seen)
                yield from self._members(module, right, seen)
            case ast.Subscript(value=generic, slice=inner):
                parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                dotted = self._names.canonical(module, generic)
                if dotted in _UNIONS or dotted in _WRAPPERS:
                    for part in parts if dotted in _UNIONS else parts[:1]:
                        yield from self._members(module, part, seen)
                else:
                    yield dotted
            case ast.Name() | ast.Attribute():
                yield from self._named(module, node, seen)
            case _:
                yield None

    def _named(self, module: Module, node: ast.expr, seen: frozenset[str]) -> Iterator[str | None]:
        """Yield a class, or what an alias stands for: `Client = httpx.Client | None`."""
        dotted = self._names.canonical(module, node)
        definition = self._names.definition(dotted) if dotted else None
        if definition is None or definition.rest or isinstance(definition.node, ast.ClassDef):
            yield dotted
            return
        binding = definition.bindings[-1]
        value = binding.value or getattr(binding.node, "value", None)  # of a `type` statement
        if len(definition.bindings) == 1 and isinstance(value, ast.expr) and definition.dotted not in seen:
            yield from self._members(definition.module, value, seen | {definition.dotted})
        else:
            yield None

    def _argument(self, module: Module, node: ast.expr | None, *, of_mapping: int) -> str | None:
        match node:
            case ast.Constant(value=str()):
                return self._argument(module, module.bound.annotations.get(node), of_mapping=of_mapping)
            case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
                return self._argument(module, left, of_mapping=of_mapping)
            case ast.Subscript(value=generic, slice=inner):
                dotted = self._names.canonical(module, generic) or ""
                parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                if dotted in _WRAPPERS or dotted in _UNIONS:
                    return self._argument(module, parts[0], of_mapping=of_mapping)
                name = dotted.rpartition(".")[2] if dotted.startswith(_HOMES) else ""
                place = of_mapping if name in _MAPPINGS else 0 if name in _CONTAINERS else len(parts)
                return self.class_of(module, parts[place]) if place < len(parts) else None
        return None
