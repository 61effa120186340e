"""`wfc prune`: remove runs that ended long ago, and builds that nothing needs."""

from __future__ import annotations

from pathlib import Path

import click

from ..client import Client
from ..clock import wall_clock_us
from ..duration import DurationError, parse_duration
from ..errors import ConfigError
from ..history import iso
from ..old_builds import remove_builds, unneeded_builds
from ..old_runs import prune_runs
from ..settings import configured_retention, store_url
from ..store.locate import builds_needed_elsewhere
from .session import open_client, print_json, runtime_command, say

_PAUSE_SECONDS = 0.01  # lets workers of other processes write between two transactions


@click.command("prune")
@click.option("--older-than", default=None, metavar="DURATION", help='Runs that ended longer ago, e.g. "30 days".')
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@runtime_command
async def prune(
    *, older_than: str | None, dry_run: bool, project: Path | None, store: str | None, as_json: bool
) -> int:
    """Remove runs that ended longer ago than they are kept, and builds that neither runs nor new ones need.

    Without --older-than the project's `retention` counts.
    """
    async with open_client(project, store) as client:
        ended_before = wall_clock_us() - _kept_for(client.builds.root, older_than)
        pause = 0.0 if dry_run else _PAUSE_SECONDS
        removed = await prune_runs(client.store, ended_before, pause=pause, dry_run=dry_run)
        builds: list[str] = []
        # Other stores may hold runs of these builds; whoever names one probably has several.
        if store_url(client.builds.root, store) == store_url(client.builds.root):
            builds = await _prune_builds(client, dry_run=dry_run)
    if as_json:
        counts = {"runs": removed.runs, "events": removed.events, "builds": builds}
        print_json({**counts, "endedBefore": iso(ended_before), "dryRun": dry_run})
    else:
        would = "would remove" if dry_run else "removed"
        say(f"{would} {removed.runs} run(s) with {removed.events} event(s) that ended before {iso(ended_before)}")
        say("\n  ".join([f"{would} {len(builds)} build(s) that nothing needs", *builds]))
    return 0


def _kept_for(root: Path, option: str | None) -> int:
    """Return for how long runs are kept, in microseconds."""
    if option is None:
        configured = configured_retention(root)
        if configured is None:
            raise ConfigError(
                'say how long runs are kept: --older-than "30 days", or `retention = "30 days"` in [tool.wfc] of '
                "pyproject.toml, by which workers remove them, too"
            )
        return configured
    try:
        return parse_duration(option)
    except DurationError as error:
        raise ConfigError(f"--older-than: {error}") from error


async def _prune_builds(client: Client, *, dry_run: bool) -> list[str]:
    elsewhere = builds_needed_elsewhere(client.builds.root)
    if elsewhere is None:
        say("builds are left alone: another store beside this one can't be read")
        return []
    unneeded = unneeded_builds(client.builds, await client.store.builds_in_use() | elsewhere)
    return unneeded if dry_run else remove_builds(client.builds, unneeded)
