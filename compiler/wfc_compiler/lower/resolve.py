"""What the names of a module mean to lowering: the binder's answers, and what takes a name's place in a flow.

In: a bound module. Out: a `Resolver`; `resolved` asks it from LibCST's side.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..binder import Module, Names
from ..slice.caught import caught_by_name
from .substitutions import Substitution, root_of, substitutions


@dataclass(frozen=True)
class Resolver:
    """Answers for the names of one module."""

    module: Module
    names: Names

    def canonical(self, node: ast.Name, rest: str = "") -> str | None:
        """Return the canonical name of a name, with the attributes behind it."""
        base = self.names.canonical(self.module, node)
        return base if base is None or not rest else self.names.follow(f"{base}.{rest}")

    def substitutions(self, statement: ast.stmt) -> Iterator[Substitution]:
        """Yield what is replaced in a top-level statement of a flow."""
        return substitutions(self.module, self.names, statement)

    def caught(self, statement: ast.stmt) -> Iterator[tuple[ast.Name, Sequence[str]]]:
        """Yield the first names of expressions in `except` clauses that are matched by the classes' names."""
        for found in caught_by_name(self.module, self.names, statement):
            yield root_of(found.node)[0], found.names
