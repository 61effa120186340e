"""The classes of the project that a class inherits from, itself first: `class Car(Lease)` has the methods of both."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..binder import Definition
from .base import Context


def class_and_bases(context: Context, definition: Definition | None) -> Iterator[tuple[Definition, ast.ClassDef]]:
    """Yield a class and its first-party bases, nearest first, each once; nothing for what is no class."""
    pending = [definition] if definition is not None else []
    known: set[str] = set()
    while pending:
        found = pending.pop(0)
        if found.rest or not isinstance(found.node, ast.ClassDef) or found.dotted in known:
            continue
        known.add(found.dotted)
        yield found, found.node
        for base in found.node.bases:
            name = context.program.names.canonical(found.module, base)
            above = context.program.names.definition(name) if name is not None else None
            if above is not None:
                pending.append(above)
