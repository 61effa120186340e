"""Strings that stand for types: which strings of an annotation are expressions, and which not.

`list["Draft"]` names Draft; `Literal["draft"]` and the metadata of `Annotated[int, "draft"]` do not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_TYPE_LIKE = re.compile(r"[\w.\[\], |]+")
_TEXT_CARRYING_CALLS = frozenset({"TypeVar", "ForwardRef", "cast", "NewType"})


def parse_annotation(annotation: ast.expr) -> Iterator[tuple[ast.Constant, ast.expr]]:
    """Yield the strings in an annotation with the expressions they hold.

    Every node of such an expression has the position of its string. A string that is no expression
    is left out; saying so is the business of a rule.
    """
    for constant in _type_strings(annotation):
        parsed = _parse_expression(str(constant.value))
        if parsed is None:
            continue
        for node in ast.walk(parsed):
            ast.copy_location(node, constant)
        yield from tuple(parse_annotation(parsed))
        yield constant, parsed


def _parse_expression(text: str) -> ast.expr | None:
    try:
        # Parentheses let a string hold line breaks, as typing's own evaluation does.
        tree = compile(f"({text})", "<annotation>", "eval", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree.body if isinstance(tree, ast.Expression) else None


def identifiers_in(values: Iterable[ast.expr]) -> Iterator[str]:
    """Yield the identifiers in string constants that look like types."""
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and _TYPE_LIKE.fullmatch(value.value):
            yield from _IDENTIFIER.findall(value.value)


def type_arguments(node: ast.Subscript) -> list[ast.expr]:
    """Return the parts of a subscript that may name types."""
    elements = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    generic = _last_name(node.value)
    return [] if generic == "Literal" else elements[:1] if generic == "Annotated" else elements


def text_arguments(node: ast.Call) -> list[ast.expr]:
    """Return the arguments of a call that may name types, as those of `TypeVar` and `cast` do."""
    if _last_name(node.func) not in _TEXT_CARRYING_CALLS:
        return []
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def _type_strings(node: ast.expr) -> Iterator[ast.Constant]:
    match node:
        case ast.Constant(value=str()):
            yield node
        case ast.Subscript(value=value):
            yield from _type_strings(value)
            for element in type_arguments(node):
                yield from _type_strings(element)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield from _type_strings(element)
        case ast.BinOp(left=left, right=right):
            yield from _type_strings(left)
            yield from _type_strings(right)
        case ast.Starred(value=value) | ast.Attribute(value=value):
            yield from _type_strings(value)
        case _:
            return


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None
