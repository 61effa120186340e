"""Workers under load that are killed, told to end, stopped and let go on, again and again: nothing is lost or stuck.

Real `wfc worker` processes work on dozens of runs whose steps leave a line in a file each time that they run. What
happens to which worker is drawn from a seed; each blow waits for traces, so that all of them fall while there is work.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import traces, tracing_project
from tests.project import PYTHON, Process, Project, assert_recorded_once, wait_until
from tests.runtime.invariants import check_file, read_file
from wfc.cli.workflows import find_workflow
from wfc.client import connect
from wfc.store.sqlite.peek import count_live_runs

SOURCE = """\
import asyncio
import os
from pathlib import Path

import wfc

wf = wfc.Workflows()


@wf.step(max_retries=100)
async def mark(number: int) -> int:
    step = wfc.get_step_metadata()
    with Path(os.environ["TRACES"], "trace").open("a") as file:
        file.write(f"{step.run_id} {step.step_id}\\n")
    await asyncio.sleep(0.03)
    return number


@wf.step
async def pause() -> int:
    attempt = min(2, wfc.get_step_metadata().attempt)
    Path(os.environ["TRACES"], f"at {attempt}").touch()
    while not Path(os.environ["TRACES"], f"go {attempt}").exists():
        await asyncio.sleep(0.01)
    return attempt


@wf.workflow
async def busy(width: int) -> int:
    total = 0
    for number in range(4):
        total += await mark(number)
    total += sum(await asyncio.gather(*(mark(number) for number in range(width))))
    await wfc.sleep(0.05)
    return total + await mark(width)


@wf.workflow
async def paused() -> int:
    return await pause()
"""
STOPPED_SECONDS = 2.0
# A worker that is taken for stopped after two seconds, not a minute.
IMPATIENT = """
import sys
from functools import partial
from wfc.cli import worker
from wfc.store.sqlite import store
from wfc_compiler.cli import main
store.STOPPED_AFTER_US = 2_000_000
worker.WorkerOptions = partial(worker.WorkerOptions, heartbeat=0.1)
sys.argv = ["wfc", "worker"]
main()
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a built project whose steps take a moment."""
    return tracing_project(tmp_path, SOURCE)


def store_of(project: Project) -> Path:
    return project.root / ".wfc" / "state.db"


def start(project: Project, count: int) -> None:
    """Start runs with fan-outs of 0 to 9 steps."""

    async def main() -> None:
        client = connect(project.root)
        busy = find_workflow(client.builds.current(), "busy")
        for number in range(count):
            encoded = b'{"width":%d}' % (number % 10)
            await client.start(busy, lambda encoded=encoded: encoded)  # type: ignore[misc]
        await client.store.close()

    asyncio.run(main())


def end(worker: Process) -> None:
    """Tell a worker to end; one that has only just begun hasn't got as far as to drain."""
    worker.send(signal.SIGTERM)
    assert worker.wait().code in (0, -signal.SIGTERM), worker.err


class Fleet:
    """Workers that are hit; one that has ended is replaced."""

    def __init__(self, project: Project, size: int, stack: ExitStack) -> None:
        self._project = project
        self._stack = stack
        self.workers = [self._spawn() for _ in range(size)]

    def _spawn(self) -> Process:
        return self._stack.enter_context(self._project.spawn("worker", "--concurrency", "2"))

    def hit(self, draw: random.Random) -> None:
        """Kill a worker, tell it to stop, or stop it for a while."""
        place = draw.randrange(len(self.workers))
        worker = self.workers[place]
        match draw.choice(["kill", "kill", "terminate", "stop"]):
            case "kill":
                worker.kill()
                self.workers[place] = self._spawn()
            case "terminate":
                end(worker)
                self.workers[place] = self._spawn()
            case "stop":
                worker.send(signal.SIGSTOP)
                # One that is stopped in the middle of a write holds the others up: for that they have patience.
                before, until = len(traces(self._project)), time.monotonic() + STOPPED_SECONDS
                wait_until(lambda: len(traces(self._project)) > before or time.monotonic() > until, "the others")
                worker.send(signal.SIGCONT)

    def is_done(self) -> bool:
        return count_live_runs(store_of(self._project)) == {}


@contextmanager
def fleet(project: Project, size: int) -> Iterator[Fleet]:
    with ExitStack() as stack:
        yield Fleet(project, size, stack)


def hit_workers(project: Project, runs: int, blows: int, seed: int) -> None:
    """Let runs end while workers are hit; then look at what is recorded, and what was done."""
    draw = random.Random(seed)
    start(project, runs)
    with fleet(project, 3) as workers:
        for _ in range(blows):
            seen = len(traces(project)) + draw.randrange(1, 20)
            wait_until(lambda seen=seen: len(traces(project)) >= seen or workers.is_done(), "traces")  # type: ignore[misc]
            assert not workers.is_done(), "there was too little to do for so many blows"
            workers.hit(draw)
        while not workers.is_done():
            seen = len(traces(project))
            wait_until(lambda seen=seen: len(traces(project)) > seen or workers.is_done(), "all runs to end")  # type: ignore[misc]
        for worker in workers.workers:
            end(worker)
    done: Counter[Any] = Counter(tuple(line.split()) for line in traces(project))
    check_file(store_of(project), bodies=done)
    found = read_file(store_of(project))
    assert [run.status for run in found.runs] == ["completed"] * runs
    steps = {(id_, event.call_id) for id_, log in found.logs.items() for event in log if event.type == "step_completed"}
    assert steps == done.keys(), "a step has a result and never ran, or ran and has none"


def test_workers_are_hit_while_they_work(project: Project) -> None:
    """Four dozen runs, and six blows."""
    hit_workers(project, 48, 6, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_workers_are_hit_for_long(project: Project, seed: int) -> None:
    """Four hundred runs, and forty blows."""
    hit_workers(project, 400, 40, seed)


def test_a_zombie_is_refused(project: Project) -> None:
    """A stopped worker's run is taken over; when it goes on, what its body returns is too late, and it works on.

    On a busy machine its successor may be taken for stopped, too: any attempt but the first may give the result.
    """
    folder = Path(project.env["TRACES"])
    run_id = project.wfc("start", "paused", "--json").json()["runId"]
    with project.spawn("-c", IMPATIENT, program=PYTHON) as zombie:
        wait_until(lambda: (folder / "at 1").exists(), "the first attempt")
        zombie.send(signal.SIGSTOP)
        with project.spawn("-c", IMPATIENT, program=PYTHON) as other:
            wait_until(lambda: (folder / "at 2").exists() or not other.running, "the second attempt")
            (folder / "go 1").touch()
            zombie.send(signal.SIGCONT)
            wait_until(lambda: "was taken over by another worker" in zombie.err or not zombie.running, "the refusal")
            (folder / "go 2").touch()
            inspected = project.wait_for_status(run_id, "completed")
            other.kill()
        assert inspected["run"]["result"] == 2
        assert_recorded_once(inspected)
        again = project.wfc("start", "busy", "--input", '{"width": 2}', "--json").json()["runId"]
        project.wait_for_status(again, "completed")
