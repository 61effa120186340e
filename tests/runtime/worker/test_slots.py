"""A worker's slots: none is lost, none is given twice, and whoever waits for one gets it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.runtime import probe
from tests.runtime.handmade import open_project, write_build
from wfc.worker.active import ActiveRun
from wfc.worker.committer import Committer
from wfc.worker.worker import Worker

STEPS = """
@wf.step
async def quick(n: int) -> int:
    probe.note("quick")
    return n

@wf.step
async def gated(name: str) -> str:
    await probe.gate(name)
    return name

@wf.step
async def flaky(n: int) -> int:
    if wfc.get_step_metadata().attempt == 1:
        raise ValueError("once")
    return n
"""
FLOWS = """
@wf.workflow
async def wide(n: int) -> int:
    return sum(await asyncio.gather(*(quick(i) for i in range(n))))

@wf.workflow
async def shaky(n: int) -> int:
    return sum(await asyncio.gather(*(flaky(i) for i in range(n))))

@wf.workflow
async def one(name: str) -> str:
    return await gated(name)

@wf.workflow
async def three(name: str) -> list[str]:
    return await asyncio.gather(gated(name), gated("never"), gated("never"))

@wf.workflow
async def deadline(name: str) -> str:
    try:
        async with asyncio.timeout(0.05):
            await asyncio.gather(gated(name), gated(name))
    except TimeoutError:
        return "timed out"
    return "in time"

@wf.workflow
async def race(name: str) -> str:
    tasks = [asyncio.create_task(gated(name)), asyncio.create_task(gated("never"))]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    return "done"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_build(tmp_path, STEPS, FLOWS, retries={"flaky": 2})
    return tmp_path


@pytest.mark.parametrize("concurrency", [1, 3, 64])
def test_all_slots_are_free_at_the_end(root: Path, concurrency: int) -> None:
    """Fan-outs, retries and many runs at once end with as many free slots as there were."""

    async def main() -> None:
        async with open_project(root) as project:
            runs = [await project.start("wide", n=10) for _ in range(10)]
            runs += [await project.start("shaky", n=5) for _ in range(5)]
            worker = project.work(concurrency=concurrency)
            found = [await project.outcome(run) for run in runs]
            await project.stop()
            assert found == [45] * 10 + [10] * 5
            assert worker._slots.free == concurrency
            assert not worker._slots._waiting

    asyncio.run(main())


def test_a_gather_of_a_thousand(root: Path) -> None:
    """1,000 steps at once on 64 slots: each body runs once."""

    async def main() -> None:
        async with open_project(root) as project:
            run = await project.start("wide", n=1000)
            project.work()
            assert await project.outcome(run) == 499_500
            assert probe.notes.count("quick") == 1000

    asyncio.run(main())


def test_three_hundred_runs_at_once(root: Path) -> None:
    """More runs than a worker claims at a time all end."""

    async def main() -> None:
        async with open_project(root) as project:
            runs = [await project.start("wide", n=2) for _ in range(300)]
            project.work(parked=10)
            assert [await project.outcome(run) for run in runs] == [1] * 300

    asyncio.run(main())


def test_a_deadline_passes_while_no_slot_is_free(root: Path) -> None:
    """A timeout fires on time although another step of the run waits in vain for a slot."""

    async def main() -> None:
        async with open_project(root) as project:
            run = await project.start("deadline", name="never")
            project.work(concurrency=1, grace=0)
            assert await project.outcome(run) == "timed out"

    asyncio.run(main())


def test_a_slot_reaches_the_run_behind_one_that_gave_up(root: Path) -> None:
    """When the first in line needs no slot any more, the freed one goes to the next."""

    async def main() -> None:
        async with open_project(root) as project:
            project.work(concurrency=1, grace=0)
            blocker = await project.start("one", name="blocker")
            await probe.noted("at blocker")
            gave_up = await project.start("deadline", name="deadline")
            assert await project.outcome(gave_up) == "timed out"
            waiting = [await project.start("one", name="last") for _ in range(3)]
            probe.gates["last"].set()
            probe.gates["blocker"].set()
            assert await project.outcome(blocker) == "blocker"
            assert [await project.outcome(run) for run in waiting] == ["last"] * 3

    asyncio.run(main())


def test_bodies_that_outlive_their_run_return_their_slots(root: Path) -> None:
    """A run that ends while a losing body still runs leaks no slot."""

    async def main() -> None:
        async with open_project(root) as project:
            worker = project.work(concurrency=2, grace=5)
            run = await project.start("race", name="winner")
            await probe.noted("at never")
            probe.gates["winner"].set()
            assert await project.outcome(run) == "done"
            assert worker._slots.free == 1
            probe.gates["never"].set()
            again = await project.start("wide", n=3)
            assert await project.outcome(again) == 3
            await project.stop()
            assert worker._slots.free == 2

    asyncio.run(main())


def test_a_worker_stops_while_runs_wait_for_slots(root: Path) -> None:
    """Runs in line don't keep a stopping worker busy; they are handed back with their attempts unspent."""

    async def main() -> None:
        async with open_project(root) as project:
            runs = [await project.start("three", name="a") for _ in range(4)]
            worker = project.work(concurrency=2, grace=0)
            await probe.noted("at a")
            async with asyncio.timeout(10):
                await project.stop()
            assert worker._slots.free == 2
            for name in ("a", "never"):
                probe.gates[name].set()
            project.work()
            assert [await project.outcome(run) for run in runs] == [["a", "never", "never"]] * 4

    asyncio.run(main())


def test_a_run_in_line_is_not_woken_by_its_own_advance(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    """What it needed a slot for may be gone by then. Advanced twice, it would be refused and its state thrown away."""

    async def main() -> None:
        async with open_project(root) as project:
            run = await project.start("race", name="a")
            worker = project.work(concurrency=3)
            await probe.noted("at a")
            (active,) = worker.active.values()
            worker._slots.wait(active)
            await project.store.post(run.run_id, "terminate", {"reason": None})
            assert await project.outcome(run) == "cancelled"
            assert "taken over" not in caplog.text
            probe.gates["a"].set()

    asyncio.run(main())


def test_a_run_is_advanced_once_at_a_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that ends may wake its own run for the next step: the next transition waits for the commit of this one."""
    uncommitted: set[str] = set()
    add, committed = Committer.add, Worker._committed

    def added(committer: Committer, active: ActiveRun, advanced: Any) -> None:
        assert active.run_id not in uncommitted
        uncommitted.add(active.run_id)
        add(committer, active, advanced)

    def was_committed(worker: Worker, active: ActiveRun, advanced: Any, result: Any) -> None:
        uncommitted.discard(active.run_id)
        committed(worker, active, advanced, result)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: failures.append(context))
        async with open_project(root) as project:
            run = await project.start("wide", n=4)
            project.work(concurrency=1)
            await project.outcome(run)

    failures: list[Any] = []
    monkeypatch.setattr("wfc.worker.slots.TURN_US", -1)  # its turn is over at once, and it is the only one in line
    monkeypatch.setattr(Committer, "add", added)
    monkeypatch.setattr(Worker, "_committed", was_committed)
    asyncio.run(main())
    assert failures == []
