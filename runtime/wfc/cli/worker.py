"""`wfc worker`: execute runs until told to stop."""

from __future__ import annotations

import contextlib
import gc
import logging
import sys
from pathlib import Path

import click

from ..clock import wall_clock_us
from ..model import Event, Run
from ..settings import configured_retention
from ..worker.options import WorkerOptions
from ..worker.worker import Worker
from .log_output import Format, set_up
from .session import open_client, print_json, runtime_command
from .stopping import exit_despite_bodies, stopping_on_signals

LEVELS = ("debug", "info", "warning", "error")

_log = logging.getLogger("wfc.worker")


@click.command("worker")
@click.option("--concurrency", type=click.IntRange(1, 10_000), default=64, show_default=True, help="Steps at a time.")
@click.option("--until-idle", is_flag=True, help="Exit once nothing is due.")
@click.option(
    "--grace",
    type=click.FloatRange(0, 86_400),
    default=30.0,
    show_default=True,
    help="Seconds for steps to finish.",
)
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--log-level", type=click.Choice(LEVELS), default="info", show_default=True)
@runtime_command
async def worker(
    *,
    concurrency: int,
    until_idle: bool,
    grace: float,
    log_format: Format,
    log_level: str,
    project: Path | None,
    store: str | None,
    as_json: bool,
) -> int:
    """Execute runs of the project's store until SIGTERM, which lets running steps finish first."""
    printed = set_up(log_format, log_level)
    ended = Ended()
    async with open_client(project, store, new=True) as client:
        client.builds.current_id()  # a worker without anything built is a mistake
        options = WorkerOptions(
            concurrency=concurrency,
            grace=grace,
            observer=ended.note,
            retention_us=configured_retention(client.builds.root),
        )
        working = Worker(client.store, client.builds, wall_clock_us, options)
        tune_interpreter()
        _log.info("%s works on %s", working.worker_id, client.builds.root)
        with stopping_on_signals(working, grace, _log.info), contextlib.redirect_stdout(printed):
            await working.run(_always if until_idle else None)
    counts = ", ".join(f"{count} {status}" for status, count in ended.counts.items())
    _log.info("%s has ended; runs ended: %s", working.worker_id, counts)
    if as_json:
        print_json({"workerId": working.worker_id, **ended.counts})
    exit_despite_bodies(working, 0)
    return 0


class Ended:
    """Counts the runs that a worker brought to their end."""

    def __init__(self) -> None:
        self.counts = {"completed": 0, "failed": 0, "cancelled": 0}

    def note(self, run: Run, event: Event) -> None:
        """Count the event if it ends a run."""
        outcome = event.type.removeprefix("run_")
        if outcome in self.counts:
            self.counts[outcome] += 1


def tune_interpreter() -> None:
    """Set what a process that works on runs wants of the interpreter.

    A busy `def` step's thread hands the GIL over every 0.5 ms: at the default 5 ms each commit waits. The garbage
    collector looks no more at what was loaded at the start, and less often at the rest: with thousands of runs in
    memory it took a sixth of the time, and runs that end or are put aside are no garbage in cycles.
    """
    sys.setswitchinterval(0.0005)
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


async def _always() -> bool:
    return True
