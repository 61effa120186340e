"""Import cycles: check that a route's modules can be imported in the order that the route begins with.

    a.py: LIMIT = 3; from app.b import work          starting with a works,
    b.py: from app.a import LIMIT                    starting with b finds no `work` yet

A program that always starts with `a` is right, so a route whose step is in `b` begins with `a` too.
In: a route's slices. Out: the modules to import first (none, nearly always), or the import that
fails whatever comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .analysis import Analysis
from .facts import Imported
from .imports import with_parents
from .plan import Kept, ModuleSlice


@dataclass(frozen=True)
class Broken:
    """The import that finds a module half executed, and the name it misses there."""

    module: str
    imported: Imported


def first_imports(analysis: Analysis, target: str, slices: Mapping[str, ModuleSlice]) -> tuple[str, ...] | Broken:
    """Return the modules to import before `target`, or what fails in any order."""
    broken = _simulate(analysis, [target], slices)
    if broken is None:
        return ()
    for candidate in _in_program_order(analysis, slices):
        if _simulate(analysis, [candidate, target], slices) is None:
            return (candidate,)
    return broken


def executed_modules(analysis: Analysis, target: str, slices: Mapping[str, ModuleSlice]) -> frozenset[str]:
    """Return the modules of a route that importing `target` executes."""
    run = _Run(analysis, slices)
    run.execute(target)
    return frozenset(run.bound)


def _in_program_order(analysis: Analysis, slices: Mapping[str, ModuleSlice]) -> list[str]:
    return [module for module in analysis.graph.program_order if module in slices]


def _simulate(analysis: Analysis, order: Sequence[str], slices: Mapping[str, ModuleSlice]) -> Broken | None:
    run = _Run(analysis, slices)
    for module in order:
        run.execute(module)
    return run.broken


@dataclass
class _Run:
    analysis: Analysis
    slices: Mapping[str, ModuleSlice]
    bound: dict[str, set[str]] = field(default_factory=dict)
    broken: Broken | None = None

    def execute(self, dotted: str) -> None:
        for module in with_parents(dotted):
            if module in self.slices and module not in self.bound:
                self.bound[module] = set()
                for entry in self.slices[module].kept:
                    self._statement(module, entry)

    def _statement(self, module: str, entry: Kept) -> None:
        for imported in self.analysis.facts[module].statements[entry.index].imports:
            skipped = entry.aliases is not None and imported.position not in entry.aliases
            if imported.in_function or skipped:
                continue
            self.execute(imported.module)
            if imported.name is not None and imported.module in self.slices:
                self._name(module, imported)
        self.bound[module].update(self.analysis.bound_by(module, entry.index))

    def _name(self, module: str, imported: Imported) -> None:
        assert imported.name is not None
        submodule = f"{imported.module}.{imported.name}"
        if imported.name in self.bound[imported.module] or imported.name == "*":
            return
        if submodule in self.slices:
            self.execute(submodule)
        elif self.analysis.graph.binds(imported.module, imported.name) and self.broken is None:
            self.broken = Broken(module, imported)
