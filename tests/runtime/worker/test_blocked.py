"""Runs that no worker can continue: what ends them all the same, and what makes workers try again."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.runtime.handmade import Project, open_project, write_build
from wfc.errors import HookNotFoundError
from wfc.model import Run
from wfc.store.protocol import RunQuery

STEPS = """
@wf.step
async def work(n: int) -> int:
    return n
"""
FLOWS = """
@dataclass
class Ping(wfc.BaseHook):
    n: int

@wf.workflow
async def main() -> int:
    return await work((await Ping.wait(token="t")).n)

@wf.workflow
async def parent() -> str:
    child = await wfc.start(main)
    try:
        await child.return_value()
    except wfc.WorkflowCancelledError as error:
        return str(error)
    return "no error"
"""


async def waiting(project: Project, run: Run) -> None:
    await project.until(lambda: project.store.hooks(run.run_id), "the hook")


async def blocked(project: Project, run: Run) -> None:
    """Let the run wait, take its build away, and let a worker find out."""
    project.work(parked=0)
    await waiting(project, run)
    await project.stop()
    (project.root / "gone").mkdir()
    shutil.move(project.root / ".wfc" / "builds" / "b1", project.root / "gone" / "b1")
    project.client.builds._builds.clear()
    await project.store.post_payload("t", b'{"n":1}')
    project.work(parked=0)

    async def is_blocked() -> bool:
        return (await project.store.run(run.run_id)).blocked is not None

    await project.until(is_blocked, "the run to be blocked")


def play(root: Path, test: Callable[[Project, Run], Awaitable[None]], workflow: str = "main") -> None:
    write_build(root, STEPS, FLOWS)

    async def main() -> None:
        async with open_project(root) as project:
            await test(project, await project.start(workflow))

    asyncio.run(main())


def test_a_blocked_run_can_be_terminated(tmp_path: Path) -> None:
    """Its end needs none of its code: the log has it, without gaps, and the payload that it can't take any more."""

    async def test(project: Project, run: Run) -> None:
        await blocked(project, run)
        await project.store.post(run.run_id, "terminate", {"reason": "enough"})
        assert await project.outcome(run) == "cancelled"
        log = await project.log(run)
        assert [event.type for event in log[-3:]] == ["run_cancelled", "hook_disposed", "hook_received"]
        assert log[-3].data == {"reason": "enough"}
        assert log[-1].data["delivered"] is False
        assert [event.seq for event in log] == list(range(1, len(log) + 1))
        with pytest.raises(HookNotFoundError):
            await project.store.hook("t")
        assert (await project.store.run(run.run_id)).blocked is None

    play(tmp_path, test)


def test_a_blocked_run_is_not_cancelled(tmp_path: Path) -> None:
    """A cancel is for the workflow to hear: it stays in the inbox until the workflow can be brought back."""

    async def test(project: Project, run: Run) -> None:
        await blocked(project, run)
        await project.store.post(run.run_id, "cancel", {"reason": "enough"})

        async def blocked_again() -> bool:
            now = await project.store.run(run.run_id)
            return now.blocked is not None and now.wake_at is None and now.owner is None

        await project.until(blocked_again, "the run to be tried and blocked again")
        shutil.move(project.root / "gone" / "b1", project.root / ".wfc" / "builds" / "b1")
        await project.stop()
        project.work()
        assert await project.outcome(run) == "cancelled"

    play(tmp_path, test)


def test_a_run_cancelled_before_it_began_needs_no_build(tmp_path: Path) -> None:
    """It has run none of its code, so there is none to hear of it."""

    async def test(project: Project, run: Run) -> None:
        shutil.rmtree(project.root / ".wfc" / "builds" / "b1")
        project.client.builds._builds.clear()
        await project.store.post(run.run_id, "cancel", {"reason": "too early"})
        project.work()
        assert await project.outcome(run) == "cancelled"
        assert await project.types(run) == ["run_created", "run_cancelled"]

    play(tmp_path, test)


def test_who_waits_for_a_blocked_run_hears_of_its_end(tmp_path: Path) -> None:
    """The parent of a run that is terminated unseen gets its WorkflowCancelledError."""

    async def test(project: Project, run: Run) -> None:
        project.work(parked=0)
        await project.until(lambda: project.store.runs(RunQuery(2, "running")), "the runs")

        async def child() -> Run | None:
            runs = await project.store.runs(RunQuery(9, "running"))
            return next((one for one in runs if one.parent_run_id == run.run_id), None)

        started: Run = await project.until(child, "the child")
        await waiting(project, started)
        await project.stop()
        stay = project.client.builds.get("b1")
        broken, good = "workflow//app.w//main", stay.flow("workflow//app.w//main")
        stay._flows[broken] = stay.flow("workflow//app.w//parent")
        await project.store.post(started.run_id, "terminate", {"reason": "broken"})
        project.work(parked=0)
        assert await project.outcome(run) == f"workflow run {started.run_id!r} was cancelled: broken"
        stay._flows[broken] = good

    play(tmp_path, test, "parent")


def test_the_next_build_is_tried_at_once(tmp_path: Path) -> None:
    """A worker that is running notices a new build, and tries what was blocked with it."""

    async def test(project: Project, run: Run) -> None:
        await blocked(project, run)
        shutil.move(project.root / "gone" / "b1", project.root / ".wfc" / "builds" / "b1")
        write_build(project.root, STEPS, FLOWS, build_id="b2")
        assert await project.outcome(run) == 1

    play(tmp_path, test)
