"""Cut the bodies of steps out as text: most of them needn't be parsed for that.

    async def draft(*, topic: str) -> str:    ->     async def draft(*, topic: str) -> str: ...
        return await client.complete(topic)

`stubs` does the same in a tree, where the text is too odd or something in it is rewritten.
"""

from __future__ import annotations

import ast
import copy

Function = ast.FunctionDef | ast.AsyncFunctionDef


def without_body(text: str, line: int, function: Function) -> tuple[str, Function]:
    """Return the text of a function, which starts on `line`, with as little of its body as a stub keeps, and its twin.

    A body needn't be parsed to be cut out. Where the text is too odd to be cut both come back as they are.
    """
    lines = text.splitlines(keepends=True)
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
