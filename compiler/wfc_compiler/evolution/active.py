"""The changes from the active build: of a project that has been checked, and of one that has just been built.

In: the folder of the builds, and what the project is now. Out: findings that the user hasn't suppressed, and the text
of the files that they point into. There are none where nothing was built before, or by a wfc whose manifest can't be
read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wfc.errors import ConfigError
from wfc.manifest import Manifest, StepEntry, WorkflowEntry

from ..checking import CheckResult
from ..diagnostics import Diagnostic
from ..emit.manifest import Entries, Planned, entries_of
from ..emit.reuse import RouteKeys, SameRoute
from ..emit.stamp import active_id, noted_keys, route_settings
from ..project import Config
from ..rules import Suppressions
from ..slice import Plan
from .changes import find_changes
from .places import Places


@dataclass(frozen=True)
class Changes:
    """What is different from the active build, and the text of the files that the findings point into."""

    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)


def changes_of_plan(out: Path, checked: CheckResult, plan: Plan) -> Changes:
    """Return what a build of this program would change."""
    project = checked.program.project
    before = _manifest(out, active_id(out))
    if before is None:
        return Changes()
    read = {module.source.relpath: module.source.data for module in checked.program.modules.values()}
    places = Places(project.root, read)
    found = find_changes(before, _planned_entries(out, before, checked, plan), places)
    return _accepted(found, places, project.config, checked.diagnostics)


def changes_of_build(
    out: Path, active: str, now: Manifest, root: Path, config: Config, found: Sequence[Diagnostic]
) -> Changes:
    """Return what a build has changed; `active` was the build before it, `found` are its other findings."""
    before = _manifest(out, active)
    if before is None:
        return Changes()
    places = Places(root, {})
    return _accepted(find_changes(before, Entries(now.steps, now.workflows), places), places, config, found)


def _manifest(out: Path, build_id: str) -> Manifest | None:
    try:
        return Manifest.load(out / "builds" / build_id / "manifest.json") if build_id else None
    except (ConfigError, OSError):
        return None


def _accepted(found: Iterable[Diagnostic], places: Places, config: Config, others: Sequence[Diagnostic]) -> Changes:
    """Leave out what the user has accepted, and ids that are gone where WFC013 says why."""
    unreached = {item.span.path for item in others if item.code == "WFC013"}
    kept = [item for item in found if item.code != "WFC701" or item.span.path not in unreached]
    return Changes(tuple(Suppressions(places.sources, config).leave_out(kept)), places.sources)


def _planned_entries(out: Path, before: Manifest, checked: CheckResult, plan: Plan) -> Entries:
    """Describe what the plan would make; a route that would come out as it is has the entry that it had."""
    noted, known = noted_keys(out), _entries(before)
    keys = RouteKeys(checked.program, route_settings(checked.program.project))
    routes: list[SameRoute | Planned] = []
    for route in plan.routes:
        entry = known.get(route.id)
        same = entry is not None and noted.get(route.directory) == keys.key(route)
        folder = out / "builds" / before.build_id / route.directory
        routes.append(SameRoute(route, entry, folder) if same and entry is not None else Planned(route))
    return entries_of(checked.program, routes)


def _entries(before: Manifest) -> Mapping[str, StepEntry | WorkflowEntry]:
    found: dict[str, StepEntry | WorkflowEntry] = {
        entry.step_id: entry for steps in before.steps.values() for entry in steps.values()
    }
    return found | {entry.workflow_id: entry for _, entry in before.workflow_entries()}
