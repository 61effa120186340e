"""Cut the bodies of steps out as text: most of them needn't be parsed for that.

    async def draft(*, topic: str) -> str:    ->     async def draft(*, topic: str) -> str: ...
        return await client.complete(topic)

In: the text of a function and its `ast` node. Out: the text of its stub and the node for that; both unchanged where
the text is too odd. `stubs` does the same in a tree, there and where something in the header is rewritten.
"""

from __future__ import annotations

import ast
import copy

from ..discover import FunctionNode


def without_body(text: str, line: int, function: FunctionNode) -> tuple[str, FunctionNode]:
    """Return the text of a function with as little of its body as a stub keeps, and its twin; it starts on `line`.

    A body needn't be parsed to be cut out. Where the text is too odd to be cut both come back as they are.
    """
    lines = [f"{part}\n" for part in text.split("\n")]  # as Python counts them: a form feed ends none
    first = function.body[0]
    header = lines[: first.lineno - line]
    if not header or not header[-1].rstrip().endswith(":") or "#" in header[-1]:
        return text, function
    twin = copy.copy(function)
    if ast.get_docstring(function, clean=False) is None:
        twin.body = [ast.copy_location(ast.Expr(ast.Constant(...)), first)]
        return "".join(header).rstrip() + " ...\n", twin
    end = (first.end_lineno or first.lineno) - line
    if lines[end].encode()[first.end_col_offset :].strip():
        return text, function
    twin.body = [first]
    return "".join(lines[: end + 1]), twin
