"""What all routes of a program share while they are sliced: facts, import order, effects.

Worked out once and on demand; nothing here depends on a route.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from ..binder import Module, WatchedNames
from ..discover import Program
from .caught import chains_only_caught
from .effect import Effect, Target
from .effects import Effects
from .facts import FactsOnDemand, ModuleFacts
from .imports import ImportGraph
from .known import Known, Place
from .resources import data_files, included_files, packages_read
from .uses import Chain


class Analysis:
    """A program, as slicing sees it."""

    def __init__(self, program: Program, known: Known | None = None) -> None:
        self.program = program
        self.known = known
        self.facts: Mapping[str, ModuleFacts] = FactsOnDemand(program.modules)
        self.graph = ImportGraph(program, self.facts, known.edges if known else {})
        self._names = WatchedNames(program.names)
        self._effects = Effects(replace(program, names=self._names))
        self._unknown: dict[str, Sequence[int]] = {}
        self._futures: dict[str, Sequence[int]] = {}
        self._handlers: dict[tuple[str, int], Sequence[ast.Try | ast.TryStar]] = {}
        self._only_caught: dict[tuple[str, int], frozenset[Chain]] = {}
        self._data_files: dict[str, Sequence[str]] = {}
        self._packages_read: dict[Place, Sequence[str]] = {}
        self._bound_by: dict[str, dict[int, frozenset[str]]] = {}
        self._by_statement: dict[tuple[str, int], Effect] = {}
        self.packages = frozenset(program.names.packages)

    def effect(self, module: str, index: int) -> Effect:
        """Return what executing a top-level statement does."""
        key = (module, index)
        if key not in self._by_statement:
            bound = self.program.modules[module]
            self._by_statement[key] = self._effects.of_statement(bound, bound.tree.body[index])
        return self._by_statement[key]

    def decorator_effect(self, module: Module, decorator: ast.expr) -> Effect:
        """Return what decorating with an expression does."""
        return self._effects.decorator(module, decorator)

    @cached_property
    def changers(self) -> Mapping[Target, tuple[Place, ...]]:
        """Return the statements that change each definition, in a fixed order."""
        if self.known is not None:
            return {(module, name): places for module, name, places in self.known.changers}
        places = [
            (module, index)
            for module, facts in self.facts.items()
            for index, statement in enumerate(facts.statements)
            if statement.dropped is None and self.effect(module, index).targets
        ]
        for place in places:
            held = self._held_by(*place)
            for target in self.effect(*place).targets:
                self._effects.aliases.note_held(target, held - {target})
        found: dict[Target, list[tuple[str, int]]] = {}
        for place in places:
            effect = self.effect(*place)
            for target in self._effects.aliases.changed_with(effect.targets, effect.deep):
                found.setdefault(target, []).append(place)
        return {target: tuple(places) for target, places in found.items()}

    def _held_by(self, module: str, index: int) -> frozenset[Target]:
        """Return the definitions that a statement which changes something may put into it."""
        bound = self.program.modules[module]
        node = bound.tree.body[index]
        if isinstance(node, ast.ClassDef):
            return frozenset({(module, node.name)})
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return frozenset()
        given: list[ast.expr] = []
        for part in ast.walk(node):
            if isinstance(part, ast.Call):
                given += [*part.args, *(keyword.value for keyword in part.keywords)]
            elif isinstance(part, ast.Assign | ast.AugAssign):
                given.append(part.value)
        return frozenset(target for value in given for target in self._effects.aliases.of_value(bound, value))

    def all_known(self) -> Known:
        """Return what the next build may start from."""
        changers = tuple((module, name, places) for (module, name), places in self.changers.items())
        consulted: dict[str, list[str]] = {}
        for module, name in sorted(self._names.seen):
            consulted.setdefault(module, []).append(name)
        return Known(self.graph.all_edges(), changers, {module: tuple(names) for module, names in consulted.items()})

    def unknown_effects(self, module: str) -> Sequence[int]:
        """Return the statements of a module whose effect can't be told."""
        if module not in self._unknown:
            self._unknown[module] = [
                index
                for index, statement in enumerate(self.facts[module].statements)
                if statement.dropped is None and self.effect(module, index).unknown is not None
            ]
        return self._unknown[module]

    def futures(self, module: str) -> Sequence[int]:
        """Return the `from __future__` statements of a module."""
        if module not in self._futures:
            self._futures[module] = [
                index
                for index, node in enumerate(self.program.modules[module].tree.body)
                if isinstance(node, ast.ImportFrom) and node.module == "__future__" and not node.level
            ]
        return self._futures[module]

    def handlers(self, module: str, index: int) -> Sequence[ast.Try | ast.TryStar]:
        """Return the `try` statements at any depth of a top-level statement."""
        key = (module, index)
        if key not in self._handlers:
            statement = self.program.modules[module].tree.body[index]
            tries = (node for node in ast.walk(statement) if isinstance(node, ast.Try | ast.TryStar))
            self._handlers[key] = list(tries) if _may_hold_try(statement) else []
        return self._handlers[key]

    def only_caught(self, module: str, index: int) -> frozenset[Chain]:
        """Return what a top-level statement uses only to catch third-party exceptions, which a flow does by name."""
        key = (module, index)
        if key not in self._only_caught:
            bound = self.program.modules[module]
            tries = self.handlers(module, index)
            self._only_caught[key] = (
                chains_only_caught(bound, self.program.names, bound.tree.body[index]) if tries else frozenset()
            )
        return self._only_caught[key]

    def data_files(self, module: str) -> Sequence[str]:
        """Return the data files that go with a module."""
        if module not in self._data_files:
            self._data_files[module] = data_files(self.program, module)
        return self._data_files[module]

    def packages_read(self, module: str, index: int) -> Sequence[str]:
        """Return the modules of the project whose files a statement reads by name."""
        key = (module, index)
        if key not in self._packages_read:
            self._packages_read[key] = packages_read(self.program, module, index)
        return self._packages_read[key]

    @cached_property
    def included_files(self) -> Sequence[str]:
        """Return the files that the configuration includes."""
        return included_files(self.program.project)

    def bound_by(self, module: str, index: int) -> frozenset[str]:
        """Return the module-level names that a statement binds; a star import, all that it supplies."""
        if module not in self._bound_by:
            found: dict[int, set[str]] = {}
            bound = self.program.modules[module]
            for name, bindings in bound.bindings.items():
                for binding in bindings:
                    found.setdefault(binding.statement, set()).add(name)
            for star in bound.stars:
                source = self.program.modules.get(star.module)
                names = self.program.names.exports(source) if source is not None else None
                found.setdefault(star.statement, set()).update(names or ())
            self._bound_by[module] = {place: frozenset(names) for place, names in found.items()}
        return self._bound_by[module].get(index, frozenset())

    @cached_property
    def subclasses(self) -> Mapping[str, tuple[Target, ...]]:
        """Return the first-party classes by the canonical names of all their bases."""
        direct: dict[str, list[Target]] = {}
        names = self.program.names
        for module_name, facts in self.facts.items():
            for node in facts.module.tree.body:
                for base in node.bases if isinstance(node, ast.ClassDef) else ():
                    name = names.canonical(facts.module, base)
                    if name is not None:
                        assert isinstance(node, ast.ClassDef)
                        direct.setdefault(name, []).append((module_name, node.name))
        return {name: tuple(targets) for name, targets in direct.items()}

    def all_subclasses(self, name: str) -> list[Target]:
        """Return the first-party classes below a class, at any depth."""
        found: list[Target] = []
        pending = [name]
        while pending:
            for target in self.subclasses.get(pending.pop(), ()):
                if target not in found:
                    found.append(target)
                    pending.append(".".join(target))
        return found


def _may_hold_try(statement: ast.stmt) -> bool:
    return not isinstance(statement, ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.Expr)
