"""Write down a build: the manifest that the runtime and other tools read.

In: the program and its routes' files. Out: `wfc.manifest.Manifest`, the very type that the runtime
loads. The build's id is a hash over everything that it holds, itself left out.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence

from wfc.manifest import Manifest, Route, Source, StepEntry, WorkflowEntry
from wfc.version import VERSION

from ..discover import Program, StepDef, WorkflowDef
from ..graph import workflow_graph
from .fingerprint import Fingerprints
from .schema import Schemas
from .tree import RouteFiles, digest, first_line

BUILD_ID_LENGTH = 16
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Python that a build is for, unless the configuration names one."""


def make_manifest(program: Program, routes: Sequence[RouteFiles]) -> Manifest:
    """Return the manifest of a build, its id filled in."""
    by_id = {route.plan.id: route for route in routes}
    schemas = Schemas(program)
    steps: dict[str, dict[str, StepEntry]] = {}
    for step in program.steps:
        file = program.modules[step.module].source.relpath
        steps.setdefault(file, {})[step.name] = _step_entry(program, step, by_id[step.id], schemas)
    workflows: dict[str, dict[str, WorkflowEntry]] = {}
    fingerprints = Fingerprints(program)
    for workflow in program.workflows:
        file = program.modules[workflow.module].source.relpath
        route = by_id[workflow.id]
        fingerprint = fingerprints.of(workflow, route.plan.slices)
        entry = _workflow_entry(program, workflow, route, schemas, fingerprint)
        workflows.setdefault(file, {})[workflow.name] = entry
    unnamed = Manifest(
        generator=f"wfc {VERSION}",
        build_id="",
        python=program.project.config.python or PYTHON,
        steps=steps,
        workflows=workflows,
    )
    return unnamed.model_copy(update={"build_id": _build_id(unnamed, routes)})


def build_files(manifest: Manifest, routes: Sequence[RouteFiles]) -> dict[str, bytes]:
    """Return every file of a build, by path relative to its directory."""
    files = {f"{route.plan.directory}/{path}": data for route in routes for path, data in route.files.items()}
    return {**files, "manifest.json": manifest.dump()}


def _build_id(unnamed: Manifest, routes: Sequence[RouteFiles]) -> str:
    return hashlib.sha256(digest(build_files(unnamed, routes)).encode()).hexdigest()[:BUILD_ID_LENGTH]


def _step_entry(program: Program, step: StepDef, route: RouteFiles, schemas: Schemas) -> StepEntry:
    module = program.modules[step.module]
    options = step.options
    return StepEntry(
        step_id=step.id,
        route=_route(route),
        source=_source(step),
        max_retries=options.max_retries,
        timeout_seconds=options.timeout,
        retry=options.retry,
        input=schemas.input(module, step.node),
        output=schemas.output(module, step.node),
    )


def _workflow_entry(
    program: Program, workflow: WorkflowDef, route: RouteFiles, schemas: Schemas, fingerprint: str
) -> WorkflowEntry:
    module = program.modules[workflow.module]
    held = _held(program, route)
    return WorkflowEntry(
        workflow_id=workflow.id,
        fingerprint=fingerprint,
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


def _held(program: Program, route: RouteFiles) -> set[str]:
    """Return the dotted names of the definitions that a route's tree holds."""
    found: set[str] = set()
    for name, part in route.plan.slices.items():
        body = program.modules[name].tree.body
        for entry in part.kept:
            defined = getattr(body[entry.index], "name", None)
            if isinstance(defined, str):
                found.add(f"{name}.{defined}")
    return found


def _route(route: RouteFiles) -> Route:
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
    return Source(line=first_line(node), end_line=node.end_lineno or node.lineno)
