"""`wfc check`: find mistakes without running anything.

In: a project's folder. Out: findings on stdout in one of the formats, or a diff of the fixes, and an
exit code. `pipeline.check_project` finds them, `fixing` makes the fixes, `projects` prints.
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
from .fixing import diff_of, fixed_sources, write_fixes
from .projects import exit_code, print_findings, project_root

FORMATS = ("full", "concise", "json", "sarif", "github")

_REWRITTEN = frozenset({"WFC101", "WFC103"})


@click.command("check")
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
    form: str | None, mode: str | None, project: Path | None, *, as_json: bool, strict: bool, verbose: bool
) -> None:
    """Find mistakes in workflows and steps; nothing of the project is imported or run.

    Exit code 1 when there is an error, 2 when the configuration is wrong.
    """
    if mode == "diff" and (as_json or form is not None):
        raise click.UsageError("--diff prints a diff and no findings: leave out --json and --format")
    root = project_root(project)
    result = check_project(root)
    strict = strict or result.program.project.config.strict
    result = _with_strict(result) if strict else result
    if mode is not None:
        changed = fixed_sources(result)
        if mode == "diff":
            click.echo(diff_of(changed), nl=False)
            sys.exit(exit_code(result.diagnostics, config_errors=result.config_errors, strict=strict))
        write_fixes(changed)
        for path in sorted(changed):
            click.echo(f"fixed {path}", err=True)
        result = check_project(root) if changed else result
        result = _with_strict(result) if strict else result
    if as_json:
        form = "json"
    elif form is None:
        form = "github" if os.environ.get("GITHUB_ACTIONS") else "full"
    if verbose:
        result = _report_changes(result, form)
    print_findings(result, form, verbose=verbose)
    if not (result.program.workflows or result.program.steps or result.diagnostics):
        click.echo(f"no workflow found below {root}: is this the right project?", err=True)
    if verbose:
        number = result.summary.unresolved_calls
        what = "1 call in workflow code was" if number == 1 else f"{number} calls in workflow code were"
        click.echo(f"{what} not checked: what is called could not be resolved", err=True)
    sys.exit(exit_code(result.diagnostics, config_errors=result.config_errors, strict=strict))


def _with_strict(result: CheckResult) -> CheckResult:
    """Return the result with an error for each clock or chance that lowering would have replaced."""
    found = tuple(
        replace(item, severity=Severity.ERROR) if item.code in _REWRITTEN else item for item in result.diagnostics
    )
    return replace(result, diagnostics=found)


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
