"""What `from module import *` binds: a static `__all__`, or the public names.

__all__ = ["a"]; __all__ += ["b"]; __all__.append("c")      a, b and c
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from .values import Binding, BindingKind, Module

Expand = Callable[[str], "frozenset[str] | None"]


def exported_names(module: Module, expand: Expand) -> frozenset[str] | None:
    """Return the names, or None when they depend on run time.

    `expand` gives the names that another module exports, None for one that can't be expanded.
    """
    if "__all__" in module.bindings:
        return _declared_names(module, module.bindings["__all__"])
    names = {
        name
        for name, bindings in module.bindings.items()
        if not name.startswith("_") and any(binding.kind is not BindingKind.ANNOTATION for binding in bindings)
    }
    for star in module.stars:
        more = expand(star.module)
        if more is None:
            return None
        names.update(name for name in more if not name.startswith("_"))
    return frozenset(names)


def _declared_names(module: Module, bindings: Sequence[Binding]) -> frozenset[str] | None:
    names: set[str] = set()
    for binding in bindings:
        strings = _binding_strings(module, binding)
        if strings is None:
            return None
        names.update(strings)
    for statement in module.tree.body:
        match statement:
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id="__all__"), attr=method), args=[argument])
            ):
                wrapped = argument if method == "extend" else ast.List(elts=[argument])
                strings = _strings(wrapped)
                if strings is None or method not in ("append", "extend"):
                    return None
                names.update(strings)
    return frozenset(names)


def _binding_strings(module: Module, binding: Binding) -> list[str] | None:
    if binding.kind is BindingKind.ASSIGNMENT and binding.value is not None:
        return _strings(binding.value)
    if binding.kind is BindingKind.AUGMENTED:
        statement = module.tree.body[binding.statement]
        if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
            return _strings(statement.value)
    return None


def _strings(node: ast.expr) -> list[str] | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _strings(node.left), _strings(node.right)
        return None if left is None or right is None else left + right
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return None
    found = []
    for element in node.elts:
        if not isinstance(element, ast.Constant) or not isinstance(element.value, str):
            return None
        found.append(element.value)
    return found
