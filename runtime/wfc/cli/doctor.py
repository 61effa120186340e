"""`wfc doctor`: which runs can't get on, why, and what to do; and how the store is."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ..builds import Builds
from ..clock import wall_clock_us
from ..doctor import Finding, Project, dotted, examine
from ..errors import ConfigError
from ..history import iso
from ..origin import versions_here
from ..settings import build_output, store_url
from ..store.locate import survey
from ..store.survey import Survey
from ..timewords import ahead, spoken
from .session import EXIT_FAILED, print_json, root_of, runtime_command, say, shortened

_COLOURS = {"stuck": "red", "warning": "yellow", "note": "cyan"}
_SHOWN_OF_A_KIND = 5


@click.command("doctor")
@runtime_command
async def doctor(*, project: Path | None, store: str | None, as_json: bool) -> int:
    """Say which runs can't get on and why, and how the store is; exit code 1 where something is stuck."""
    root = root_of(project)
    url = store_url(root, store)
    found = survey(url, root, wall_clock_us())
    if found is None:
        if as_json:
            print_json({"ok": True, "store": None, "workers": [], "runs": {}, "findings": []})
        else:
            say(f"there is no store yet ({url}): nothing was ever started")
        return 0
    builds = Builds(build_output(root), root)
    findings = examine(found, Project(_looks_for_flows(builds), versions_here()))
    stuck = any(finding.level == "stuck" for finding in findings)
    if as_json:
        print_json(_described(found, findings, ok=not stuck))
    else:
        _print_summary(found)
        _print_findings(findings)
        if not stuck:
            click.echo("\nnothing is stuck")
    return EXIT_FAILED if stuck else 0


def _looks_for_flows(builds: Builds) -> Callable[[str, str], bool]:
    """Return what says whether a run of this build and workflow finds its flow, in that build or its successor."""

    def has_flow(build_id: str, workflow_id: str) -> bool:
        try:
            builds.get(builds.successor(build_id, workflow_id)).manifest.workflow(workflow_id)
        except ConfigError:
            return False
        return True

    return has_flow


def _described(found: Survey, findings: Sequence[Finding], *, ok: bool) -> dict[str, Any]:
    file = found.file
    return {
        "ok": ok,
        "store": {
            "path": file.path,
            "schema": file.schema,
            "bytes": file.size,
            "walBytes": file.wal_size,
            "damage": list(file.damage),
            "sqlite": dotted(file.engine),
            "networkFilesystem": file.filesystem,
            "freeBytes": file.free,
        },
        "workers": [
            {
                "workerId": worker.worker,
                "lives": worker.lives,
                "seenAt": None if worker.seen_at is None else iso(worker.seen_at),
                "runs": worker.runs,
            }
            for worker in found.workers
        ],
        "runs": dict(found.states),
        "findings": [asdict(finding) for finding in findings],
    }


def _print_summary(found: Survey) -> None:
    file = found.file
    sound = "damaged" if file.damage else "sound"
    click.echo(
        f"store    {file.path}: {sound}, schema {file.schema}, {file.size / 1e6:.1f} MB "
        f"and {file.wal_size / 1e6:.1f} MB of write-ahead log, SQLite {dotted(file.engine)}"
    )
    living = [worker for worker in found.workers if worker.lives]
    for worker in living:
        silent = max(0, found.at - (worker.seen_at or found.at))
        click.echo(f"worker   {worker.worker}: heard of {spoken(silent)} ago, runs at work: {worker.runs}")
    if not living:
        click.echo("worker   none is running")
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(found.states.items()))
    click.echo(f"runs     {f'live: {states}' if states else 'none is live'}")
    if found.next_due is not None and found.next_due > found.at:
        click.echo(f"next     due {ahead(found.next_due, found.at)}")


def _print_findings(findings: Sequence[Finding]) -> None:
    shown: dict[str, int] = {}
    for finding in findings:
        shown[finding.code] = shown.get(finding.code, 0) + 1
        if shown[finding.code] > _SHOWN_OF_A_KIND:
            continue
        label = click.style(f"{finding.level:<7}", fg=_COLOURS[finding.level], bold=finding.level != "note")
        click.echo(f"\n{label}  {_wrapped(shortened(finding.message, 600))}")
        if finding.runs:
            others = f" and {finding.count - 3:,} more" if finding.count > 3 else ""
            click.echo(f"         {', '.join(finding.runs[:3])}{others}")
        click.echo(f"         -> {_wrapped(finding.help, 12)}")
    for code, count in shown.items():
        if count > _SHOWN_OF_A_KIND:
            click.echo(f"\n         {count - _SHOWN_OF_A_KIND:,} more like `{code}`: wfc doctor --json lists them all")


def _wrapped(text: str, indent: int = 9) -> str:
    """Break text at the terminal's width, at blanks only: commands and paths stay whole."""
    width = max(60, min(120, shutil.get_terminal_size().columns))
    lines = textwrap.wrap(text, width - indent, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)
