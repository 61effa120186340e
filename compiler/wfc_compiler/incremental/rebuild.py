"""Build again after edits inside functions: the routes that hold something of the edited modules, and no other.

    is_contained     their outlines are the same: nobody else sees a difference
    check            the concerned definitions and the edited modules have the findings that they had
    plan, build      the concerned routes; the files of all others are linked

In: the last build, and which files were edited since. Out: a build on disk, equal to one from scratch. Where any of the
above fails it is None, and the project is built as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from wfc.manifest import Manifest

from ..binder import Module
from ..callgraph import CallGraph, build_call_graph
from ..diagnostics import Diagnostic, Summary
from ..discover import Program, discover_within
from ..emit.deep_stack import with_deep_stack
from ..emit.errors import TooDeepError
from ..emit.reuse import RouteKeys
from ..emit.stamp import Before, Edited, Last, remember_edited, route_settings
from ..project import Entrypoint, Project, find_source_roots, read_settings
from ..rules import ABOUT_SUPPRESSIONS, FOUND_BY_SLICING, facts_of_roots, run_rules, suppress
from ..slice import Plan, Some, plan_routes
from .index import Index, IndexedRoute, forget_index, indexed, outline_of, read_index, waiting_in_steps, write_index
from .on_demand import ModulesOnDemand, UnreadableError

# An edit that concerns more routes than this, and more than half of all, is quicker built as a whole.
_MANY = 20


@dataclass(frozen=True)
class Rebuilt:
    """A build that was made of the last one, with all findings."""

    manifest: Manifest
    path: Path
    fresh: bool
    last: Last


def rebuild(before: Before, edited: Edited) -> Rebuilt | None:
    """Build again what the edits since the last build concern; None when that can't be told."""
    index = read_index(before.out, edited.last.path.name)
    if index is None:
        return None
    modules = ModulesOnDemand(before.root, index.files)
    try:
        names = _names(before.root, edited, index)
        if not names or not all(_is_contained(modules[name], index) for name in names):
            return None
        concerned = {route.id: route for route in index.routes.values() if not names.isdisjoint(route.modules)}
        if len(concerned) > max(_MANY, len(index.routes) / 2):
            return None
        return _Attempt(before, edited, index, modules, names, concerned).build()
    except (UnreadableError, TooDeepError):
        return None


def _names(root: Path, edited: Edited, index: Index) -> set[str]:
    """Return the names of the edited modules, or none when something else was edited."""
    by_path = {f"{root}/{path}": name for name, path in index.files.items()}
    names = {by_path.get(path, "") for path in edited.paths}
    return names if "" not in names else set()


def _is_contained(module: Module, index: Index) -> bool:
    return outline_of(module, index.known) == index.outlines[module.name]


@dataclass(frozen=True)
class _Attempt:
    """One build; `concerned` are the routes to make again, by id."""

    before: Before
    edited: Edited
    index: Index
    modules: ModulesOnDemand
    names: Collection[str]
    concerned: Mapping[str, IndexedRoute]

    def build(self) -> Rebuilt | None:
        """Return the build, None where it has to be made as a whole."""
        within = {name: self.modules[name] for name in self.within}
        program, found = discover_within(self._project(), self.modules, within)
        graph = build_call_graph(program, self.concerned)
        plan = plan_routes(
            program, some=Some({id: route.slug for id, route in self.concerned.items()}, self.index.known)
        )
        findings = (*found, *run_rules(program, graph, self.names), *plan.diagnostics)
        held = set(self.within).union(*(route.slices for route in plan.routes))
        # A definition that was looked at and not found would be taken for an ordinary function.
        unexpected = (self.modules.loaded.keys() - within.keys()) & set(self.index.defining)
        if unexpected or len(plan.routes) != len(self.concerned) or plan.reads_files:
            return None
        if not self._as_before(findings, held):
            return None
        facts = facts_of_roots(program, graph, self.index.written).digests
        if any(self.index.facts.get(id) != digest for id, digest in facts.items()):
            return None
        unresolved, waiting = self._unresolved(graph), self._waiting(program, graph)
        if unresolved is None or waiting is None:
            return None
        index = replace(self.index, unresolved=unresolved, waiting=waiting)
        return with_deep_stack(lambda: self._write(program, plan, index))

    def _project(self) -> Project:
        settings, root = read_settings(self.before.root), self.before.root
        paths = {**self.index.files, **self.index.others}
        return Project(
            root=root,
            config=settings.config,
            source_roots=find_source_roots(root, settings.config),
            entrypoints=tuple(Entrypoint(name, name, None, None) for name in self.index.entrypoints),
            files={},
            trees={},
            modules={name: root / path for name, path in paths.items()},
            extensions=frozenset(self.index.extensions),
        )

    def _as_before(self, findings: Collection[Diagnostic], held: Collection[str]) -> bool:
        """Say whether edited modules and concerned routes have the findings they had; `held` is what these hold."""
        files = [self.modules[name].source for name in held]
        kept = suppress(findings, {file.relpath: file.text for file in files}, read_settings(self.before.root).config)
        return self._concerned(kept, held) == self._concerned(self.edited.noted.diagnostics, held)

    def _concerned(self, findings: Collection[Diagnostic], held: Collection[str]) -> list[str]:
        return sorted(repr(finding) for finding in findings if self._is_concerned(finding, held))

    def _is_concerned(self, finding: Diagnostic, held: Collection[str]) -> bool:
        if finding.workflow:
            return finding.workflow in self.concerned
        # What slicing finds it finds wherever a route leads, and there suppressions may have gained or lost their use.
        widely = finding.code in FOUND_BY_SLICING or finding.code in ABOUT_SUPPRESSIONS
        return finding.span.path in {self.index.files[name] for name in (held if widely else self.names)}

    @cached_property
    def within(self) -> Collection[str]:
        """Return the modules that concerned routes hold something of, and the edited ones."""
        return {name for route in self.concerned.values() for name in route.modules} | set(self.names)

    def _unresolved(self, graph: CallGraph) -> Mapping[str, int] | None:
        """Return the counts of unresolved calls now; None when a function may be reached that wasn't, or no more."""
        others = set(self.within) - set(self.names)
        found = {n: count for n, count in graph.unresolved.items() if self._module_of(n) not in self.names}
        known = {n: count for n, count in self.index.unresolved.items() if n in found or self._module_of(n) in others}
        if found != known:
            return None
        kept = {n: count for n, count in self.index.unresolved.items() if self._module_of(n) not in self.names}
        return kept | {name: count for name, count in graph.unresolved.items() if self._module_of(name) in self.names}

    def _waiting(self, program: Program, graph: CallGraph) -> Mapping[str, bool] | None:
        """Return which functions of steps may wait; None when a workflow reaches one anew, or maybe no more."""
        reached = {reached.function.dotted for reached in graph.flow}
        for name, was_reached in self.index.waiting.items():
            if was_reached != (name in reached) and (not was_reached or self._module_of(name) in self.within):
                return None
        now = waiting_in_steps(program, graph)
        return {**self.index.waiting, **{name: self.index.waiting.get(name, now[name]) for name in now}}

    def _module_of(self, function: str) -> str:
        parts = function.split(".")
        return next(
            (name for end in range(len(parts), 0, -1) if (name := ".".join(parts[:end])) in self.index.files), ""
        )

    def _write(self, program: Program, plan: Plan, index: Index) -> Rebuilt:
        from ..emit.manifest import entries_of, replace_entries
        from ..emit.routes import build_files, build_routes
        from ..emit.write import write_build

        last = self.edited.last
        made = RouteKeys(program, route_settings(program.project))
        keys = {route.directory: made.key(route) for route in plan.routes}
        routes = build_routes(program, plan.routes, last, keys)
        manifest = replace_entries(last.manifest, entries_of(program, routes))
        fresh = not (self.before.out / "builds" / manifest.build_id).exists()
        files = build_files(manifest, routes, last, others=last.keys.keys() - keys.keys())
        path = write_build(self.before.out, manifest.build_id, files)
        summary = replace(self.edited.noted.summary, unresolved_calls=sum(index.unresolved.values()))
        known = {**index.routes, **{route.directory: indexed(route) for route in plan.routes}}
        self._remember(replace(index, build_id=manifest.build_id, routes=known), keys, summary)
        return Rebuilt(manifest, path, fresh, replace(self.edited.noted, build_id=manifest.build_id, summary=summary))

    def _remember(self, index: Index, keys: Mapping[str, str], summary: Summary) -> None:
        sources = (self.modules[name].source for name in self.names)
        contents = {str(source.path): source.data for source in sources}
        forget_index(self.before.out)
        remember_edited(self.before, self.edited, contents, summary, keys, index.build_id)
        write_index(self.before.out, index)
