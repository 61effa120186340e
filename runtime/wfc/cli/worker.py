"""`wfc worker`: execute runs until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from pathlib import Path

import click

from ..clock import wall_clock_us
from ..model import Event, Run
from ..store.locate import configured_retention
from ..worker.options import WorkerOptions
from ..worker.worker import Worker
from .session import open_client, print_json, runtime_command, say


@click.command("worker")
@click.option("--concurrency", type=click.IntRange(1, 10_000), default=64, show_default=True, help="Steps at a time.")
@click.option("--until-idle", is_flag=True, help="Exit once nothing is due.")
@runtime_command
async def worker(*, concurrency: int, until_idle: bool, project: Path | None, store: str | None, as_json: bool) -> int:
    """Execute runs of the project's store until SIGTERM, which lets running steps finish first."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    ended = Ended()
    async with open_client(project, store) as client:
        client.builds.current_id()  # a worker without anything built is a mistake
        options = WorkerOptions(
            concurrency=concurrency, observer=ended.note, retention_us=configured_retention(client.builds.root)
        )
        working = Worker(client.store, client.builds, wall_clock_us, options)
        stop_on_signals(working)
        tune_interpreter()
        say(f"{working.worker_id} works on {client.builds.root}")
        with contextlib.redirect_stdout(sys.stderr):  # what user code prints is not this command's data
            await working.run(_always if until_idle else None)
    if as_json:
        print_json({"workerId": working.worker_id, **ended.counts})
    else:
        say(f"runs ended: {', '.join(f'{count} {status}' for status, count in ended.counts.items())}")
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
    memory it took a sixth of the time. Not much less often: runs that were put aside are garbage in cycles.
    """
    sys.setswitchinterval(0.0005)
    gc.freeze()
    gc.set_threshold(5_000, 5, 10)


def stop_on_signals(working: Worker) -> None:
    """Drain on the first SIGTERM or SIGINT, cancel running steps on the second."""
    loop = asyncio.get_running_loop()
    received: list[int] = []

    def on_signal() -> None:
        received.append(1)
        if len(received) == 1 and working.bodies:
            say(f"stopping: {working.bodies} running step(s) may finish first; a second signal cancels them")
        working.stop(now=len(received) > 1)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)


def exit_despite_bodies(working: Worker, code: int) -> None:
    """Leave the process at once where a step doesn't end: asyncio and the interpreter would wait for it for ever."""
    if working.has_stuck_bodies:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


async def _always() -> bool:
    return True
