"""Check what was emitted: it compiles, and no name got lost on the way.

A global name that the user's module binds, that the emitted one uses and doesn't bind, is a bug of
the slicer. It is found here, at build time, and never by the user in production. CPython's own
`symtable` is asked, not the binder: a mistake of the binder should not hide itself.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator
from functools import lru_cache

from ..binder import Module
from ..discover import Program
from ..slice.facts import is_type_checking
from .errors import MiscompiledError
from .tree import RouteFiles


def check_route(program: Program, route: RouteFiles) -> None:
    """Raise MiscompiledError when a module of a route doesn't compile or lacks a name."""
    bound = {name: _emitted(text, path) for name, (path, text) in route.modules.items()}
    for name, emitted in bound.items():
        original = program.modules[name]
        lost = sorted(emitted.used - emitted.bound) if not emitted.has_star else []
        for missing in lost:
            if missing in _needed(original) and not hasattr(builtins, missing):
                raise MiscompiledError(
                    f"{route.plan.directory}/{emitted.path} uses `{missing}`, which {original.source.relpath} "
                    "binds and the route does not"
                )
        for target, missing in emitted.imported(original):
            if target in bound and not _supplies(program, bound, target, missing):
                raise MiscompiledError(
                    f"{route.plan.directory}/{emitted.path} imports `{missing}` from `{target}`, whose slice lacks it"
                )
            if target not in bound and target in program.modules:
                raise MiscompiledError(
                    f"{route.plan.directory}/{emitted.path} imports from `{target}`, which the route lacks"
                )


@lru_cache(maxsize=4096)
def _emitted(text: str, path: str) -> _Emitted:
    return _Emitted(text, path)


class _Emitted:
    """An emitted module: the global names that it binds and uses."""

    def __init__(self, text: str, path: str) -> None:
        self.path = path
        try:
            self.tree = ast.parse(text, path)
            compile(self.tree, path, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise MiscompiledError(f"{path} does not compile: {error}") from error
        self.bound: set[str] = set()
        self.used: set[str] = set()
        self._collect(symtable.symtable(text, path, "exec"), top=True)
        self.has_star = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in self.tree.body)

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
        for node in _at_import(self.tree.body):
            if isinstance(node, ast.ImportFrom) and node.level and node.level <= len(package):
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
                yield from ((base, alias.name) for alias in node.names if alias.name != "*")


def _supplies(program: Program, bound: dict[str, _Emitted], target: str, name: str) -> bool:
    emitted = bound[target]
    if name in emitted.bound or f"{target}.{name}" in bound or emitted.has_star or "__getattr__" in emitted.bound:
        return True
    # Not there in the source either: the user's mistake, which rules report, or set from outside.
    return name not in program.modules[target].bindings or name.startswith("__")


def _needed(module: Module) -> set[str]:
    """Return the names that a module binds when it runs: not those for type checkers only."""
    unseen = {
        index for index, node in enumerate(module.tree.body) if isinstance(node, ast.If) and is_type_checking(node.test)
    }
    return {
        name
        for name, bindings in module.bindings.items()
        if not all(binding.statement in unseen for binding in bindings)
    }


def _at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported, but not those that may be meant to fail."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.With):
            yield from _at_import([*node.body, *getattr(node, "orelse", [])])
