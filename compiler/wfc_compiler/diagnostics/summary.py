"""The counts under a report, as text and as data.

In: how much was looked at, and what was found. Out: `Summary`, and the object that `--json` prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .catalogue import severity_of
from .values import Diagnostic, Severity


@dataclass(frozen=True)
class Summary:
    """How much was looked at; `files` counts those that could not be parsed, too."""

    files: int = 0
    workflows: int = 0
    steps: int = 0
    unresolved_calls: int = 0


def count(diagnostics: Iterable[Diagnostic], severity: Severity) -> int:
    """Return how many findings are of a severity."""
    return sum(1 for item in diagnostics if severity_of(item) is severity)


def summary_to_json(diagnostics: Sequence[Diagnostic], summary: Summary) -> dict[str, int]:
    """Return how much was looked at and found, as `wfc check --json` and `wfc build --json` print it."""
    return {
        "errors": count(diagnostics, Severity.ERROR),
        "warnings": count(diagnostics, Severity.WARNING),
        "files": summary.files,
        "workflows": summary.workflows,
        "steps": summary.steps,
        "unresolvedCalls": summary.unresolved_calls,
    }
