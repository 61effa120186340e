"""`wfc check`: find mistakes without running anything.

In: a project's folder, or the text of one of its files on stdin. Out: findings on stdout in one of the formats, or a
diff of the fixes, and an exit code. `pipeline.check_project` finds them, `fixing` makes the fixes, `projects` prints.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from ..checking import CheckResult
from ..diagnostics import Severity, severity_of
from ..pipeline import check_project
from ..project import NO_BUFFERS, Buffers
from .exits import EXIT_USAGE
from .fixing import Check, Fixed, diff_of, make_fixes, write_fixed
from .in_flight import with_runs_in_flight
from .projects import exit_code, print_findings, project_root
from .streams import write_bytes
from .unsaved import read_unsaved

FORMATS = ("full", "concise", "json", "sarif", "github")

_REWRITTEN = frozenset({"WFC101", "WFC103"})


@click.command("check")
@click.argument("stdin", required=False, metavar="[-]")
@click.option("--stdin-filename", type=click.Path(path_type=Path), help="The file whose text is read from stdin.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="How to print findings (default: full).")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--strict", is_flag=True, help="Warnings make the exit code 1; a clock or chance that is rewritten is an error."
)
@click.option("--fix", "mode", flag_value="fix", help="Make the safe fixes, then check again.")
@click.option("--diff", "mode", flag_value="diff", help="Show what --fix would change.")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Show findings of severity info, what is rewritten in workflows, and coverage.",
)
@click.option("--project", type=click.Path(path_type=Path), help="The project's folder.")
def check(
    stdin: str | None,
    stdin_filename: Path | None,
    form: str | None,
    mode: str | None,
    project: Path | None,
    *,
    as_json: bool,
    strict: bool,
    verbose: bool,
) -> None:
    """Find mistakes in workflows and steps; nothing of the project is imported or run.

    With `-` and --stdin-filename, stdin stands for that file, and its findings alone are shown: for editors.
    Exit code 1 when there is an error, 2 when the configuration is wrong.
    """
    if mode == "diff" and (as_json or form is not None):
        raise click.UsageError("--diff prints a diff and no findings: leave out --json and --format")
    form = "json" if as_json else form or ("github" if os.environ.get("GITHUB_ACTIONS") else "full")
    unsaved = read_unsaved(stdin, stdin_filename, project, mode)
    root = unsaved.root if unsaved else project_root(project)
    look = _looking(root, strict=strict, covered=verbose)
    result = look(unsaved.buffers if unsaved else NO_BUFFERS)
    strict = strict or result.program.project.config.strict
    written = True
    if unsaved:
        result = unsaved.only_its_findings(result)
    elif mode == "diff":
        _show_diff(root, result, look)
        sys.exit(exit_code(result.diagnostics, config_errors=result.config_errors, strict=strict))
    elif mode == "fix":
        result, written = _fix(root, result, look)
    _report(result, form, verbose=verbose)
    if not (unsaved or result.program.workflows or result.program.steps or result.diagnostics):
        click.echo(f"no workflow found below {root}: is this the right project?", err=True)
    code = exit_code(result.diagnostics, config_errors=result.config_errors, strict=strict)
    sys.exit(code if written else EXIT_USAGE)


def _looking(root: Path, *, strict: bool, covered: bool) -> Check:
    """Return what checks the project with texts in place of files."""

    def look(buffers: Buffers) -> CheckResult:
        result = check_project(root, buffers, covered=covered)
        result = replace(result, diagnostics=with_runs_in_flight(result.diagnostics, root))
        return _with_strict(result) if strict or result.program.project.config.strict else result

    return look


def _with_strict(result: CheckResult) -> CheckResult:
    """Return the result with an error for each clock or chance that lowering would have replaced."""
    found = tuple(
        replace(item, severity=Severity.ERROR) if item.code in _REWRITTEN else item for item in result.diagnostics
    )
    return replace(result, diagnostics=found)


def _show_diff(root: Path, result: CheckResult, look: Check) -> None:
    fixed = make_fixes(root, result, look)
    here = Path.cwd()
    diff = diff_of(fixed, result, here if root.is_relative_to(here) else root)
    write_bytes(sys.stdout, diff)
    _tell_undone(fixed)


def _fix(root: Path, result: CheckResult, look: Check) -> tuple[CheckResult, bool]:
    """Write the fixes; return what is found after them, and whether all could be written."""
    fixed = make_fixes(root, result, look)
    problems = write_fixed(fixed, result)
    for path, number in sorted(fixed.counts.items()):
        if path not in problems:
            click.echo(f"fixed {path}: {number} {'finding' if number == 1 else 'findings'}", err=True)
    for path, why in problems.items():
        click.echo(f"error: {path} was not fixed: {why}", err=True)
    _tell_undone(fixed)
    return (look(NO_BUFFERS) if problems else fixed.result), not problems


def _tell_undone(fixed: Fixed) -> None:
    for item, why in fixed.undone:
        place = f"{item.span.path}:{item.span.line}:{item.span.column}"
        click.echo(f"not fixed: {place}: {item.code} {item.message}: {why}", err=True)


def _report(result: CheckResult, form: str, *, verbose: bool) -> None:
    shown = _report_changes(result, form) if verbose else result
    print_findings(shown, form, verbose=verbose)
    if verbose and not result.summary.unresolved_calls:
        click.echo("every call in workflow code could be resolved", err=True)


def _report_changes(result: CheckResult, form: str) -> CheckResult:
    """List what lowering changes; the findings that say the same at length are left out of the text."""
    from ..lower import list_changes  # LibCST takes a while to import
    from ..planning import plan_checked

    changes = list_changes(result.program, plan_checked(result))
    for change in changes:
        span = change.span
        click.echo(f"{span.path}:{span.line}:{span.column}: {change.before} -> {change.after}", err=True)
    if form == "json":
        return result
    shown = [item for item in result.diagnostics if item.code not in _REWRITTEN or severity_of(item) is Severity.ERROR]
    return replace(result, diagnostics=tuple(shown))
