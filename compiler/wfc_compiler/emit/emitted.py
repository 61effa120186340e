"""What an emitted module binds, uses and imports, read from its text alone.

In: text that was emitted. Out: an `Emitted`, parsed once however many routes hold the same text. CPython's own
`symtable` is asked, not the binder: a mistake of the binder should not hide itself.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from functools import lru_cache

from ..binder import Module
from ..slice.uses import executed_children
from ..syntax import all_statements
from .errors import MiscompiledError


class Emitted:
    """An emitted module: the global names that it binds and uses, and the modules from outside that it imports."""

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        try:
            tree = ast.parse(text, path)
            compile(tree, path, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise MiscompiledError(f"{path} does not compile: {error}") from error
        self.bound: set[str] = set()
        self.used: set[str] = set()
        self._collect(symtable.symtable(text, path, "exec"), top=True)
        self.has_star = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in tree.body)
        self.imports = frozenset(_top_levels(tree))
        self._at_import = [node for node in _at_import(tree.body) if isinstance(node, ast.ImportFrom) and node.level]

    def _collect(self, table: symtable.SymbolTable, *, top: bool) -> None:
        for symbol in table.get_symbols():
            is_global = top or symbol.is_global()
            if is_global and (symbol.is_assigned() or symbol.is_imported()):
                self.bound.add(symbol.get_name())
            if is_global and symbol.is_referenced():
                self.used.add(symbol.get_name())
        for child in table.get_children():
            self._collect(child, top=False)

    def imported(self, original: Module) -> Iterator[tuple[str, str]]:
        """Yield what is imported from the route's own tree when the module is imported."""
        package = original.source.package.split(".")
        for node in self._at_import:
            if node.level <= len(package):
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
                yield from ((base, alias.name) for alias in node.names if alias.name != "*")


@lru_cache(maxsize=4096)
def read_emitted(text: str, path: str) -> Emitted:
    """Return what an emitted module holds; raises MiscompiledError when it doesn't compile."""
    return Emitted(text, path)


def _top_levels(tree: ast.Module) -> Iterator[str]:
    for node in all_statements(tree.body):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def _at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported, but not those that may be meant to fail."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.With):
            yield from _at_import([part for part in executed_children(node) if isinstance(part, ast.stmt)])
