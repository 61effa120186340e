"""Cut the bodies out of steps, for the trees that call a step without running it here.

    @wf.step                                         @wf.step
    async def draft(*, topic: str) -> str:    ->     async def draft(*, topic: str) -> str: ...
        return await client.complete(topic)

Decorators, parameters, defaults and annotations stay: the runtime binds and validates arguments by
them. A docstring stays too.
"""

from __future__ import annotations

import ast
import copy

import libcst as cst

from .guards import is_docstring


def stub_body(function: cst.FunctionDef) -> cst.FunctionDef:
    """Return the function with its docstring for a body, or `...`."""
    body = function.body
    if isinstance(body, cst.IndentedBlock) and is_docstring(body.body[0]):
        docstring = body.body[0]
        assert isinstance(docstring, cst.SimpleStatementLine)
        alone = docstring.body[0].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        line = docstring.with_changes(body=[alone])
        return function.with_changes(body=body.with_changes(body=[line], footer=[]))
    return function.with_changes(body=cst.SimpleStatementSuite([cst.Expr(cst.Ellipsis())]))


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
