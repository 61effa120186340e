"""Plan the routes of a program: one per step, one per workflow, each with what it needs.

    plan_routes(program) -> Plan
        for each step:      the closure of the step; workflows are stubs (only their identity counts)
        for each workflow:  the closure of the workflow; steps are stubs

`closure` works out one route, `findings` what there is to say about all; `lower` and `emit` go on from here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ..binder import Module
from ..diagnostics import Diagnostic
from ..discover import Program, StepDef, WorkflowDef
from .analysis import Analysis
from .caught import is_third_party
from .closure import Closure
from .cycles import Broken, executed_modules, first_imports
from .effect import Target
from .findings import broken_cycle, findings
from .known import Known
from .plan import Plan, Reached, RoutePlan
from .resources import extension_files
from .slugs import slugs

_BROAD = frozenset({"builtins.Exception", "builtins.BaseException", "wfc.FatalError"})


@dataclass(frozen=True)
class Some:
    """Some routes of a program: their slugs by id, and what is known of modules that nobody has to look at."""

    slugs: Mapping[str, str]
    known: Known


def plan_routes(program: Program, *, some: Some | None = None) -> Plan:
    """Return the routes of a program, or some, sorted by kind and id, with what there is to say about them."""
    analysis = Analysis(program, some.known if some else None)
    names = some.slugs if some else _all_slugs(program)
    steps = frozenset((step.module, step.name) for step in program.steps)
    workflows = frozenset((workflow.module, workflow.name) for workflow in program.workflows)
    found: list[Diagnostic] = []
    routes: list[tuple[RoutePlan, Reached]] = []
    for workflow in program.workflows:
        if workflow.id in names:
            reached = _reach(analysis, workflow, steps, flow=True)
            routes.append((_route("flow", workflow, names[workflow.id], analysis, reached, found), reached))
    for step in program.steps:
        if step.id in names:
            reached = _reach(analysis, step, workflows, flow=False)
            routes.append((_route("step", step, names[step.id], analysis, reached, found), reached))
    reads = any(route.data_files or reached.resources for route, reached in routes)
    every = (*found, *findings(analysis, routes))
    return Plan(tuple(route for route, _ in routes), every, reads, analysis)


def _all_slugs(program: Program) -> Mapping[str, str]:
    return {
        **slugs([(step.id, step.name) for step in program.steps]),
        **slugs([(workflow.id, workflow.name) for workflow in program.workflows]),
    }


def _reach(analysis: Analysis, definition: StepDef | WorkflowDef, stubs: frozenset[Target], *, flow: bool) -> Reached:
    keep_unknown = analysis.program.project.config.slice != "minimal"
    closure = Closure(analysis, definition.module, stubs, keep_unknown, catches_by_name=flow)
    closure.need(definition.module, definition.name)
    closure.run()
    reached = closure.result()
    while True:
        known = {module: {entry.index for entry in part.kept} for module, part in reached.slices.items()}
        for module, name in _caught_subclasses(analysis, reached) if flow else ():
            closure.need(module, name, quiet=True)
        for module in sorted(_packages_read(analysis, reached)):
            closure.need(module, "__path__", quiet=True)
        closure.run()
        reached = closure.result()
        if known == {module: {entry.index for entry in part.kept} for module, part in reached.slices.items()}:
            return reached


def _packages_read(analysis: Analysis, reached: Reached) -> set[str]:
    """Return the modules whose files a route reads by name."""
    return {name for module, index in reached.resources for name in analysis.packages_read(module, index)}


def _route(
    kind: Literal["step", "flow"],
    definition: StepDef | WorkflowDef,
    slug: str,
    analysis: Analysis,
    reached: Reached,
    found: list[Diagnostic],
) -> RoutePlan:
    modules = {module for module, _ in reached.resources} | _packages_read(analysis, reached)
    files = {file for module in modules for file in analysis.data_files(module)}
    if modules:
        files |= set(analysis.included_files)
    files |= set(extension_files(analysis.program.project, reached.without_source))
    first = first_imports(analysis, definition.module, reached.slices)
    if isinstance(first, Broken):
        found.append(broken_cycle(analysis, definition.id, first))
        first = ()
    also: set[str] = set()
    if kind == "flow":
        also = {module for module, _ in _caught_subclasses(analysis, reached)}
        also -= executed_modules(analysis, definition.module, reached.slices)
    return RoutePlan(
        kind,
        definition.id,
        definition.module,
        definition.name,
        slug,
        reached.slices,
        data_files=tuple(sorted(files)),
        first=first,
        also=tuple(sorted(also)),
    )


def _caught_subclasses(analysis: Analysis, reached: Reached) -> list[Target]:
    """Return the first-party subclasses of the classes that a flow catches.

    A step may raise any of them. Unless the flow has the class, the error arrives as its nearest known
    base, and `except PaymentError as e` would see less than the step raised.
    """
    found: set[Target] = set()
    for module, part in reached.slices.items():
        bound = analysis.program.modules[module]
        for entry in part.kept:
            if not entry.stub:
                for name in _caught(bound, entry.index, analysis):
                    found.update(analysis.all_subclasses(name))
    return sorted(found)


def _caught(module: Module, index: int, analysis: Analysis) -> Iterator[str]:
    for node in (handler for tried in analysis.handlers(module.name, index) for handler in tried.handlers):
        if node.type is None:
            continue
        for expression in node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]:
            name = analysis.program.names.canonical(module, expression)
            if name is not None and name not in _BROAD and not is_third_party(analysis.program.names, name):
                yield name  # a third-party one is caught by its recorded name, whatever the subclass
