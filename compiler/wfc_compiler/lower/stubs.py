"""Cut the bodies out of steps, for the trees that call a step without running it here.

    @wf.step                                         @wf.step
    async def draft(*, topic: str) -> str:    ->     async def draft(*, topic: str) -> str: ...
        return await client.complete(topic)

Decorators, parameters, defaults and annotations stay: the runtime binds and validates arguments by
them. A docstring stays too.
"""

from __future__ import annotations

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
