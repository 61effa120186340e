"""Which module imports which, and in which order they are executed.

In: the facts of all modules. Out: for a route's module, the modules that importing it would execute,
each with the import statement that comes to it first. A route that needs a module executed for what
it changes elsewhere (a plugin that registers itself) keeps the imports on that way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..discover import Program
from .facts import Imported, ModuleFacts


@dataclass(frozen=True)
class Edge:
    """An import statement of `importer`: the index of the statement, and which of its names."""

    importer: str
    index: int
    imported: Imported


class ImportGraph:
    """The import order of a program's modules."""

    def __init__(self, program: Program, facts: Mapping[str, ModuleFacts]) -> None:
        self.program = program
        self.facts = facts
        self._reached: dict[str, Mapping[str, Edge | None]] = {}

    def reached_from(self, module: str) -> Mapping[str, Edge | None]:
        """Return the modules that importing `module` executes, and how each is come to first."""
        if module not in self._reached:
            self._reached[module] = self._walk(module)
        return self._reached[module]

    def _walk(self, start: str) -> Mapping[str, Edge | None]:
        found: dict[str, Edge | None] = {}
        pending: list[Iterator[tuple[str, Edge]]] = []

        def enter(module: str, edge: Edge | None) -> None:
            found[module] = edge
            pending.append(self._edges(module))

        for name in with_parents(start):
            if name in self.facts:
                enter(name, None)
                while pending:
                    step = next(pending[-1], None)
                    if step is None:
                        pending.pop()
                    elif step[0] not in found:
                        enter(*step)
        return found

    def _edges(self, module: str) -> Iterator[tuple[str, Edge]]:
        for index, imported in self.facts[module].imports():
            for target in self.executed_by(imported):
                yield target, Edge(module, index, imported)

    def executed_by(self, imported: Imported) -> Iterator[str]:
        """Yield the first-party modules that one imported name executes, outermost first."""
        for name in with_parents(imported.module):
            if name in self.facts:
                yield name
        if imported.name is None:
            return
        submodule = f"{imported.module}.{imported.name}"
        if submodule in self.facts and not self.binds(imported.module, imported.name):
            yield submodule

    def binds(self, module: str, name: str) -> bool:
        """Say whether a module binds a name itself (a submodule of that name aside)."""
        facts = self.facts.get(module)
        if facts is None:
            return False
        if name in facts.module.bindings:
            return True
        for star in facts.module.stars:
            source = self.program.modules.get(star.module)
            exported = self.program.names.exports(source) if source is not None else frozenset()
            if exported is not None and name in exported:
                return True
        return False


def with_parents(module: str) -> Iterator[str]:
    """Yield `a`, `a.b`, `a.b.c` for `a.b.c`."""
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])
