"""The compiler from end to end: a project directory in, a build on disk out.

    compile_project(Path("shop"))
        check_project    read the files, bind names, find workflows and steps, run the rules
        plan_routes      which statements each route needs
        build_routes     rewrite and print them, check every module
        make_manifest    what the runtime and other tools read
        write_build      all or nothing

Nothing of the user's is executed (but by `verify`). A failed build changes nothing on disk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from wfc.manifest import Manifest

from . import checking
from .checking import CheckResult
from .diagnostics import Diagnostic, sort_diagnostics
from .discover import Program
from .emit.deep_stack import with_deep_stack
from .emit.stamp import find_unchanged, remember
from .emit.verify import verify_build
from .emit.write import write_build
from .rules import suppress
from .slice import Plan, plan_routes


@dataclass(frozen=True)
class Build:
    """A build on disk. `fresh` says that it was not there before."""

    id: str
    path: Path
    manifest: Manifest
    fresh: bool


@dataclass(frozen=True)
class BuildResult:
    """What came out: a build, unless there were errors; and all findings."""

    check: CheckResult
    build: Build | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def build_id(self) -> str | None:
        """Return the id of the build, None when there were errors."""
        return self.build.id if self.build else None


def compile_project(root: Path, out: Path | None = None, *, verify: bool = False) -> BuildResult:
    """Compile the project at `root` into `out` (default: as configured, `.wfc`), and make it the active build.

    Users' mistakes are diagnostics. Raises MiscompiledError where the compiler itself went wrong, and
    NotADirectoryError when there is no such project.
    """
    checked, plan = _check_and_plan(root)
    if plan is None or checked.has_errors:
        return BuildResult(checked, None, checked.diagnostics)
    program = checked.program
    target = out or program.project.root / program.project.config.out
    build = _unchanged(target, program, plan) or with_deep_stack(lambda: _build(target, program, plan))
    problems = verify_build(build.path, program.project.root, build.manifest) if verify else []
    return BuildResult(checked, build, tuple(sort_diagnostics([*checked.diagnostics, *problems])))


def check_project(root: Path) -> CheckResult:
    """Read and check the project at `root`, slicing included; writes nothing."""
    return _check_and_plan(root)[0]


def _check_and_plan(root: Path) -> tuple[CheckResult, Plan | None]:
    checked = checking.check_project(root)
    if checked.config_errors:
        return checked, None
    plan = _plan(checked)
    project = checked.program.project
    kept = suppress(plan.diagnostics, checked.sources, project.config, judge=False)
    findings = sort_diagnostics([*checked.diagnostics, *kept])
    return replace(checked, diagnostics=tuple(findings)), plan


def _plan(checked: CheckResult) -> Plan:
    """Slice the program; one with errors as far as it can be, so that all findings come together."""
    if not checked.has_errors:
        return plan_routes(checked.program)
    try:
        return plan_routes(checked.program, partial=True)
    except Exception:  # noqa: BLE001 (the errors that are there say what is wrong)
        return Plan(())


def _build(out: Path, program: Program, plan: Plan) -> Build:
    # Imported here: LibCST takes longer to import than a small project to check, and an unchanged one needs none of it.
    from .emit.manifest import build_files, make_manifest
    from .emit.routes import build_routes

    routes = build_routes(program, plan.routes)
    manifest = make_manifest(program, routes)
    fresh = not (out / "builds" / manifest.build_id).exists()
    path = write_build(out, manifest.build_id, build_files(manifest, routes))
    remember(out, program, plan, manifest.build_id)
    return Build(manifest.build_id, path, manifest, fresh)


def _unchanged(out: Path, program: Program, plan: Plan) -> Build | None:
    build_id = find_unchanged(out, program, plan)
    if build_id is None:
        return None
    path = out / "builds" / build_id
    return Build(build_id, path, Manifest.load(path / "manifest.json"), fresh=False)
