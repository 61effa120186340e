"""Write down a build: the manifest that the runtime and other tools read.

In: the program and its routes' files. Out: `wfc.manifest.Manifest`, the very type that the runtime
loads. The build's id is a hash over the manifest, which has the digest of every route, itself left out.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from wfc.manifest import Manifest, Route, Source, StepEntry, WorkflowEntry
from wfc.version import VERSION

from ..discover import Program, StepDef, WorkflowDef
from ..syntax import start_line
from .fingerprint import Fingerprints
from .reuse import SameRoute
from .schema import Schemas

if TYPE_CHECKING:  # what makes the files is heavy, and a check makes none
    from ..slice import RoutePlan
    from .tree import RouteFiles


AnyRoute: TypeAlias = "RouteFiles | SameRoute | Planned"

BUILD_ID_LENGTH = 16
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Python that a build is for, unless the configuration names one."""
GENERATOR = f"wfc {VERSION}"


@dataclass(frozen=True)
class Planned:
    """A route that has a plan and no files: enough to describe the step or workflow."""

    plan: RoutePlan


def make_manifest(program: Program, routes: Sequence[RouteFiles | SameRoute]) -> Manifest:
    """Return the manifest of a build, its id filled in."""
    entries = entries_of(program, routes)
    return _named(
        Manifest(
            generator=GENERATOR,
            build_id="",
            python=program.project.config.python or PYTHON,
            pin=program.project.config.pin,
            isolate=program.project.config.isolate,
            steps=entries.steps,
            workflows=entries.workflows,
        )
    )


@dataclass(frozen=True)
class Entries:
    """The entries of some routes, by file and name, as a manifest has them."""

    steps: Mapping[str, Mapping[str, StepEntry]]
    workflows: Mapping[str, Mapping[str, WorkflowEntry]]


def entries_of(program: Program, routes: Sequence[AnyRoute]) -> Entries:
    """Return the entries of routes."""
    by_id = {route.plan.id: route for route in routes}
    schemas = Schemas(program)
    steps: dict[str, dict[str, StepEntry]] = {}
    for step in program.steps:
        if step.id in by_id:
            file = program.modules[step.module].source.relpath
            steps.setdefault(file, {})[step.name] = _step_entry(program, step, by_id[step.id], schemas)
    workflows: dict[str, dict[str, WorkflowEntry]] = {}
    fingerprints = Fingerprints(program)
    for workflow in program.workflows:
        if workflow.id in by_id:
            file = program.modules[workflow.module].source.relpath
            entry = _workflow_entry(program, workflow, by_id[workflow.id], schemas, fingerprints)
            workflows.setdefault(file, {})[workflow.name] = entry
    return Entries(steps, workflows)


def replace_entries(manifest: Manifest, entries: Entries) -> Manifest:
    """Return a manifest with some entries replaced, and its new id."""
    steps = {file: {**known, **entries.steps.get(file, {})} for file, known in manifest.steps.items()}
    workflows = {file: {**known, **entries.workflows.get(file, {})} for file, known in manifest.workflows.items()}
    return _named(manifest.model_copy(update={"steps": steps, "workflows": workflows, "build_id": ""}))


def _named(unnamed: Manifest) -> Manifest:
    """Fill in the id: a digest over the rest of the manifest, which has those of all routes."""
    build_id = unnamed.digest()[:BUILD_ID_LENGTH]
    return unnamed.model_copy(update={"build_id": build_id})


def _step_entry(program: Program, step: StepDef, route: AnyRoute, schemas: Schemas) -> StepEntry:
    if isinstance(route, SameRoute):
        assert isinstance(route.entry, StepEntry)
        return route.entry
    module = program.modules[step.module]
    options = step.options
    return StepEntry(
        step_id=step.id,
        route=_route(route),
        source=_source(step),
        max_retries=options.max_retries,
        timeout_seconds=options.timeout,
        cancellable=options.cancellable,
        retry=options.retry,
        input=schemas.input(module, step.node),
        output=schemas.output(module, step.node),
    )


def _workflow_entry(
    program: Program,
    workflow: WorkflowDef,
    route: AnyRoute,
    schemas: Schemas,
    fingerprints: Fingerprints,
) -> WorkflowEntry:
    if isinstance(route, SameRoute):
        assert isinstance(route.entry, WorkflowEntry)
        return route.entry
    from ..graph import workflow_graph  # of no use to the many builds in which no workflow is made again

    module = program.modules[workflow.module]
    held = _held(program, route)
    return WorkflowEntry(
        workflow_id=workflow.id,
        fingerprint=fingerprints.of(workflow, route.plan.slices),
        route=_route(route),
        source=_source(workflow),
        graph=workflow_graph(program, workflow).to_json(),
        input=schemas.input(module, workflow.node),
        output=schemas.output(module, workflow.node),
        steps=tuple(sorted(program.step_by_name[name].id for name in held & program.step_by_name.keys())),
        hooks=tuple(
            f"{hook.module}:{hook.name}"
            for hook in map(program.hook_by_name.__getitem__, sorted(held & program.hook_by_name.keys()))
        ),
    )


def _held(program: Program, route: RouteFiles | Planned) -> set[str]:
    """Return the dotted names of the definitions that a route's tree holds."""
    found: set[str] = set()
    for name, part in route.plan.slices.items():
        body = program.modules[name].tree.body
        for entry in part.kept:
            defined = getattr(body[entry.index], "name", None)
            if isinstance(defined, str):
                found.add(f"{name}.{defined}")
    return found


def _route(route: RouteFiles | Planned) -> Route:
    if isinstance(route, Planned):
        return Route(path=f"{route.plan.directory}/route.py", sha256="")
    files: Mapping[str, bytes] = route.files
    own = {"__init__.py", "route.py"}
    return Route(
        path=f"{route.plan.directory}/route.py",
        files=tuple(sorted(path for path in files if path.endswith(".py") and path not in own)),
        imports=route.imports,
        sha256=route.sha256,
    )


def _source(definition: StepDef | WorkflowDef) -> Source:
    node = definition.node
    return Source(line=start_line(node), end_line=node.end_lineno or node.lineno)
