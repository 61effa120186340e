"""`wfc cancel`, `wfc terminate` and `wfc resume`: messages for a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..client import Client
from ..effective import effective
from ..errors import ConfigError, TypeValidationError
from ..model import Hook
from .session import open_client, print_json, read_json, runtime_command, say
from .workflows import flow_of


@click.command("cancel")
@click.argument("run_id", metavar="RUN")
@click.option("--reason", default=None, help="Why; the run's log keeps it.")
@runtime_command
async def cancel(run_id: str, *, reason: str | None, project: Path | None, store: str | None, as_json: bool) -> int:
    """Ask RUN to end: its workflow gets CancelledError where it waits, and may clean up."""
    async with open_client(project, store) as client:
        told = any(event.type == "run_cancelling" for event in effective(await client.store.events(run_id)))
        run = await client.end_run(run_id, "cancel", reason)
    if told:
        say(f"{run_id} has been told to end before, and hasn't come to it; `wfc terminate` ends it without its code")
    elif run.blocked is not None:
        say(f"{run_id} is blocked, so its workflow can't hear of it yet; `wfc terminate` ends it without its code")
    if as_json:
        print_json({"runId": run_id, "status": run.status, "cancelling": True})
    elif not told:
        say(f"asked {run_id} to end; a worker delivers it")
    return 0


@click.command("terminate")
@click.argument("run_id", metavar="RUN")
@click.option("--reason", default=None, help="Why; the run's log keeps it.")
@runtime_command
async def terminate(run_id: str, *, reason: str | None, project: Path | None, store: str | None, as_json: bool) -> int:
    """End RUN without running any more of its code, clean-up included; also where it is blocked."""
    async with open_client(project, store) as client:
        run = await client.end_run(run_id, "terminate", reason)
    if as_json:
        print_json({"runId": run_id, "status": run.status, "terminating": True})
    else:
        say(f"{run_id} ends as soon as a worker takes note; it doesn't clean up")
    return 0


@click.command("resume")
@click.argument("token")
@click.option("--data", required=True, metavar="JSON|@FILE|-", help="The payload: the fields of the hook's class.")
@runtime_command
async def resume(token: str, *, data: str, project: Path | None, store: str | None, as_json: bool) -> int:
    """Deliver a payload to the run that waits for TOKEN."""
    given = read_json(data, "--data")
    async with open_client(project, store) as client:
        hook = await client.store.hook(token)
        payload = await _validated(client, hook, given)
        info = await client.resume(token, payload)
    if as_json:
        print_json({"runId": info.run_id, "hookId": info.hook_id, "token": token})
    else:
        say(f"delivered to {info.run_id}")
    return 0


async def _validated(client: Client, hook: Hook, given: Any) -> Any:
    """Make the payload with the hook's class as the run's own build has it, before anything is written."""
    run = await client.store.run(hook.run_id)
    flow = flow_of(client.builds.get(run.build_id), run.workflow_id)
    try:
        hook_class = flow.hook_class(hook.hook_class)
        return flow.codec.from_plain(given, hook_class)
    except LookupError as error:
        raise ConfigError(f"{error}; is {run.build_id} a complete build? `wfc build --verify` checks it") from error
    except TypeValidationError as error:
        raise TypeValidationError(f"--data isn't a {hook_class.__name__}, so nothing was delivered: {error}") from error
