"""Which first-party modules a file imports, anywhere in it.

Walks statements only: expressions can't hold an import statement, and skipping them makes this an
order of magnitude cheaper than `ast.walk`. `import_module("literal")` is looked for where the bytes
mention it.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator

from .values import SourceFile

_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


def imported_modules(source: SourceFile, tree: ast.Module, known: Container[str]) -> Iterator[str]:
    """Yield the known modules that the file imports, in source order, with repetitions."""
    for node in import_statements(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _prefixes(alias.name, known)
            continue
        base = absolute_module(source, node)
        if base is None:
            continue
        yield from _prefixes(base, known)
        for alias in node.names:
            submodule = f"{base}.{alias.name}"
            if submodule in known:
                yield submodule
    if b"import_module" in source.data or b"__import__" in source.data:
        yield from _literal_imports(tree, known)


def import_statements(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the import statements at any depth."""
    waiting: list[ast.AST] = list(reversed(tree.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
            continue
        for name in _BODIES:
            waiting.extend(reversed(getattr(node, name, None) or ()))


def absolute_module(source: SourceFile, node: ast.ImportFrom) -> str | None:
    """Return the absolute module of a `from ... import`; None when it leaves the source root."""
    if not node.level:
        return node.module
    parts = source.package.split(".") if source.package else []
    if node.level > len(parts):
        return None
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def _prefixes(dotted: str, known: Container[str]) -> Iterator[str]:
    parts = dotted.split(".")
    for index in range(1, len(parts) + 1):
        name = ".".join(parts[:index])
        if name in known:
            yield name


def _literal_imports(tree: ast.Module, known: Container[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield from _prefixes(name, known)
