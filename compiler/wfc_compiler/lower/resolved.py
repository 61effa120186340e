"""Resolve names where lowering meets them: the binder's answers, asked from LibCST's side.

In: LibCST statements with their twins. Out: what a LibCST name refers to, and what is to be put in its place in a flow.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from .names import pair_names
from .resolve import Resolver
from .substitutions import Substitution


@dataclass(frozen=True)
class Resolved:
    """The names of some LibCST statements: what they refer to, and what takes their place in a flow."""

    resolver: Resolver
    twins: Mapping[cst.Name, ast.Name]
    into: Mapping[ast.Name, Substitution]
    caught: Mapping[ast.Name, Sequence[str]]

    def canonical(self, node: cst.CSTNode) -> str | None:
        """Return the canonical name of a chain of names; None for what is no reference."""
        root, path = _chain(node)
        twin = self.twins.get(root) if root is not None else None
        return (
            None
            if twin is None or not isinstance(twin.ctx, ast.Load)
            else self.resolver.canonical(twin, ".".join(path))
        )

    def substitute(self, node: cst.CSTNode) -> str | None:
        """Return what of `wfc.flow` takes the place of an expression."""
        root, path = _chain(node)
        twin = self.twins.get(root) if root is not None else None
        found = self.into.get(twin) if twin is not None else None
        return found.into if found is not None and found.depth == len(path) else None

    def caught_names(self, node: cst.CSTNode) -> Sequence[str]:
        """Return the names of the third-party exceptions that an expression of an `except` clause stands for."""
        root, _ = _chain(node)
        twin = self.twins.get(root) if root is not None else None
        return self.caught.get(twin, ()) if twin is not None else ()


def resolve_names(resolver: Resolver, pairs: Iterable[tuple[cst.CSTNode, ast.stmt]], *, flow: bool) -> Resolved:
    """Return the names of top-level statements, with what takes their places in a flow."""
    twins: dict[cst.Name, ast.Name] = {}
    into: dict[ast.Name, Substitution] = {}
    caught: dict[ast.Name, Sequence[str]] = {}
    for node, twin in pairs:
        twins.update(pair_names(node, twin))
        if flow:
            into.update((found.name, found) for found in resolver.substitutions(twin))
            caught.update(resolver.caught(twin))
    return Resolved(resolver, twins, into, caught)


def _chain(node: cst.CSTNode) -> tuple[cst.Name | None, list[str]]:
    """Split `a.b.c` into the name and the attributes behind it; None for what is no chain of names."""
    path: list[str] = []
    while isinstance(node, cst.Attribute):
        path.insert(0, node.attr.value)
        node = node.value
    return (node if isinstance(node, cst.Name) else None), path
