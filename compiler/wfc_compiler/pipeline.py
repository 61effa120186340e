"""The compiler from end to end: a project directory in, a build on disk out.

    compile_project(Path("shop"))
        find_untouched   nothing has changed since the last build: that is the answer
        rebuild          only what edits inside functions concern, where that can be told
        check_and_plan   read the files, find workflows and steps, run the rules, slice
        build_routes     rewrite and print the routes, check every module; take over what is the same
        make_manifest    what the runtime and other tools read
        write_build      all or nothing

Nothing of the user's is executed (but by `verify`). A failed build changes nothing on disk.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wfc.manifest import Manifest

from .diagnostics import Diagnostic, Span, Summary, sort_diagnostics
from .emit.deep_stack import with_deep_stack
from .emit.errors import TooDeepError
from .emit.reuse import RouteKeys
from .emit.stamp import (
    Before,
    Compared,
    active_id,
    compare,
    find_edited,
    find_last_build,
    find_untouched,
    look,
    remember,
    route_settings,
)
from .project import NO_BUFFERS, Buffers
from .syntax import collector_paused

if TYPE_CHECKING:  # what a build that is up to date does without, it doesn't import
    from .checking import CheckResult
    from .discover import Program
    from .slice import Plan


@dataclass(frozen=True)
class Build:
    """A build on disk. `fresh` says that it was not there before."""

    id: str
    path: Path
    manifest: Manifest
    fresh: bool


@dataclass(frozen=True)
class BuildResult:
    """What came out: a build, unless there were errors; and all findings.

    `sources` holds the text of the files that findings point into; `config_errors` says that the
    configuration itself is wrong (exit code 2).
    """

    build: Build | None
    diagnostics: tuple[Diagnostic, ...]
    summary: Summary
    sources: Mapping[str, str]
    config_errors: bool = False

    @property
    def build_id(self) -> str | None:
        """Return the id of the build, None when there were errors."""
        return self.build.id if self.build else None


def compile_project(root: Path, out: Path | None = None, *, verify: bool = False) -> BuildResult:
    """Compile the project at `root` into `out` (default: as configured, `.wfc`), and make it the active build.

    Users' mistakes are diagnostics. Raises MiscompiledError where the compiler itself went wrong, and
    NotADirectoryError when there is no such project.
    """
    with collector_paused(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the user's code, when it is parsed and compiled: Python tells them
        before = look(root, out)
        active = active_id(before.out)
        compared = compare(before)
        result = _untouched(before, compared) or _edited(before, compared) or _compile(before)
        result = _with_changes(before, active, result)
    if result.build is None or not verify:
        return result
    from .emit.verify import verify_build

    problems = verify_build(result.build.path, before.root, result.build.manifest)
    found = tuple(sort_diagnostics([*result.diagnostics, *problems]))
    return BuildResult(result.build, found, result.summary, result.sources)


def check_project(root: Path, buffers: Buffers = NO_BUFFERS, *, covered: bool = False) -> CheckResult:
    """Read and check the project at `root`, `buffers` in place of files; writes nothing.

    Slicing, and changes from the active build, are looked at, too. With `covered` it says also what could not be
    checked (WFC901).
    """
    from .evolution import changes_of_plan
    from .planning import check_and_plan
    from .rules import coverage

    with collector_paused():
        checked, plan = with_deep_stack(lambda: check_and_plan(root, buffers))
        if not (checked.has_errors or checked.config_errors):
            project = checked.program.project
            changes = changes_of_plan(project.root / project.config.out, checked, plan)
            found = tuple(sort_diagnostics([*checked.diagnostics, *changes.diagnostics]))
            checked = replace(checked, diagnostics=found, sources={**changes.sources, **checked.sources})
        if not covered:
            return checked
        left = checked.suppressions.leave_out(coverage(checked.graph, {item.span for item in checked.diagnostics}))
        return replace(checked, diagnostics=tuple(sort_diagnostics([*checked.diagnostics, *left])))


def _untouched(before: Before, compared: Compared | None) -> BuildResult | None:
    last = find_untouched(before, compared)
    if last is None:
        return None
    return BuildResult(_load(before.out, last.build_id), last.diagnostics, last.summary, last.sources)


def _edited(before: Before, compared: Compared | None) -> BuildResult | None:
    edited = find_edited(before, compared)
    if edited is None:
        return None
    from .incremental.rebuild import rebuild

    made = with_deep_stack(lambda: rebuild(before, edited))
    if made is None:
        return None
    build = Build(made.manifest.build_id, made.path, made.manifest, made.fresh)
    return BuildResult(build, made.last.diagnostics, made.last.summary, made.last.sources)


def _with_changes(before: Before, active: str, result: BuildResult) -> BuildResult:
    """Add what a new build has changed; that is told once, and no part of what later builds take over."""
    if result.build is None or not active or result.build.id == active:
        return result
    from .evolution import changes_of_build
    from .project import read_settings

    config = read_settings(before.root).config
    changes = changes_of_build(before.out, active, result.build.manifest, before.root, config, result.diagnostics)
    if not changes.diagnostics:
        return result
    found = tuple(sort_diagnostics([*result.diagnostics, *changes.diagnostics]))
    return replace(result, diagnostics=found, sources={**changes.sources, **result.sources})


def _compile(before: Before) -> BuildResult:
    from .incremental.index import forget_index, make_index, write_index
    from .planning import check_and_plan

    checked, plan = with_deep_stack(lambda: check_and_plan(before.root))
    build = None
    if not checked.has_errors:
        program = checked.program
        keys = _keys(program, plan)
        try:
            build = with_deep_stack(lambda: _build(before.out, program, plan, keys))
        except TooDeepError as error:
            checked = replace(checked, diagnostics=tuple(sort_diagnostics([*checked.diagnostics, _too_deep(error)])))
        else:
            forget_index(before.out)
            remember(before, checked, plan, keys, build.id)
            write_index(before.out, make_index(checked, plan, build.id))
    return BuildResult(build, checked.diagnostics, checked.summary, checked.sources, checked.config_errors)


def _too_deep(error: TooDeepError) -> Diagnostic:
    return Diagnostic(
        "WFC014",
        "the file is nested too deeply to be rewritten",
        Span(str(error), 1, 1, 1, 1),
        help="split the longest expression, or the longest chain of `elif`",
    )


def _keys(program: Program, plan: Plan) -> Mapping[str, str]:
    made = RouteKeys(program, route_settings(program.project))
    return {route.directory: made.key(route) for route in plan.routes}


def _build(out: Path, program: Program, plan: Plan, keys: Mapping[str, str]) -> Build:
    # Imported here: LibCST takes longer to import than a small project to check, and an unchanged one needs none of it.
    from .emit.manifest import make_manifest
    from .emit.routes import build_files, build_routes
    from .emit.write import write_build

    last = find_last_build(out)
    routes = build_routes(program, plan.routes, last, keys)
    manifest = make_manifest(program, routes)
    fresh = not (out / "builds" / manifest.build_id).exists()
    path = write_build(out, manifest.build_id, build_files(manifest, routes, last))
    return Build(manifest.build_id, path, manifest, fresh)


def _load(out: Path, build_id: str) -> Build:
    path = out / "builds" / build_id
    return Build(build_id, path, Manifest.load(path / "manifest.json"), fresh=False)
