"""Check a project and plan its routes: the part of the compiler that writes nothing.

In: a directory. Out: the checked program, and the plan of its routes. `pipeline` goes on from here; a build
that is up to date never gets here, so that it needn't even import this.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .checking import CheckResult, check_project
from .diagnostics import sort_diagnostics
from .rules import suppress
from .slice import Plan, plan_routes


def check_and_plan(root: Path) -> tuple[CheckResult, Plan]:
    """Return the program with all findings, those of slicing among them, and its plan."""
    checked = check_project(root)
    plan = _plan(checked)
    kept = suppress(plan.diagnostics, checked.sources, checked.program.project.config, judge=False)
    return replace(checked, diagnostics=tuple(sort_diagnostics([*checked.diagnostics, *kept]))), plan


def _plan(checked: CheckResult) -> Plan:
    """Slice the program; one with errors as far as it can be, so that all findings come together."""
    if checked.config_errors:
        return Plan(())
    if not checked.has_errors:
        return plan_routes(checked.program)
    try:
        return plan_routes(checked.program, partial=True)
    except Exception:  # noqa: BLE001 (the errors that are there say what is wrong)
        return Plan(())
