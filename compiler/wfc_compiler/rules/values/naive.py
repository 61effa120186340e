"""Datetimes without a time zone, where the source says so.

    datetime(2030, 1, 1) + timedelta(days=1)        naive
    datetime.now(UTC)                               not

In: an expression. Out: what makes the naive datetime, None where it has a zone or that isn't certain.
"""

from __future__ import annotations

import ast

from ...binder import BindingKind, Module
from ..arguments import argument_of, is_given
from ..base import Context

_DATETIME = "datetime.datetime"
_TIMEDELTA = "datetime.timedelta"
# The argument that gives a zone, by position and name.
_ZONES = {"": (7, "tzinfo"), "now": (0, "tz"), "fromtimestamp": (1, "tz")}
_ALWAYS = frozenset({"utcnow", "today", "utcfromtimestamp"})
_DEEPEST = 8


def naive_datetime(context: Context, module: Module, node: ast.expr, depth: int = 0) -> ast.expr | None:
    """Return the expression that makes a naive datetime."""
    if depth > _DEEPEST:
        return None
    match node:
        case ast.Call():
            return _made(context, module, node, depth)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            if context.receivers.class_of(module, right) == _TIMEDELTA:
                return naive_datetime(context, module, left, depth + 1)
        case ast.Name():
            scope = module.bound.scope_by_node.get(node)
            owner = scope.owner(module.name_of(node)) if scope is not None else None
            bindings = owner.bindings[module.name_of(node)] if owner is not None else []
            if len(bindings) == 1 and bindings[0].kind is BindingKind.ASSIGNMENT and bindings[0].value is not None:
                return naive_datetime(context, module, bindings[0].value, depth + 1)
    return None


def _made(context: Context, module: Module, node: ast.Call, depth: int) -> ast.expr | None:
    name = context.receivers.resolve(module, node.func)
    if name is None or not name.startswith(_DATETIME):
        return None
    method = name.removeprefix(_DATETIME).lstrip(".")
    if method in _ALWAYS:
        return node
    if method in _ZONES:
        return None if is_given(node, *_ZONES[method]) else node
    text = _text(argument_of(node, 1, "format") if method == "strptime" else argument_of(node, 0, "date_string"))
    if method == "strptime":
        return node if text is not None and "%z" not in text else None
    if method == "fromisoformat":
        return node if text is not None and _is_naive(text) else None
    if method == "replace" and isinstance(node.func, ast.Attribute) and not is_given(node, 7, "tzinfo"):
        return naive_datetime(context, module, node.func.value, depth + 1)
    return None


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _is_naive(text: str) -> bool:
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False
