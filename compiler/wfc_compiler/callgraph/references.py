"""The names that a piece of code asks for a value: what may be called there, now or later.

    class Order:
        made: datetime = field(default_factory=datetime.now)        field, datetime.now

Annotations ask for no value. Of `a.b.c` the whole chain is one reference.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..syntax import children


@dataclass(frozen=True)
class Reference:
    """A chain of names that is read.

    `runs` says that it stands in a function: it is read when that is called, not when the module is imported.
    `call` is the call whose callee it is; `is_base` that a class derives from it.
    """

    node: ast.Name | ast.Attribute
    runs: bool
    call: ast.Call | None = None
    is_base: bool = False


def references(nodes: Iterable[ast.AST], *, runs: bool = False) -> Iterator[Reference]:
    """Yield the references in some nodes, in no particular order."""
    pending = [(node, runs) for node in nodes]
    while pending:
        node, called = pending.pop()
        parts: list[ast.AST | None] = []
        match node:
            case ast.Name() | ast.Attribute():
                yield from _chain(Reference(node, called), pending)
            case ast.Call(func=ast.Name() | ast.Attribute() as func):
                yield from _chain(Reference(func, called, node), pending)
                parts = [*node.args, *node.keywords]
            case ast.ClassDef():
                for base in node.bases:
                    if isinstance(base, ast.Name | ast.Attribute):
                        yield from _chain(Reference(base, called, is_base=True), pending)
                    else:
                        parts.append(base)
                parts += [*node.keywords, *node.decorator_list, *node.body]
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                parts = [*node.decorator_list, node.args]
                pending += [(part, True) for part in node.body]
            case ast.Lambda():
                parts = [node.args]
                pending.append((node.body, True))
            case ast.AnnAssign():
                parts = [node.target, node.value]
            case ast.arg():
                pass
            case _:
                parts = [*children(node)]
        pending += [(part, called) for part in parts if part is not None]


def _chain(found: Reference, pending: list[tuple[ast.AST, bool]]) -> Iterator[Reference]:
    """Yield a reference if it is a chain of names that is read; else go on with what it is read from."""
    base: ast.expr = found.node
    while isinstance(base, ast.Attribute):
        base = base.value
    if not isinstance(base, ast.Name):
        pending.append((base, found.runs))
    elif isinstance(base.ctx, ast.Load):
        yield found
