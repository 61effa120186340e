"""`wfc list`: the runs of a store, newest first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import ConfigError
from ..history import describe_run, short_name
from .session import open_client, print_json, runtime_command, say

STATUSES = ("pending", "running", "completed", "failed", "cancelled")


@click.command("list")
@click.option("--status", type=click.Choice(STATUSES), default=None, help="Only runs with this status.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many.")
@click.option("--cursor", default=None, help="Where the page before ended: its `next`.")
@runtime_command
async def list_runs(
    *, status: str | None, limit: int, cursor: str | None, project: Path | None, store: str | None, as_json: bool
) -> int:
    """List runs, newest first."""
    async with open_client(project, store) as client:
        found = await client.store.runs(status=status, limit=limit + 1, before=_position(cursor))
    page = found[:limit]
    following = f"{page[-1].created_at}:{page[-1].run_id}" if len(found) > limit else None
    if as_json:
        print_json({"runs": [describe_run(run) for run in page], "next": following})
        return 0
    if not page:
        say("no runs")
        return 0
    _print_table([describe_run(run) for run in page])
    if following:
        say(f"more: wfc list --cursor {following}")
    return 0


def _position(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    created_at, _, run_id = cursor.partition(":")
    if not created_at.isdecimal() or not run_id:
        raise ConfigError(f"--cursor {cursor!r} is none that `wfc list` has printed")
    return int(created_at), run_id


def _print_table(runs: list[dict[str, Any]]) -> None:
    rows = [("run", "workflow", "status", "created (UTC)")]
    for run in runs:
        status = run["status"] + (" (blocked)" if "blocked" in run else "")
        rows.append((run["runId"], short_name(run["workflow"]), status, run["createdAt"][:19].replace("T", " ")))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
