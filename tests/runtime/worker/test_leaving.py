"""How a worker leaves: by its own will, by losing a run, or by losing the store. Nothing hangs and no run is lost."""

from __future__ import annotations

import asyncio
import gc
import warnings
from pathlib import Path
from typing import Any

import pytest

from tests.runtime import probe
from tests.runtime.handmade import Project, open_project, write_build
from wfc.errors import StepInterruptedError, StoreError
from wfc.model import Run
from wfc.store.sqlite.store import SqliteStore

STEPS = """
@wf.step
async def gated(name: str) -> str:
    await probe.gate(name)
    return name

@wf.step
async def stubborn() -> str:
    probe.note("stubborn")
    try:
        await probe.gates["stubborn"].wait()
    except asyncio.CancelledError:
        await probe.gates["stubborn"].wait()
    return "late"

@wf.step
def in_thread() -> str:
    probe.note("in thread")
    probe.thread_gates["thread"].wait()
    return "thread"
"""
FLOWS = """
@wf.workflow
async def one(name: str) -> str:
    _wfc_run = _flow.run()
    try:
        return await gated(name)
    finally:
        if _wfc_run.live:
            _flow.print("left")

@wf.workflow
async def two(name: str) -> list[str]:
    return [await gated(name), await gated(name)]

@wf.workflow
async def holds_out() -> str:
    return await stubborn()

@wf.workflow
async def threaded() -> str:
    return await in_thread()

@wf.workflow
async def naps() -> str:
    await wfc.sleep(3600)
    return "rested"

@wf.workflow
async def too_far() -> str:
    hook = Ping.wait(token="x")
    await hook
    return "never"

@dataclass
class Ping(wfc.BaseHook):
    n: int = 0
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_build(tmp_path, STEPS, FLOWS)
    return tmp_path


async def attempts(project: Project, run: Run) -> list[Any]:
    return [event.data["attempt"] for event in await project.log(run) if event.type == "step_started"]


def test_bodies_may_finish_while_the_worker_stops(root: Path) -> None:
    """Within the grace period a body ends as usual and its result is committed."""

    async def main() -> None:
        async with open_project(root) as project:
            run = await project.start("one", name="a")
            project.work()
            await probe.noted("at a")
            probe.gates["a"].set()
            await project.stop()
            assert await project.outcome(run) == "a"

    asyncio.run(main())


def test_a_stopping_worker_starts_nothing(root: Path) -> None:
    """The step after the one that finishes while stopping is left for the next worker, which starts it once."""

    async def main() -> None:
        async with open_project(root) as project:
            run = await project.start("two", name="a")
            worker = project.work()
            await probe.noted("at a")
            worker.stop()
            probe.gates["a"].set()
            await project.stop()
            assert probe.notes.count("at a") == 1
            assert (await project.store.run(run.run_id)).owner is None
            project.work()
            assert await project.outcome(run) == ["a", "a"]
            assert await attempts(project, run) == [1, 1]

    asyncio.run(main())


def test_a_body_that_is_cancelled_by_stopping_spends_nothing(root: Path) -> None:
    """Past the grace period a body is cancelled and its attempt returned; without retries it still runs again."""

    async def main() -> None:
        async with open_project(root) as project:
            run = await project.start("one", name="a")
            worker = project.work(grace=0)
            await probe.noted("at a")
            await project.stop()
            assert worker._slots.free == 64
            probe.gates["a"].set()
            project.work()
            assert await project.outcome(run) == "a"
            assert await attempts(project, run) == [1, 1]

    asyncio.run(main())


def test_attempts_that_were_about_to_start_are_given_back(root: Path) -> None:
    """A worker that is told to stop while it commits the start of a body doesn't run it, and spends no attempt."""

    async def main() -> None:
        store = SqliteStore(root / ".wfc" / "state.db")
        async with open_project(root, store) as project:
            run = await project.start("one", name="a")
            commit = store.commit

            async def stop_first(transitions: Any) -> Any:
                worker.stop()
                return await commit(transitions)

            store.commit = stop_first  # type: ignore[method-assign]
            worker = project.work()
            await project.workers.pop()[1]
            assert worker._slots.free == 64
            assert "at a" not in probe.notes
            store.commit = commit  # type: ignore[method-assign]
            probe.gates["a"].set()
            project.work()
            assert await project.outcome(run) == "a"
            assert await attempts(project, run) == [1, 1]

    asyncio.run(main())


def test_a_body_that_never_ends_is_abandoned(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that swallows its cancellation doesn't keep the worker; the attempt counts as lost."""
    monkeypatch.setattr("wfc.worker.worker.ABANDON_SECONDS", 0.05)

    async def main() -> None:
        async with open_project(root) as project:
            run = await project.start("holds_out")
            project.work(grace=0)
            await probe.noted("stubborn")
            await project.stop()
            project.work()
            with pytest.raises(Exception, match="the worker died while attempt 1"):
                await project.outcome(run)

    asyncio.run(main())


def test_a_thread_that_never_ends_does_not_keep_the_worker(root: Path) -> None:
    """The worker leaves and says that a thread is stuck; a step with one attempt isn't run again beside it."""

    async def main() -> None:
        async with open_project(root) as project:
            run = await project.start("threaded")
            worker = project.work(grace=0)
            await probe.noted("in thread")
            await project.stop()
            assert worker.has_stuck_bodies
            probe.thread_gates["thread"].set()
            project.work()
            with pytest.raises(StepInterruptedError, match="attempt 1"):
                await project.outcome(run)

    asyncio.run(main())


def test_a_run_that_was_taken_away_is_let_go(root: Path) -> None:
    """With a stale fence the result of a body is refused, the slot comes back, and the new owner finishes."""

    async def main() -> None:
        async with open_project(root) as project:
            run = await project.start("one", name="a")
            worker = project.work(concurrency=2)
            await probe.noted("at a")
            database = project.store._database  # type: ignore[attr-defined]
            await database.write(lambda db: db.execute("update runs set fence = fence + 1, owner = 'other'"))
            probe.gates["a"].set()
            await project.until(lambda: _idle(worker), "the worker to let the run go")
            assert "step_completed" not in await project.types(run)
            assert worker._slots.free == 2

    asyncio.run(main())


def test_a_run_that_comes_back_while_its_body_runs(root: Path) -> None:
    """A run that is taken from a worker and claimed by the same one again isn't dropped with its former self."""

    async def main() -> None:
        async with open_project(root) as project:
            run = await project.start("one", name="a")
            worker = project.work(concurrency=2)
            await probe.noted("at a")
            database = project.store._database  # type: ignore[attr-defined]
            release = "update runs set fence = fence + 1, owner = null, wake_at = 1"
            await database.write(lambda db: db.execute(release))
            project.store._bell.ring()  # type: ignore[attr-defined]
            with pytest.raises(Exception, match="the worker died while attempt 1"):
                await project.outcome(run)
            probe.gates["a"].set()
            await project.stop()
            assert worker._slots.free == 2

    asyncio.run(main())


async def _idle(worker: Any) -> bool:
    return not worker.active and worker._slots.free == worker._options.concurrency


@pytest.mark.parametrize("call", ["claim", "commit", "inbox", "events", "next_due", "heartbeat"])
def test_a_worker_whose_store_fails_ends_with_the_error(root: Path, call: str) -> None:
    """The error comes out of `run`; another worker finishes what this one had begun."""

    async def main() -> None:
        store = SqliteStore(root / ".wfc" / "state.db")

        async def broken(*_: object) -> None:
            raise StoreError("the disk is gone")

        async with open_project(root, store) as project:
            run = await project.start("one", name="a")
            probe.gates["a"].set()
            setattr(store, call, broken)
            project.work()
            with pytest.raises(StoreError, match="the disk is gone"):
                await asyncio.wait_for(project.workers.pop()[1], 20)
        async with open_project(root) as project:
            project.work()
            assert await project.outcome(run) == "a"

    asyncio.run(main())


def test_a_failed_store_is_not_waited_for(root: Path) -> None:
    """Bodies whose results can't be kept get no grace: they are cancelled, and the worker ends at once."""

    async def main() -> None:
        store = SqliteStore(root / ".wfc" / "state.db")

        async with open_project(root, store) as project:
            await project.start("one", name="never")
            worker = project.work(grace=3600)
            await probe.noted("at never")
            worker._store_failed(StoreError("the disk is gone"))
            with pytest.raises(StoreError, match="the disk is gone"):
                await asyncio.wait_for(project.workers.pop()[1], 20)

    asyncio.run(main())


def test_one_run_that_cannot_be_written_stops_no_other(root: Path) -> None:
    """A transition that the store can't hold blocks its own run, with the reason; its neighbours go on."""

    async def main() -> None:
        store = SqliteStore(root / ".wfc" / "state.db")
        async with open_project(root, store) as project:
            poisoned = await project.start("one", name="a")
            others = [await project.start("one", name="a") for _ in range(3)]
            probe.gates["a"].set()
            commit = store.commit

            async def refuse(transitions: Any) -> Any:
                if any(change.run.run_id == poisoned.run_id for change in transitions):
                    raise OverflowError("too large for a column")
                return await commit(transitions)

            store.commit = refuse  # type: ignore[method-assign]
            worker = project.work()
            assert [await project.outcome(run) for run in others] == ["a"] * 3

            async def reason() -> str | None:
                return (await store.run(poisoned.run_id)).blocked

            assert "too large for a column" in await project.until(reason, "the run to be blocked")
            assert worker._slots.free == 64

    asyncio.run(main())


def test_a_run_that_diverges_is_blocked_and_tried_by_the_next_worker(root: Path) -> None:
    """A run whose code has changed is blocked with both calls, and goes on once the code is right again."""

    async def main() -> None:
        async with open_project(root) as project:
            run = await project.start("naps")
            project.work()
            await project.until(lambda: project.store.timers(run.run_id), "the sleep")
            await project.stop()
        async with open_project(root) as project:
            flow = project.client.builds.get("b1").flow("workflow//app.w//naps")
            good = flow.function
            flow.function = project.client.builds.get("b1").flow("workflow//app.w//holds_out").function
            await project.store.post(run.run_id, "cancel", {"reason": "enough"})
            project.work()

            async def reason() -> str | None:
                return (await project.store.run(run.run_id)).blocked

            text = await project.until(reason, "the run to be blocked")
            assert "asked for wait" in text
            assert "asks for step" in text
            await project.stop()
            flow.function = good
            project.work()
            assert await project.outcome(run) == "cancelled"

    asyncio.run(main())


def test_a_cancel_that_came_before_the_start_runs_no_code(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of many runs that are claimed together, those that were cancelled before never enter their function."""

    async def main() -> None:
        async with open_project(root) as project:
            runs = [await project.start("one", name="a") for _ in range(20)]
            for run in runs:
                await project.store.post(run.run_id, "cancel", {"reason": None})
            project.work()
            assert [await project.outcome(run) for run in runs] == ["cancelled"] * 20
            assert "run_started" not in await project.types(runs[0])

    asyncio.run(main())
    assert "left" not in capsys.readouterr().out


def test_a_stopped_worker_leaves_nothing_to_the_collector(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Parked runs of a worker that has stopped run no `finally` and give no warning when they are collected."""

    async def main() -> None:
        async with open_project(root) as project:
            await project.start("one", name="a")
            await project.start("naps")
            project.work(grace=0)
            await probe.noted("at a")
            await project.stop()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(main())
        gc.collect()
    captured = capsys.readouterr()
    assert "left" not in captured.out
    assert captured.err == ""
