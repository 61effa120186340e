"""What a whole build knows about its modules and routes, kept beside the builds for the next one.

In: a checked program and its plan. Out: an `Index`, which `rebuild` starts from and hands on.

`.wfc/last-index.json` belongs to the build that it names. It is a note: without it, or when it belongs to another
build, a project is looked at as a whole.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ..binder import Module
from ..callgraph import CallGraph
from ..checking import CheckResult
from ..discover import Program
from ..rules import facts_of_roots
from ..slice import Known, Plan, RoutePlan
from .outline import outline

INDEX = "last-index.json"


@dataclass(frozen=True)
class IndexedRoute:
    """A route, and the modules that it holds something of."""

    id: str
    slug: str
    modules: tuple[str, ...]


@dataclass(frozen=True)
class Index:
    """A build's modules and routes.

    `files` are the modules that were reached, by dotted name, with their paths relative to the project, and
    `outlines` digests of what others can see of them; `others` are first-party modules that weren't reached.
    `defining` names the modules that hold a definition, `entrypoints` those that the search starts from.
    `unresolved` counts calls in workflow code by function. `waiting` are the functions in reach of steps that may wait
    durably, with whether workflows reach them, too: what is right in a workflow is a mistake in a step alone. `facts`
    has a digest of what each workflow and step does, by id, for the rules that ask what others do; `written` are the
    module globals that steps write.
    """

    build_id: str
    files: Mapping[str, str]
    outlines: Mapping[str, str]
    others: Mapping[str, str]
    extensions: tuple[str, ...]
    entrypoints: tuple[str, ...]
    defining: tuple[str, ...]
    known: Known
    routes: Mapping[str, IndexedRoute]
    unresolved: Mapping[str, int]
    waiting: Mapping[str, bool]
    facts: Mapping[str, str]
    written: tuple[str, ...]


def make_index(checked: CheckResult, plan: Plan, build_id: str) -> Index:
    """Gather what a whole build knows."""
    program = checked.program
    project = program.project
    assert plan.analysis is not None, "a program without errors has been planned"
    known = plan.analysis.all_known()
    facts = facts_of_roots(program, checked.graph)
    return Index(
        build_id=build_id,
        files={name: module.source.relpath for name, module in program.modules.items()},
        outlines={name: outline_of(module, known) for name, module in program.modules.items()},
        others={
            name: path.relative_to(project.root).as_posix()
            for name, path in project.modules.items()
            if name not in program.modules
        },
        extensions=tuple(sorted(project.extensions)),
        entrypoints=tuple(entry.module for entry in project.entrypoints),
        defining=tuple(sorted(_defining(program))),
        known=known,
        routes={route.directory: indexed(route) for route in plan.routes},
        unresolved=dict(checked.graph.unresolved),
        waiting=waiting_in_steps(program, checked.graph),
        facts=facts.digests,
        written=facts.written,
    )


def _defining(program: Program) -> set[str]:
    found = {step.module for step in program.steps} | {workflow.module for workflow in program.workflows}
    return found | {hook.module for hook in program.hooks} | {registry.module for registry in program.registries}


def waiting_in_steps(program: Program, graph: CallGraph) -> Mapping[str, bool]:
    """Return the functions in reach of steps that may wait durably, and whether workflows reach them, too."""
    in_flows = {reached.function.dotted for reached in graph.flow}
    return {
        reached.function.dotted: reached.function.dotted in in_flows
        for reached in graph.step
        if any(_may_wait(program, call.callee) for call in reached.calls)
    }


def _may_wait(program: Program, callee: str | None) -> bool:
    return callee is not None and (
        callee in program.step_by_name or callee.startswith("wfc.") or callee.endswith(".wait")
    )


def outline_of(module: Module, known: Known) -> str:
    """Return the digest of what others can see of a module."""
    return outline(module.source, module.tree, known.consulted.get(module.name, ()))


def indexed(route: RoutePlan) -> IndexedRoute:
    """Return what the index holds of a route."""
    return IndexedRoute(route.id, route.slug, tuple(sorted(route.slices)))


def read_index(out: Path, build_id: str) -> Index | None:
    """Return the index of a build, None when there is none."""
    try:
        index = _adapter().validate_json((out / INDEX).read_bytes())
    except (OSError, ValidationError):
        return None
    return index if index.build_id == build_id else None


def forget_index(out: Path) -> None:
    """Drop the index before the note beside it changes: a crash in between must not leave two that don't agree."""
    with contextlib.suppress(OSError):
        (out / INDEX).unlink()


def write_index(out: Path, index: Index) -> None:
    """Keep an index for the next build."""
    with contextlib.suppress(OSError):  # only a note: without it the next build looks at everything
        (out / INDEX).write_bytes(_adapter().dump_json(index))


def _adapter() -> TypeAdapter[Index]:
    return TypeAdapter(Index)
