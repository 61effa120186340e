"""Say of each change from the active build what becomes of the runs that are in flight.

In: findings, the project's root. Out: the same findings; those about changes say how many runs of the store they
concern, and are remarks where that is none. What becomes of a run doesn't depend on what is told here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wfc.cli.in_flight import runs_in_flight

from ..diagnostics import Diagnostic, Severity
from ..evolution import CODES


def with_runs_in_flight(findings: Sequence[Diagnostic], root: Path) -> tuple[Diagnostic, ...]:
    """Return the findings, with the store asked where one is about a change."""
    if not any(item.code in CODES for item in findings):
        return tuple(findings)
    live = runs_in_flight(root)
    return tuple(tell(item, live) if item.code in CODES else item for item in findings)


def tell(found: Diagnostic, live: Mapping[str, int] | None) -> Diagnostic:
    """Return a finding about a change with what is known; `live` counts runs by workflow, None without a store."""
    if live is None:
        return replace(found, help=f"{found.help}; runs in flight stay on the build that started them")
    count = sum(live.get(id, 0) for id in found.in_flight)
    if not count:
        return replace(found, help=f"{found.help}; no run in flight is concerned", severity=Severity.INFO)
    stay = "1 run in flight stays on the build that started it"
    if count > 1:
        stay = f"{count} runs in flight stay on the build that started them"
    return replace(found, help=f"{found.help}; {stay}")
