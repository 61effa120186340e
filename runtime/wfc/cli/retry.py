"""`wfc retry`: let a failed run go on."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import click

from ..retrying import Retried, retry_run
from .session import open_client, print_json, runtime_command, say


@click.command("retry")
@click.argument("run_id", metavar="RUN")
@click.option(
    "--build",
    default=None,
    metavar="current|ID",
    help="The build that goes on with it. Without this: the current one where the workflow is the same, else its own.",
)
@click.option("--force", is_flag=True, help="Also where steps have completed since the failure.")
@runtime_command
async def retry(
    run_id: str, *, build: str | None, force: bool, project: Path | None, store: str | None, as_json: bool
) -> int:
    """Let RUN, which has failed, go on from before its failure: same run, same step ids, what was done stays done."""
    async with open_client(project, store) as client:
        with contextlib.redirect_stdout(sys.stderr):  # what the user's modules print when they are imported
            retried = await retry_run(client, run_id, build=build, force=force)
    _explain(retried)
    if as_json:
        run, cut = retried.run, retried.cut
        described = {"runId": run_id, "status": run.status, "buildId": run.build_id, "cut": cut.seq, "step": cut.step}
        print_json(described)
    return 0


def _explain(retried: Retried) -> None:
    run, cut = retried.run, retried.cut
    again = f"step {cut.step} is tried again" if cut.step else "from where its workflow raised"
    say(f"run {run.run_id} goes on after event {cut.seq} with build {run.build_id}: {again}")
    if retried.changed:
        say("its workflow isn't what it was, and asks for the same up to there")
    if cut.child is not None:
        say(f"it failed with its child {cut.child}; where that still is as it was, `wfc retry` that one first")
    elif cut.step is None and not retried.changed:
        say(
            "it wasn't a step that failed but the workflow, which hasn't changed, so it will probably fail again: "
            "mend it, `wfc build`, then `wfc retry --build current`"
        )
    say("a worker executes it: wfc worker")
