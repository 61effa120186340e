"""Which first-party modules a file imports, anywhere in it.

Walks statements only: expressions can't hold an import statement, and skipping them makes this an
order of magnitude cheaper than `ast.walk`. `import_module("literal")` is looked for where the bytes
mention it; of `import_module(f"app.plugins.{name}")` every module that it can name is imported.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ..syntax import all_statements
from .values import SourceFile


def imported_modules(source: SourceFile, tree: ast.Module, known: Collection[str]) -> Iterator[str]:
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
        for name in imported_by_name(source, tree):
            prefix, star, _ = name.partition("*")
            if star:
                yield from (module for module in known if module.startswith(prefix))
            else:
                yield from _prefixes(name, known)


def import_statements(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the import statements at any depth."""
    for node in all_statements(tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def absolute_module(source: SourceFile, node: ast.ImportFrom) -> str | None:
    """Return the absolute module of a `from ... import`; None when it leaves the source root."""
    if not node.level:
        return node.module
    parts = source.package.split(".") if source.package else []
    if node.level > len(parts):
        return None
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def _prefixes(dotted: str, known: Collection[str]) -> Iterator[str]:
    parts = dotted.split(".")
    for index in range(1, len(parts) + 1):
        name = ".".join(parts[:index])
        if name in known:
            yield name


def imported_by_name(source: SourceFile, tree: ast.AST) -> Iterator[str]:
    """Yield the absolute names given to `import_module`, with a `*` where only the beginning is known."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
                args=[first, *_],
            ):
                name = _known_text(first)
            case _:
                continue
        dots = len(name) - len(name.lstrip("."))
        if dots:
            package = source.package.split(".")
            name = ".".join([*package[: len(package) - dots + 1], name[dots:]])
        if name not in ("", "*"):
            yield name


def _known_text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(name)):
            return name
        case ast.JoinedStr(values=[ast.Constant(value=str(name)), *_]):
            return f"{name}*"
        case ast.BinOp(left=ast.Constant(value=str(name)), op=ast.Add()):
            return f"{name}*"
    return ""
