"""Fingerprint a workflow: equal when a run could go on with the new code, whatever else changed.

In: the emitted modules of a flow. Out: a digest over their meaning. Comments, formatting and
docstrings don't count, nor what steps do, since a flow holds stubs of them. The dump is our own:
`ast.dump` differs between Python versions.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping

_IGNORED = frozenset({"type_ignores", "type_comment", "kind", "ctx"})


def fingerprint(modules: Mapping[str, tuple[str, str]]) -> str:
    """Return the fingerprint of a flow's shadow modules, `{dotted name: (path, text)}`."""
    total = hashlib.sha256()
    for name in sorted(modules):
        tree = ast.parse(modules[name][1])
        total.update(f"{name}\0{_dump(tree)}\0".encode("utf-8", "surrogatepass"))
    return total.hexdigest()[:32]


def _dump(node: object) -> str:
    if isinstance(node, ast.AST):
        parts = [
            f"{field}={_dump(value)}"
            for field, value in ast.iter_fields(node)
            if field not in _IGNORED and value is not None and value != []
        ]
        return f"{type(node).__name__}({', '.join(parts)})"
    if isinstance(node, list):
        return f"[{', '.join(_dump(item) for item in node if not _is_docstring(item))}]"
    return f"{type(node).__name__}:{node!r}"


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
