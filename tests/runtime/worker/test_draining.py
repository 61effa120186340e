"""A worker that drains goes on being one: its heart beats, and what its bodies do within the grace period counts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.runtime import probe
from tests.runtime.asynchronous import on_a_loop
from tests.runtime.handmade import open_project, write_build

STEPS = """
@wf.step
async def gated(name: str) -> str:
    await probe.gate(name)
    return name
"""
FLOWS = """
@wf.workflow
async def one(name: str) -> str:
    return await gated(name)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_build(tmp_path, STEPS, FLOWS)
    return tmp_path


@on_a_loop
async def test_a_worker_that_drains_is_not_taken_for_dead(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its heart beats while bodies finish, however long that takes, and stops with it."""
    beats: asyncio.Queue[str] = asyncio.Queue()
    async with open_project(root) as project:
        run = await project.start("one", name="a")
        worker = project.work(heartbeat=0.01)
        await probe.noted("at a")
        worker.stop()
        beat = project.store.heartbeat

        async def counted(worker_id: str) -> None:
            await beats.put(worker_id)
            await beat(worker_id)

        monkeypatch.setattr(project.store, "heartbeat", counted)
        async with asyncio.timeout(20):
            assert [await beats.get() for _ in range(3)] == [worker.worker_id] * 3
        probe.gates["a"].set()
        await project.stop()
        assert await project.outcome(run) == "a"
        monkeypatch.undo()
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "wfc-heartbeat" and not task.done()]
