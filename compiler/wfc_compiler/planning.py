"""Check a project and plan its routes: the part of the compiler that writes nothing.

In: a directory. Out: the checked program, and the plan of its routes. `pipeline` goes on from here; a build
that is up to date never gets here, so that it needn't even import this.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .checking import CheckResult, check_project
from .diagnostics import Diagnostic, Severity, Span, describe_failure, severity_of, sort_diagnostics
from .project import NO_BUFFERS, Buffers
from .slice import Plan, plan_routes


def check_and_plan(root: Path, buffers: Buffers = NO_BUFFERS) -> tuple[CheckResult, Plan]:
    """Return the program with all findings, those of slicing among them, and its plan."""
    checked = check_project(root, buffers)
    plan = plan_checked(checked)
    kept = checked.suppressions.leave_out(_not_yet_said(checked, plan))
    if not any(_hides_code(item) for item in checked.diagnostics):
        reached = [module.source.relpath for module in checked.program.modules.values()]
        # Of a program with errors slicing may have found less than there is.
        kept += checked.suppressions.unused(reached, sliced=not checked.has_errors)
    return replace(checked, diagnostics=tuple(sort_diagnostics([*checked.diagnostics, *kept]))), plan


def _not_yet_said(checked: CheckResult, plan: Plan) -> list[Diagnostic]:
    """Drop the WFC403 of an annotation whose type can't be recorded anyway: importing it is no remedy."""
    said = {item.span for item in checked.diagnostics if item.code in ("WFC401", "WFC402")}
    return [item for item in plan.diagnostics if item.code != "WFC403" or item.span not in said]


def plan_checked(checked: CheckResult) -> Plan:
    """Slice a program, one with errors too, so that all findings come together."""
    if checked.config_errors:
        return Plan(())
    try:
        return plan_routes(checked.program)
    except Exception as error:
        if not checked.has_errors:
            raise
        return Plan((), (_failed(checked, error),))  # the errors that were found stay, whatever slicing makes of them


def _hides_code(finding: Diagnostic) -> bool:
    """Say whether a finding keeps the rules from code that they would look at, where a comment may be of use."""
    return finding.code.startswith("WFC0") and severity_of(finding) is Severity.ERROR


def _failed(checked: CheckResult, error: Exception) -> Diagnostic:
    first = next(item for item in checked.diagnostics if severity_of(item) is Severity.ERROR)
    return Diagnostic(
        "WFC900",
        describe_failure(error),
        Span(first.span.path, 1, 1, 1, 1),
        label="while it looked at what each route needs",
        help="mend the other errors first; if this one stays it is a bug in wfc, and the file is worth a report",
    )
