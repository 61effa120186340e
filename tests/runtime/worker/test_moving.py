"""Runs and builds: a new build with the same fingerprint takes sleeping runs over, any other leaves them alone."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.handmade import Project, open_project, write_build
from wfc.model import Run

STEPS = """
@wf.step
async def work(n: int) -> str:
    return f"old {n}"
"""
MENDED = STEPS.replace("old", "new")
FLOWS = """
@wf.workflow
async def main() -> list[str]:
    found = [await work(1)]
    await wfc.sleep("1 hour")
    return [*found, await work(2)]
"""
OTHER = FLOWS.replace("[*found, await work(2)]", "[*found, await work(2), await work(3)]")


async def asleep(project: Project) -> Run:
    """Start a run and let it fall asleep."""
    run = await project.start()
    await project.until(lambda: project.store.timers(run.run_id), "the sleep")
    return run


async def wake(project: Project, run: Run) -> Any:
    await project.until(lambda: project.store.skip_ahead(run.run_id), "the run to be parked")
    project.store._bell.ring()  # type: ignore[attr-defined]
    return await project.outcome(run)


def move(
    tmp_path: Path, *, warm: bool = True, steps: str = MENDED, flows: str = FLOWS, **options: Any
) -> tuple[Any, ...]:
    """Start a run on one build, make another, and let it end; return its result, its build and where it moved."""
    write_build(tmp_path, STEPS, FLOWS)

    async def main() -> tuple[Any, ...]:
        async with open_project(tmp_path) as project:
            project.work(parked=1000 if warm else 0)
            run = await asleep(project)
            write_build(tmp_path, MENDED, flows, build_id="b2", **options)
            result = await wake(project, run)
            moves = [event.data for event in await project.log(run) if event.type == "run_moved"]
            return result, (await project.store.run(run.run_id)).build_id, moves

    return asyncio.run(main())


@pytest.mark.parametrize("warm", [True, False])
def test_a_mended_step_reaches_a_run_that_sleeps(tmp_path: Path, *, warm: bool) -> None:
    """The run goes on with the new build, once, and its log says so."""
    assert move(tmp_path, warm=warm) == (["old 1", "new 2"], "b2", [{"from": "b1", "to": "b2"}])


@pytest.mark.parametrize("warm", [True, False])
def test_a_changed_workflow_leaves_its_runs_alone(tmp_path: Path, *, warm: bool) -> None:
    """With another fingerprint the run ends on the build that started it."""
    assert move(tmp_path, warm=warm, flows=OTHER, fingerprint="g") == (["old 1", "old 2"], "b1", [])


def test_a_pinned_build_takes_no_run_over(tmp_path: Path) -> None:
    """`pin` keeps runs where they are, whatever the fingerprint says."""
    assert move(tmp_path, pin=True) == (["old 1", "old 2"], "b1", [])


def test_a_build_that_cannot_go_on_gives_the_run_back(tmp_path: Path) -> None:
    """A fingerprint that lies costs nothing: where the replay differs, the run stays."""
    other = FLOWS.replace("await work(1)", "await work(7)")
    assert move(tmp_path, warm=False, flows=other) == (["old 1", "old 2"], "b1", [])


def test_a_run_whose_build_is_gone_says_so_and_waits(tmp_path: Path) -> None:
    """It is blocked with the reason, and goes on when the build is back."""
    write_build(tmp_path, STEPS, FLOWS)

    async def main() -> tuple[str | None, Any]:
        async with open_project(tmp_path) as project:
            project.work(parked=0)
            run = await asleep(project)
            await project.stop()
            shutil.move(tmp_path / ".wfc" / "builds" / "b1", tmp_path / "b1")
            write_build(tmp_path, MENDED, OTHER, build_id="b2", fingerprint="g")
            project.client.builds._builds.clear()
            await project.store.skip_ahead(run.run_id)
            project.work()

            async def blocked() -> str | None:
                return (await project.store.run(run.run_id)).blocked

            reason: str | None = await project.until(blocked, "the run to be blocked")
            await project.stop()
            shutil.move(tmp_path / "b1", tmp_path / ".wfc" / "builds" / "b1")
            project.work()
            return reason, await project.outcome(run)

    reason, result = asyncio.run(main())
    assert reason is not None
    assert "there is no build at" in reason
    assert result == ["old 1", "old 2"]
