"""Keep what is assigned: names, attributes, the content of containers, all of which may hold steps and tasks."""

from __future__ import annotations

import ast

from .items import Value, union
from .walker import Walker


def assign(walker: Walker, target: ast.expr, value: Value, *, add: bool = False) -> None:
    """Store a value; with `add`, or in a container, besides what is there."""
    match target:
        case ast.Name():
            walker.bind(target.id, value, add=add, at=target)
        case ast.Attribute():
            held = walker.attributes.get(target.attr, ())
            if value or held:
                walker.attributes[target.attr] = union(held, value)
        case ast.Subscript() if value:
            assign(walker, target.value, value, add=True)
        case ast.Starred():
            assign(walker, target.value, value, add=add)
        case ast.Tuple() | ast.List():
            for part in target.elts:
                assign(walker, part, value, add=add)


def assign_expression(walker: Walker, targets: list[ast.expr], node: ast.expr) -> None:
    """Walk `targets = node`; `x, y = a(), b()` gives each name its own."""
    names = targets[0].elts if len(targets) == 1 and isinstance(targets[0], ast.Tuple | ast.List) else []
    parts = node.elts if isinstance(node, ast.Tuple | ast.List) else []
    stars = any(isinstance(part, ast.Starred) for part in (*names, *parts))
    if names and len(names) == len(parts) and not stars:
        values = [walker.evaluate(part) for part in parts]
        for name, value in zip(names, values, strict=True):
            assign(walker, name, value)
        return
    value = walker.evaluate(node)
    for target in targets:
        assign(walker, target, value)
