"""`wfc run`, after the build: start a run and drive it to its end with a worker in this process.

The compiler's command line builds and calls `drive`. Progress goes to stderr, the result to stdout; what user code
prints goes to stderr, too, so that stdout is the result and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ..client import Client
from ..clock import wall_clock_us
from ..errors import ConfigError, RunNotFoundError
from ..history import describe_run, describe_steps
from ..ids import short_name
from ..model import Run
from ..worker.options import WorkerOptions
from ..worker.worker import Worker
from .errors import with_causes
from .log_output import set_up
from .progress import Progress
from .session import EXIT_FAILED, EXIT_INTERRUPTED, fail, open_client, print_json, read_json, say
from .stopping import exit_despite_bodies, stopping_on_signals
from .worker import tune_interpreter
from .workflows import encode_input, find_workflow

_PATIENCE_SECONDS = 1.0  # older runs that are done sooner need no word


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The options of `wfc run`. `input` is None where none was given."""

    workflow: str
    input: str | None
    run_id: str | None
    fast_forward: bool
    project: Path | None
    store: str | None
    as_json: bool


async def drive(request: RunRequest) -> int:
    """Start (or attach to) the run and work until it has ended and nothing else is due. Returns the exit code."""
    set_up("text", "warning")
    for told_as_progress in ("wfc.step", "wfc.worker"):
        logging.getLogger(told_as_progress).setLevel(logging.ERROR)
    async with open_client(request.project, request.store, new=True) as client:
        run = await _begin(client, request)
        await _announce(client, run, request)
        progress = Progress(run.run_id, fast_forward=request.fast_forward)
        options = WorkerOptions(
            fast_forward=run.run_id if request.fast_forward else None, observer=progress.note, grace=0.0
        )
        worker = Worker(client.store, client.builds, wall_clock_us, options)
        tune_interpreter()

        async def ended() -> bool:
            now = await client.store.run(run.run_id)
            return now.is_terminal or now.blocked is not None

        watching = asyncio.create_task(_note_end(client, run.run_id, progress))
        with stopping_on_signals(worker, 0.0, say), contextlib.redirect_stdout(sys.stderr):
            await worker.run(ended)
        watching.cancel()
        run = await client.store.run(run.run_id)
        steps = describe_steps(await client.store.events(run.run_id))
    code = _report(run, steps, progress.ended_after or progress.elapsed, as_json=request.as_json)
    exit_despite_bodies(worker, code)
    return code


async def _note_end(client: Client, run_id: str, progress: Progress) -> None:
    """Say what is being waited for when the run itself has ended and older ones are still worked on."""
    await client.wait(run_id)
    progress.end()
    await asyncio.sleep(_PATIENCE_SECONDS)
    others = await client.store.live_runs()
    say(f"the run has ended; finishing what is due of {others} older run(s). Ctrl-C leaves them to the next worker")


async def _begin(client: Client, request: RunRequest) -> Run:
    build = client.builds.current()
    workflow_id = find_workflow(build, request.workflow)
    existing = await _existing(client, request.run_id)
    if request.fast_forward:
        await _refuse_beside_others(client, existing)
    if existing is not None and request.input is None and existing.workflow_id == workflow_id:
        return existing
    given = read_json(request.input or "{}", "--input")
    encoded = encode_input(build, workflow_id, given)
    return await client.start(workflow_id, lambda: encoded, run_id=request.run_id)


async def _existing(client: Client, run_id: str | None) -> Run | None:
    if run_id is None:
        return None
    try:
        return await client.store.run(run_id)
    except RunNotFoundError:
        return None


async def _refuse_beside_others(client: Client, existing: Run | None) -> None:
    own = 1 if existing is not None and not existing.is_terminal else 0
    others = await client.store.live_runs() - own
    if others:
        raise ConfigError(
            f"--fast-forward moves a run's clock, and this store holds {others} other live run(s): finish or cancel "
            "them (`wfc list`), or use a store of its own with --store sqlite:///.wfc/scratch.db"
        )


async def _announce(client: Client, run: Run, request: RunRequest) -> None:
    say(f"run {run.run_id} of {short_name(run.workflow_id)}")
    others = await client.store.live_runs() - (0 if run.is_terminal else 1)
    if others and not request.fast_forward:
        say(f"the store holds {others} other live run(s); those that are due are continued, too")


def _report(run: Run, steps: list[dict[str, Any]], seconds: float, *, as_json: bool) -> int:
    described = describe_run(run)
    if not run.is_terminal and run.blocked is None:
        again = f"wfc run {short_name(run.workflow_id)} --run-id {run.run_id}"
        say(f"interrupted: nothing is lost. To go on: wfc worker, or {again}")
        if as_json:
            print_json({"runId": run.run_id, "workflow": run.workflow_id, "status": run.status})
        return EXIT_INTERRUPTED
    if run.blocked is not None:
        fail(f"run {run.run_id} can't be continued: {run.blocked}", EXIT_FAILED)
    if as_json:
        shown = ("runId", "workflow", "status", "result", "error")
        outcome = {key: described[key] for key in shown if key in described}
        outcome["steps"] = sum(step["status"] == "completed" for step in steps)
        outcome["durationMs"] = round(seconds * 1000, 1)
        print_json(outcome)
    elif run.status == "completed":
        click.echo(json.dumps(described["result"], indent=2, ensure_ascii=False))
    elif run.status == "failed":
        say(with_causes(described["error"]))
    return 0 if run.status == "completed" else EXIT_FAILED
