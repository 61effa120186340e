"""What other modules, and the planning of other routes, can see of a file: all but the bodies of functions.

    RATES = {"eu": 1.2}                              RATES = {"eu": 1.2}
    @wf.step                                         @wf.step
    def price(x: int) -> int:             ->         def price(x: int) -> int:
        from app.shop import tax                     from app.shop import tax
        return tax(x)

What a body imports counts, and the whole of a body that binds names of its module (`global _last`), that may register
classes with the runtime, or that has been looked into for what it does at import: `consulted`. In: a parsed file. Out:
a digest; equal ones mean that only the routes that hold something of the file can have changed.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterator, Sequence

from ..discover import FunctionNode
from ..project import SourceFile
from ..project.imports import imported_by_name
from ..syntax import BLOCKS, all_statements, start_line

_Import = ast.Import | ast.ImportFrom


def outline(source: SourceFile, tree: ast.Module, consulted: Collection[str]) -> str:
    """Return a digest of the outline; definitions named in `consulted` count with their bodies."""
    lines = source.lines
    hidden: set[int] = set()
    inside: list[str] = []
    registers = b"register_serializable" in source.data  # what is said elsewhere about a class may depend on it
    for function in () if registers else _functions(tree, consulted):
        if _has_own_lines(function, lines):
            hidden.update(range(_body_start(function, lines), (function.end_lineno or function.lineno) + 1))
            inside += [ast.unparse(node) for node in all_statements(function.body) if isinstance(node, _Import)]
    if b"import_module" in source.data or b"__import__" in source.data:
        inside += imported_by_name(source, tree)
    seen = [line for number, line in enumerate(lines, 1) if number not in hidden]
    return hashlib.sha256("\n".join([*seen, "", *inside]).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _functions(tree: ast.Module, consulted: Collection[str]) -> Iterator[FunctionNode]:
    """Yield the functions whose bodies nobody else sees, not those inside other functions."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        if getattr(node, "name", None) in consulted:
            continue  # at any depth: `if` and `try` at the top of a module define functions, too
        if isinstance(node, FunctionNode):
            if not any(isinstance(inner, ast.Global) for inner in all_statements(node.body)):
                yield node
            continue
        for name in BLOCKS:
            waiting.extend(getattr(node, name, None) or ())


def _has_own_lines(function: FunctionNode, lines: Sequence[str]) -> bool:
    """Say whether a body starts on a line of its own, not behind the end of the header, which others see."""
    first = function.body[0]
    return not lines[first.lineno - 1][: first.col_offset].strip()


def _body_start(function: FunctionNode, lines: Sequence[str]) -> int:
    """Return the line on which a body starts, comments above its first statement counted."""
    start = start_line(function.body[0])
    while start - 1 > function.lineno and lines[start - 2].lstrip()[:1] in ("", "#"):
        start -= 1
    return start
