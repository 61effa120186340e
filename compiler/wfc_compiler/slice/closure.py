"""The closure of one route: from its definition to every statement that it needs.

In: what `analysis` knows, and a definition. Out: the slices of all modules that it reaches. The
demands, each of which may raise more:

    a name of a module        all statements that bind it, and all that change what it is bound to
    a statement               the names that it uses; of an import only the asked-for name
    an attribute of a module  that name in the module, or the submodule
    a module as a value       all of it: any attribute may be read
    a module executed         the statements of it with unknown effects, its parents, the way to it

In a flow a step is a stub. What only stubs ask for is asked for *quietly*: the modules it is in keep
nothing for the sake of an unknown effect, so that a step's client is not made in the flow.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from .analysis import Analysis
from .effect import Target
from .facts import Imported, StatementFacts
from .imports import Edge, choose_imports, with_parents
from .plan import Kept, ModuleSlice, Reached
from .uses import Chain

Path = tuple[str, ...] | None
"""The attributes asked of a name: () is the object itself, None that it only has to exist."""


@dataclass
class _Part:
    """What is kept of a statement so far."""

    aliases: set[int] | None = None
    star: set[str] | None = None
    stub: bool = False
    quiet: bool = True


@dataclass
class Closure:
    """A worklist; `run` empties it. `stubs` are the functions whose bodies stay out.

    `catches_by_name` says that third-party exceptions which are only caught need no import, as in a flow.
    """

    analysis: Analysis
    start: str
    stubs: frozenset[Target]
    keep_unknown: bool = True
    catches_by_name: bool = False
    _kept: dict[str, dict[int, _Part]] = field(default_factory=dict)
    _loaded: dict[str, bool] = field(default_factory=dict)
    _whole: dict[str, str] = field(default_factory=dict)
    _names: dict[tuple[str, str, Path], bool] = field(default_factory=dict)
    _work: list[Callable[[], None]] = field(default_factory=list)
    _submodules: set[str] = field(default_factory=set)
    _changing: set[str] = field(default_factory=set)
    _executed: set[str] = field(default_factory=set)
    _unknown: set[tuple[str, int]] = field(default_factory=set)
    _when_loaded: dict[str, set[int]] = field(default_factory=dict)  # changes by modules that only functions import

    def need(self, module: str, name: str, *, quiet: bool = False) -> None:
        """Ask for a definition; `run` finds what it needs."""
        self._later(lambda: self._need_name(module, name, (), quiet=quiet))

    def run(self) -> None:
        """Follow all demands to their end."""
        while self._work or self._unexecuted():
            while self._work:
                self._work.pop()()
            for module in self._unexecuted():
                self._execute(module)

    # --- names

    def _need_name(self, module: str, name: str, path: Path, *, quiet: bool) -> None:
        known = self._names.get((module, name, path))
        if known is False or known is quiet:
            return
        self._names[(module, name, path)] = quiet
        self._load(module, quiet=quiet)
        bound = self.analysis.facts[module].bound_to(name)
        chosen = choose_imports([imported for _, imported in bound if imported is not None], path)
        for index, imported in bound:
            if imported is None:
                self._need_statement(module, index, quiet=quiet)
            elif imported in chosen:
                self._need_import(module, index, imported, path, quiet=quiet)
        self._need_starred(module, name, path, quiet=quiet)
        if not bound and f"{module}.{name}" in self.analysis.facts:
            # A package's own code may name a submodule that its imports have loaded.
            self._need_attribute(module, name, path, quiet=quiet)
            for edge in self.analysis.graph.way([module], f"{module}.{name}"):
                self._later(lambda edge=edge: self._keep_edge(edge))  # type: ignore[misc]
        if (module, name) not in self.stubs:
            self._need_changers((module, name), quiet=quiet)

    def _need_import(self, module: str, index: int, imported: Imported, path: Path, *, quiet: bool) -> None:
        if imported.position is None:
            self._need_statement(module, index, quiet=quiet)
        else:
            part = self._part(module, index, quiet=quiet)
            if part.aliases is not None:
                part.aliases.add(imported.position)
        self._follow(imported, path, quiet=quiet)

    def _follow(self, imported: Imported, path: Path, *, quiet: bool) -> None:
        """Ask for what an import leads to."""
        executed = list(self.analysis.graph.executed_by(imported))
        for module in executed:
            self._load(module, quiet=quiet)
        if not self._is_first_party(imported.module):
            self._need_changers(("", imported.module.partition(".")[0]), quiet=quiet)
        elif imported.name is not None and imported.name != "*":
            self._need_attribute(imported.module, imported.name, path, quiet=quiet)
        elif path is not None and imported.name is None:
            top = imported.module.partition(".")[0] if imported.binds_top else imported.module
            self._need_module(top, path, quiet=quiet)

    def _need_module(self, module: str, path: tuple[str, ...], *, quiet: bool) -> None:
        if path:
            self._need_attribute(module, path[0], path[1:], quiet=quiet)
        elif module in self.analysis.facts:
            self._need_whole(module, "it is used as a value, so any name of it may be read", quiet=quiet)

    def _need_attribute(self, module: str, name: str, path: Path, *, quiet: bool) -> None:
        submodule = f"{module}.{name}"
        if self.analysis.graph.binds(module, name):
            self._later(lambda: self._need_name(module, name, path, quiet=quiet))
        elif submodule in self.analysis.facts or submodule in self.analysis.packages:
            if submodule in self.analysis.facts:
                self._load(submodule, quiet=quiet)
                self._submodules.add(submodule)
            if path is not None:
                self._need_module(submodule, path, quiet=quiet)
        elif module in self.analysis.facts:
            if name == "__dict__":
                self._need_whole(module, "its __dict__ is used, so any name of it may be read", quiet=quiet)
            # Set from outside (`config.DEBUG = True`), or supplied by the module's __getattr__.
            for wanted, asked in ((name, path), ("__getattr__", ())):
                self._later(lambda wanted=wanted, asked=asked: self._need_name(module, wanted, asked, quiet=quiet))  # type: ignore[misc]

    def _need_starred(self, module: str, name: str, path: Path, *, quiet: bool) -> None:
        bound = self.analysis.program.modules[module]
        for star in bound.stars:
            source = self.analysis.program.modules.get(star.module)
            names = self.analysis.program.names.exports(source) if source is not None else None
            if names is not None and name not in names:
                continue
            if names is None and any(binding.statement > star.statement for binding in bound.bindings.get(name, ())):
                continue  # whatever the star supplies, the module itself binds the name afterwards
            if not isinstance(bound.tree.body[star.statement], ast.ImportFrom):
                self._need_statement(module, star.statement, quiet=quiet)  # within `try:`, say
            elif source is not None and names is not None:
                part = self._part(module, star.statement, quiet=quiet)
                part.star = (part.star or set()) | {name}
                self._load(star.module, quiet=quiet)
                self._need_name(star.module, name, path, quiet=quiet)
            else:
                # Anything may come from here: the star stays a star.
                self._part(module, star.statement, quiet=quiet).aliases = None
                self._load_if_known(star.module, quiet=quiet)
                if source is not None:
                    self._need_whole(star.module, "a star import of it can't be expanded", quiet=quiet)

    def _need_changers(self, target: Target, *, quiet: bool) -> None:
        for module, index in self.analysis.changers.get(target, ()):
            if module == target[0] or self.analysis.graph.reaches(self.start, module):
                self._need_statement(module, index, quiet=quiet)
                # Whoever needs a name imports its module; another one has to be executed as well.
                self._changing |= {module} - {target[0]}
            elif self._loaded.get(module) is False:
                self._need_statement(module, index, quiet=quiet)
            else:
                self._when_loaded.setdefault(module, set()).add(index)

    # --- statements and modules

    def _need_statement(self, module: str, index: int, *, quiet: bool) -> None:
        facts = self.analysis.facts[module].statements[index]
        if facts.dropped is not None:
            return
        node = self.analysis.program.modules[module].tree.body[index]
        known = self._kept.get(module, {}).get(index)
        if known is not None and known.aliases is None and known.star is None and (known.quiet <= quiet):
            return
        part = self._part(module, index, quiet=quiet)
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._need_all_aliases(module, index, part, facts, quiet=quiet)
            return
        part.stub = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (module, node.name) in self.stubs
        if part.stub:
            self._use(module, facts.header, quiet=True)
            return
        if facts.dynamic is not None:
            self._need_whole(module, facts.dynamic, quiet=quiet)
        caught = self.analysis.only_caught(module, index) if self.catches_by_name else frozenset[Chain]()
        self._use(module, facts.uses - caught, quiet=quiet)
        for imported in facts.imports:
            self._need_inner_import(imported, facts, quiet=quiet)
        for name in facts.imported_by_name:
            self._need_by_name(name, quiet=quiet)

    def _need_all_aliases(self, module: str, index: int, part: _Part, facts: StatementFacts, *, quiet: bool) -> None:
        for imported in facts.imports:
            if imported.name == "*":
                self._need_whole_star(module, part, imported.module, quiet=quiet)
            elif part.aliases is not None and imported.position is not None:
                part.aliases.add(imported.position)
                self._follow(imported, None, quiet=quiet)

    def _need_whole_star(self, module: str, part: _Part, target: str, *, quiet: bool) -> None:
        source = self.analysis.program.modules.get(target)
        names = self.analysis.program.names.exports(source) if source is not None else None
        if names is None:
            part.aliases = None
            self._load_if_known(target, quiet=quiet)
            if source is not None:
                self._need_whole(target, "a star import of it can't be expanded", quiet=quiet)
        for name in sorted(names or ()):
            self._need_starred(module, name, (), quiet=quiet)

    def _need_inner_import(self, imported: Imported, facts: StatementFacts, *, quiet: bool) -> None:
        """Ask for an import inside a function or a compound statement, and for what is read through it."""
        if imported.name == "*":
            self._load_if_known(imported.module, quiet=quiet)
            if imported.module in self.analysis.facts:
                self._need_whole(imported.module, "a star import of it can't be expanded", quiet=quiet)
            return
        self._follow(imported, None, quiet=quiet)
        if imported.in_function:
            for chain in sorted(facts.locals | facts.uses):
                if chain.root == imported.bound:
                    self._follow(imported, chain.asked, quiet=quiet)

    def _need_by_name(self, name: str, *, quiet: bool) -> None:
        prefix, star, _ = name.partition("*")
        if not star:
            names = [name] if name in self.analysis.facts else []
        else:
            names = [known for known in self.analysis.facts if known.startswith(prefix)]
        for module in names:
            self._load(module, quiet=quiet)
            self._need_whole(module, "it is imported by name at run time", quiet=quiet)

    def _use(self, module: str, uses: frozenset[Chain], *, quiet: bool) -> None:
        for chain in sorted(uses):
            self._later(
                lambda chain=chain: self._need_name(module, chain.root, chain.asked, quiet=quiet)  # type: ignore[misc]
            )

    def _need_whole(self, module: str, reason: str, *, quiet: bool) -> None:
        if module in self._whole:
            return
        self._whole[module] = reason
        self._load(module, quiet=quiet)
        for index in range(len(self.analysis.facts[module].statements)):
            self._later(lambda index=index: self._need_statement(module, index, quiet=quiet))  # type: ignore[misc]

    def _load_if_known(self, module: str, *, quiet: bool) -> None:
        if module in self.analysis.facts:
            self._load(module, quiet=quiet)

    def _load(self, module: str, *, quiet: bool) -> None:
        """Put a module and its parents into the tree; awake ones keep their unknown effects."""
        for name in with_parents(module):
            known = self._loaded.get(name)
            if name not in self.analysis.facts or known is False or known is quiet:
                continue
            self._loaded[name] = quiet
            self._kept.setdefault(name, {})
            for index in sorted(self._when_loaded.pop(name, ())) if not quiet else ():
                self._later(lambda name=name, index=index: self._need_statement(name, index, quiet=False))  # type: ignore[misc]
            for index in () if quiet else self.analysis.unknown_effects(name):
                self._unknown.add((name, index))
                if self.keep_unknown:
                    self._later(
                        lambda name=name, index=index: self._need_statement(name, index, quiet=False)  # type: ignore[misc]
                    )

    def _execute(self, module: str) -> None:
        """Keep the imports by which `module` is come to from what the route holds, so that it is executed."""
        self._executed.add(module)
        for edge in self.analysis.graph.way(sorted(self._reached(in_functions=False) - {module}), module):
            self._keep_edge(edge)

    def _keep_edge(self, edge: Edge) -> None:
        imported = edge.imported
        if imported.position is None:
            self._need_statement(edge.importer, edge.index, quiet=False)
        elif imported.name == "*":
            part = self._part(edge.importer, edge.index, quiet=False)
            self._need_whole_star(edge.importer, part, imported.module, quiet=False)
        else:
            part = self._part(edge.importer, edge.index, quiet=False)
            if part.aliases is not None:
                part.aliases.add(imported.position)
            self._follow(imported, None, quiet=False)

    def _unexecuted(self) -> list[str]:
        """Return the modules that have to be executed and that no kept import would execute.

        A submodule that is read as an attribute may be imported inside a function, before it is
        read; one that changes something elsewhere has to be executed when the route is imported.
        """
        at_import = self._changing - self._executed
        if at_import:
            at_import -= self._reached(in_functions=False)
        at_all = self._submodules - self._executed
        if at_all:
            at_all -= self._reached(in_functions=True)
        return sorted(at_import | at_all)

    def _reached(self, *, in_functions: bool) -> set[str]:
        """Return the modules that importing the route executes, from its start along kept imports.

        A module that is in the route because it is the parent of another is not reached by that: somebody has to import
        the other. With `in_functions`, imports count that run when a function is called.
        """
        reached: set[str] = set()
        waiting = [name for name in with_parents(self.start) if name in self.analysis.facts]
        while waiting:
            module = waiting.pop()
            if module in reached:
                continue
            reached.add(module)
            for imported in self._kept_imports(module):
                if in_functions or not imported.in_function:
                    waiting += self.analysis.graph.executed_by(imported)
        return reached

    def _kept_imports(self, module: str) -> Iterator[Imported]:
        for index, part in self._kept.get(module, {}).items():
            for imported in self.analysis.facts[module].statements[index].imports:
                if part.aliases is None or imported.position in part.aliases:
                    yield imported

    def _part(self, module: str, index: int, *, quiet: bool) -> _Part:
        self._load(module, quiet=quiet)
        part = self._kept[module].get(index)
        if part is None:
            node = self.analysis.program.modules[module].tree.body[index]
            part = self._kept[module][index] = _Part()
            if isinstance(node, ast.Import | ast.ImportFrom):
                part.aliases = set()
        part.quiet = part.quiet and quiet
        return part

    def _later(self, demand: Callable[[], None]) -> None:
        self._work.append(demand)

    def _is_first_party(self, module: str) -> bool:
        return module in self.analysis.facts or module in self.analysis.packages

    # --- the result

    def result(self) -> Reached:
        """Return the slices, in source order."""
        slices = {module: self._slice(module, parts) for module, parts in sorted(self._kept.items())}
        places = [(module, entry.index) for module, part in slices.items() for entry in part.kept if not entry.stub]
        facts = self.analysis.facts
        return Reached(
            slices,
            frozenset(self._unknown),
            tuple(place for place in places if facts[place[0]].statements[place[1]].resources),
            tuple((*place, name) for place in places for name in facts[place[0]].statements[place[1]].imported_by_name),
            tuple(sorted(self._without_source())),
        )

    def _without_source(self) -> set[str]:
        names: set[str] = set()
        for module in self._kept:
            for imported in self._kept_imports(module):
                names.update((imported.module, f"{imported.module}.{imported.name}"))
        first_party, facts = self.analysis.program.names.is_first_party, self.analysis.facts
        return {name for name in names if name not in facts and first_party(name)}

    def _slice(self, module: str, parts: dict[int, _Part]) -> ModuleSlice:
        tree = self.analysis.program.modules[module].tree
        kept = []
        futures = self.analysis.futures(module) if parts else ()
        for index in sorted({*parts, *futures}):
            node, part = tree.body[index], parts.get(index)
            if index in futures:
                kept.append(Kept(index))
            elif part is not None and part.star is not None:
                kept.append(Kept(index, star=tuple(sorted(part.star))))
            elif part is not None and part.aliases is not None:
                assert isinstance(node, ast.Import | ast.ImportFrom)
                some = tuple(sorted(part.aliases))
                if some:
                    kept.append(Kept(index, aliases=None if len(some) == len(node.names) else some))
            elif part is not None:
                kept.append(Kept(index, stub=part.stub))
        return ModuleSlice(module, tuple(kept), self._whole.get(module))
