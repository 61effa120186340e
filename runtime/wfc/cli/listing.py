"""`wfc list`: the runs of a store, newest first."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from ..errors import ConfigError
from ..history import describe_run
from ..ids import short_name, written_out
from ..store.protocol import RunQuery
from .session import open_client, print_json, runtime_command, say, shortened

DEFAULT_LIMIT = 50
STATUSES = ("pending", "running", "completed", "failed", "cancelled")


@click.command("list")
@click.option("--status", type=click.Choice(STATUSES), default=None, help="Only runs with this status.")
@click.option("--workflow", default=None, help="Only runs of this workflow: an id, `module:function`, or a name.")
@click.option("--attribute", "attributes", multiple=True, metavar="KEY=VALUE", help="Only runs that have it.")
@click.option("--limit", type=click.IntRange(1, 1000), default=DEFAULT_LIMIT, show_default=True, help="How many.")
@click.option("--cursor", default=None, help="Where the page before ended: its `next`.")
@runtime_command
async def list_runs(
    *,
    status: str | None,
    workflow: str | None,
    attributes: tuple[str, ...],
    limit: int,
    cursor: str | None,
    project: Path | None,
    store: str | None,
    as_json: bool,
) -> int:
    """List runs, newest first."""
    wanted = RunQuery(limit + 1, status, workflow and written_out(workflow), _attributes(attributes), _position(cursor))
    async with open_client(project, store) as client:
        found = await client.store.runs(wanted)
        page = [{**describe_run(run), "attributes": await client.store.attributes(run.run_id)} for run in found[:limit]]
    following = f"{found[limit - 1].created_at}:{found[limit - 1].run_id}" if len(found) > limit else None
    if as_json:
        print_json({"runs": page, "next": following})
        return 0
    if not page:
        say("no runs fit" if status or workflow or attributes else "no runs")
        return 0
    _print_table(page)
    if following:
        say(f"more: {_again(status, workflow, attributes, limit)} --cursor {following}")
    return 0


def _attributes(given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in given:
        key, separator, value = pair.partition("=")
        if not key or not separator:
            raise ConfigError(f"--attribute {pair!r}: write it as KEY=VALUE, e.g. --attribute customer=42")
        if found.setdefault(key, value) != value:
            raise ConfigError(f"--attribute {key!r} is given twice with different values, which no run has")
    return found


def _again(status: str | None, workflow: str | None, attributes: tuple[str, ...], limit: int) -> str:
    """Return the command with the same options."""
    parts = ["wfc", "list"]
    parts += ["--status", status] if status else []
    parts += ["--workflow", workflow] if workflow else []
    for pair in attributes:
        parts += ["--attribute", pair]
    parts += ["--limit", str(limit)] if limit != DEFAULT_LIMIT else []
    return shlex.join(parts)


def _position(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    created_at, _, run_id = cursor.partition(":")
    if not created_at.isdecimal() or not run_id:
        raise ConfigError(f"--cursor {cursor!r} is none that `wfc list` has printed")
    return int(created_at), run_id


def _print_table(runs: list[dict[str, Any]]) -> None:
    rows = [("run", "workflow", "status", "created (UTC)", "attributes")]
    for run in runs:
        status = run["status"] + (" (blocked)" if "blocked" in run else "")
        created = run["createdAt"][:19].replace("T", " ")
        attributes = " ".join(f"{key}={value}" for key, value in run["attributes"].items())
        rows.append((run["runId"], short_name(run["workflow"]), status, created, shortened(attributes, 60)))
    if not any(run["attributes"] for run in runs):
        rows = [(*row[:4], "") for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
