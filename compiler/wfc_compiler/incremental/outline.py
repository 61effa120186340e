"""What other modules, and the planning of other routes, can see of a file: all but the bodies of functions.

    RATES = {"eu": 1.2}                              RATES = {"eu": 1.2}
    @wf.step                                         @wf.step
    def price(x: int) -> int:             ->         def price(x: int) -> int:
        global _last
        from app.shop import tax                     global _last; from app.shop import tax
        return tax(x)

What a body binds or imports for its whole module counts, and so do bodies that have been looked into for what they do
at import: `consulted`. In: a parsed file. Out: a digest; equal ones mean that only the routes that hold something of
the file can have changed.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterator, Sequence

from ..project import SourceFile
from ..project.imports import imported_by_name
from ..syntax import BLOCKS, all_statements, start_line

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def outline(source: SourceFile, tree: ast.Module, consulted: Collection[str]) -> str:
    """Return a digest of the outline; definitions named in `consulted` count with their bodies."""
    lines = source.lines
    hidden: set[int] = set()
    inside: list[str] = []
    for function in _functions(tree, consulted):
        body = range(_body_start(function, lines), (function.end_lineno or function.lineno) + 1)
        if body.start > function.lineno:
            hidden.update(body)
            inside += _seen_from_outside(function)
    if b"import_module" in source.data or b"__import__" in source.data:
        inside += imported_by_name(source, tree)
    seen = [line for number, line in enumerate(lines, 1) if number not in hidden]
    return hashlib.sha256("\n".join([*seen, "", *inside]).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _functions(tree: ast.Module, consulted: Collection[str]) -> Iterator[_Function]:
    """Yield the functions whose bodies are hidden, not those inside other functions."""
    waiting: list[ast.AST] = [node for node in tree.body if getattr(node, "name", None) not in consulted]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _Function):
            yield node
            continue
        for name in BLOCKS:
            waiting.extend(getattr(node, name, None) or ())


def _seen_from_outside(function: _Function) -> Iterator[str]:
    """Yield what a body does to its module: names it declares global, modules it imports."""
    for node in all_statements(function.body):
        if isinstance(node, ast.Global | ast.Import | ast.ImportFrom):
            yield ast.unparse(node)


def _body_start(function: _Function, lines: Sequence[str]) -> int:
    """Return the line on which a body starts, comments above its first statement counted."""
    start = start_line(function.body[0])
    while start - 1 > function.lineno and lines[start - 2].lstrip()[:1] in ("", "#"):
        start -= 1
    return start
