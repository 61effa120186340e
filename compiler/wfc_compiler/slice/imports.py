"""Which module imports which, and in which order they are executed.

In: the facts of all modules. Out: for a route's module, the modules that importing it would execute,
each with the import statement that comes to it first. A route that needs a module executed for what
it changes elsewhere (a plugin that registers itself) keeps the imports on that way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ..discover import Program
from .facts import Imported, ModuleFacts
from .reach import Reachability


@dataclass(frozen=True)
class Edge:
    """An import statement of `importer`: the index of the statement, and which of its names."""

    importer: str
    index: int
    imported: Imported


class ImportGraph:
    """The import order of a program's modules."""

    def __init__(
        self, program: Program, facts: Mapping[str, ModuleFacts], known: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.program = program
        self.facts = facts
        self._known = known or {}
        self._edges_of: dict[str, Sequence[tuple[str, Edge]]] = {}

    def reaches(self, start: str, module: str) -> bool:
        """Say whether importing `start` executes `module`."""
        return self._reachability.reaches(start, module) or any(
            self._reachability.reaches(parent, module) for parent in with_parents(start)
        )

    @cached_property
    def _reachability(self) -> Reachability:
        return Reachability(self.all_edges())

    def all_edges(self) -> Mapping[str, tuple[str, ...]]:
        """Return the modules that each module imports when it is executed, in order."""
        return {name: tuple(self._targets(name)) for name in self.facts}

    def _targets(self, module: str) -> Sequence[str]:
        known = self._known.get(module)
        return known if known is not None else [target for target, _ in self._edges(module)]

    @cached_property
    def program_order(self) -> tuple[str, ...]:
        """Return the modules in the order in which the program executes them, entrypoint after entrypoint."""
        found: dict[str, None] = {}
        pending: list[Iterator[str]] = []

        def enter(module: str) -> None:
            found[module] = None
            pending.append(iter(self._targets(module)))

        for entrypoint in self.program.project.entrypoints:
            for name in with_parents(entrypoint.module):
                if name not in found and name in self.facts and entrypoint.module in self.facts:
                    enter(name)
                while pending:
                    step = next(pending[-1], None)
                    if step is None:
                        pending.pop()
                    elif step not in found:
                        enter(step)
        return tuple(found)

    def _edges(self, module: str) -> Sequence[tuple[str, Edge]]:
        if module not in self._edges_of:
            self._edges_of[module] = [
                (target, Edge(module, index, imported))
                for index, imported in self.facts[module].imports()
                for target in self.executed_by(imported)
            ]
        return self._edges_of[module]

    def way(self, held: Sequence[str], target: str) -> list[Edge]:
        """Return the shortest chain of imports from any of the modules `held` to `target`; [] if there is none.

        The shortest one brings the fewest other modules into a route.
        """
        came: dict[str, Edge | None] = dict.fromkeys(held)
        level = list(held)
        while level and target not in came:
            following: list[str] = []
            for module in level:
                for reached, edge in self._edges(module):
                    if reached not in came:
                        came[reached] = edge
                        following.append(reached)
            level = following
        chain: list[Edge] = []
        last = came.get(target)
        while last is not None:
            chain.append(last)
            last = came[last.importer]
        return chain

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
        own = f"{module}.{name}"
        for binding in facts.module.bindings.get(name, ()):
            if facts.statements[binding.statement].dropped is not None:
                continue
            # `from . import name` in the package itself binds the submodule to its own name.
            if not (binding.target == own and own in self.facts):
                return True
        for star in facts.module.stars:
            source = self.program.modules.get(star.module)
            exported = self.program.names.exports(source) if source is not None else frozenset()
            if exported is not None and name in exported:
                return True
        return False


@lru_cache(maxsize=16384)
def with_parents(module: str) -> tuple[str, ...]:
    """Return `a`, `a.b`, `a.b.c` for `a.b.c`."""
    parts = module.split(".")
    return tuple(".".join(parts[:length]) for length in range(1, len(parts) + 1))


def choose_imports(imports: Sequence[Imported], path: tuple[str, ...] | None) -> list[Imported]:
    """Choose among the imports of one name, `import a.b` and `import a.c`, those that `a.b.x` goes through.

    Where none leads all the way, those that lead furthest: they load what is on the way.
    """
    tops = [imported for imported in imports if imported.binds_top]
    if not path or not tops:
        return list(imports)
    nearest = max(_shared(imported.module, path) for imported in tops)
    return [
        imported
        for imported in imports
        if imported not in tops
        or _shared(imported.module, path) in (nearest, imported.module.count("."))
        or _shared(imported.module, path) == len(path)
    ]


def _shared(module: str, path: tuple[str, ...]) -> int:
    """Return how many attributes in `path` lead towards the submodule of `import a.b.c`."""
    count = 0
    for mine, theirs in zip(module.split(".")[1:], path, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
