"""`wfc start`: write a run for a worker to execute."""

from __future__ import annotations

from pathlib import Path

import click

from ..history import describe_run
from .session import open_client, print_json, read_json, runtime_command, say
from .workflows import encode_input, find_workflow


@click.command("start")
@click.argument("workflow")
@click.option("--input", "input_", default="{}", metavar="JSON|@FILE|-", help="The workflow's arguments.")
@click.option("--run-id", default=None, help="The run's id; the same id and input give the same run.")
@click.option("--idempotency-key", default=None, help="As --run-id, with a key of your own.")
@runtime_command
async def start(
    workflow: str,
    *,
    input_: str,
    run_id: str | None,
    idempotency_key: str | None,
    project: Path | None,
    store: str | None,
    as_json: bool,
) -> int:
    """Start a run of WORKFLOW and return; a worker executes it."""
    given = read_json(input_, "--input")
    async with open_client(project, store, new=True) as client:
        build = client.builds.current()
        workflow_id = find_workflow(build, workflow)
        encoded = encode_input(build, workflow_id, given)
        run = await client.start(workflow_id, lambda: encoded, run_id=run_id, idempotency_key=idempotency_key)
    if as_json:
        described = describe_run(run)
        print_json({key: described[key] for key in ("runId", "workflow", "status")})
    else:
        click.echo(run.run_id)
        say(f"it exists already, and is {run.status}" if run.is_terminal else "a worker executes it: wfc worker")
    return 0
