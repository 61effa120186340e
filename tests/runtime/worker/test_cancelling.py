"""Bodies of cancellable steps hear of it while they run, from the workflow, its timeouts and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.runtime import probe
from tests.runtime.handmade import Project, open_project, write_build

STEPS = """
@wf.step(cancellable=True)
async def slow(name: str) -> str:
    try:
        await probe.gate(name)
    except asyncio.CancelledError as error:
        probe.note(f"{name} told {error.args}")
        if name == "stubborn":
            return "saved"
        raise
    return "done"

@wf.step
async def quick() -> None:
    await probe.gate("quick")
"""
FLOWS = """
@wf.workflow
async def race(name: str) -> str:
    task = asyncio.create_task(slow(name))
    await quick()
    task.cancel("enough")
    try:
        return await task
    except asyncio.CancelledError as error:
        if not _flow.run().live:
            raise
        return f"cancelled {error.args}"

@wf.workflow
async def hasty() -> str:
    try:
        async with _flow.cm(_flow.run(), asyncio.timeout(0.05)):
            return await slow("hasty")
    except TimeoutError:
        if not _flow.run().live:
            raise
        return "timeout"

@wf.workflow
async def plain(name: str) -> str:
    return await slow(name)
"""

Test = Callable[[Project], Awaitable[None]]


@pytest.fixture
def run_test(tmp_path: Path) -> Callable[[Test], None]:
    """Run a test's coroutine with a project that has these workflows built."""
    write_build(tmp_path, STEPS, FLOWS, retries={"slow": 3})

    async def drive(test: Test) -> None:
        async with open_project(tmp_path) as project:
            await test(project)

    return lambda test: asyncio.run(drive(test))


@pytest.mark.parametrize(("name", "result"), [("a", "cancelled ('enough',)"), ("stubborn", "saved")])
def test_a_running_body_hears_of_it(run_test: Callable[[Test], None], name: str, result: str) -> None:
    """CancelledError is raised in it, with the reason; what it makes of it is what the workflow gets."""

    async def test(project: Project) -> None:
        project.work()
        run = await project.start("race", name=name)
        await probe.noted(f"at {name}")
        probe.gates["quick"].set()
        assert await project.outcome(run) == result
        assert probe.notes.count(f"{name} told ('enough',)") == 1

    run_test(test)


def test_a_timeout_of_the_workflow_stops_the_body(run_test: Callable[[Test], None]) -> None:
    """The body is told once the time is over, and not tried again."""

    async def test(project: Project) -> None:
        project.work()
        assert await project.outcome(await project.start("hasty")) == "timeout"
        assert probe.notes == ["at hasty", "hasty told ()"]

    run_test(test)


def test_cancelling_the_run_stops_the_body(run_test: Callable[[Test], None]) -> None:
    """The run is cancelled once the body has stopped."""

    async def test(project: Project) -> None:
        project.work()
        run = await project.start("plain", name="b")
        await probe.noted("at b")
        await project.store.post(run.run_id, "cancel", {"reason": "no more"})
        assert await project.outcome(run) == "cancelled"
        assert probe.notes[-1] == "b told ('no more',)"

    run_test(test)


def test_terminating_the_run_stops_the_body(run_test: Callable[[Test], None]) -> None:
    """The run has ended, and its body is not left to run on."""

    async def test(project: Project) -> None:
        project.work()
        run = await project.start("plain", name="c")
        await probe.noted("at c")
        await project.store.post(run.run_id, "terminate", {"reason": "now"})
        assert await project.outcome(run) == "cancelled"
        await probe.noted("c told ()")

    run_test(test)


def test_a_worker_that_stops_is_no_cancellation(run_test: Callable[[Test], None]) -> None:
    """The attempt is given back; another worker runs it again."""

    async def test(project: Project) -> None:
        project.work(grace=0.0)
        run = await project.start("plain", name="d")
        await probe.noted("at d")
        await project.stop()
        probe.gates["d"].set()
        project.work()
        assert await project.outcome(run) == "done"

    run_test(test)
