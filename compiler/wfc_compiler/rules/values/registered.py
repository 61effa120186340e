"""Which classes the project registers with the runtime, and which have subclasses that can be recorded.

    register_serializable(Money, class_id="money", serialize=str, deserialize=Money)

In: the modules of a program. Out: canonical names. Only a rule that is about to report a class asks, since the answer
takes a look at all modules.
"""

from __future__ import annotations

import ast
from functools import cached_property

from ...binder import Module
from ...discover import Program, placed_definitions
from ...types import Kind, OwnClass, Types

_REGISTER = "wfc.register_serializable"
_RECORDED = frozenset({Kind.MODEL, Kind.DATACLASS, Kind.NAMED_TUPLE, Kind.ENUM, Kind.UNKNOWN})


class Registered:
    """The registrations of a program."""

    def __init__(self, program: Program, types: Types) -> None:
        self._program = program
        self._types = types

    def may_be(self, dotted: str) -> bool:
        """Say whether a class is registered by a call, or may be by one that can't be read."""
        return None in self._names or dotted in self._names

    def may_be_exception(self) -> bool:
        """Say whether an exception may be recorded as a value: one that is registered."""
        classes = self._types.classes
        called = [classes.at(name) for name in self._names if name is not None]
        marked = [below for found in self._subclasses.values() for below in found if classes.is_registered(below)]
        found = (cls for cls in (*called, *marked) if cls is not None)
        return None in self._names or any(classes.kind(cls) is Kind.EXCEPTION for cls in found)

    def may_have_subclass(self, cls: OwnClass) -> bool:
        """Say whether some class below this one can, or may, be recorded."""
        seen = {cls.dotted}
        waiting = [cls.dotted]
        while waiting:
            for below in self._subclasses.get(waiting.pop(), ()):
                if below.dotted in seen:
                    continue
                seen.add(below.dotted)
                waiting.append(below.dotted)
                if self._types.classes.kind(below) in _RECORDED or self._types.classes.is_registered(below):
                    return True
        return False

    @cached_property
    def _names(self) -> frozenset[str | None]:
        """Return what calls register; None among it where a call doesn't say, or the function itself is handed on."""
        found: set[str | None] = set()
        for module in self._program.modules.values():
            if b"register_serializable" in module.source.data:
                nodes = list(ast.walk(module.tree))
                calls = {node.func: node for node in nodes if isinstance(node, ast.Call)}
                for node in nodes:
                    if isinstance(node, ast.Name | ast.Attribute) and self._is_the_function(module, node):
                        found.add(self._registered_by(module, calls.get(node)))
        return frozenset(found)

    def _is_the_function(self, module: Module, node: ast.expr) -> bool:
        return self._types.canonical(module, node) == _REGISTER

    def _registered_by(self, module: Module, call: ast.Call | None) -> str | None:
        name = self._types.canonical(module, call.args[0]) if call is not None and call.args else None
        if name is None or not self._program.names.is_first_party(name):
            return name
        return name if self._types.classes.at(name) is not None else None  # a variable of a loop, say

    @cached_property
    def _subclasses(self) -> dict[str, list[OwnClass]]:
        found: dict[str, list[OwnClass]] = {}
        for module in self._program.modules.values():
            for placed in placed_definitions(module.tree) if b"class" in module.source.data else ():
                node = placed.node
                if not isinstance(node, ast.ClassDef):
                    continue
                for base in node.bases:
                    plain = base.value if isinstance(base, ast.Subscript) else base
                    dotted = self._types.canonical(module, plain)
                    if dotted is not None:
                        cls = OwnClass(f"{module.name}.{node.name}", module, node)
                        found.setdefault(dotted, []).append(cls)
        return found
