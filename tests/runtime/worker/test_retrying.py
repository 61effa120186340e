"""`wfc retry` with real workers: what they do with a run that goes on, and what a crash on the way leaves."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.runtime import probe
from tests.runtime.handmade import Project, open_project, write_build
from tests.runtime.worker.crashing import NOWHERE, CrashingStore, Death, Place, ProcessDiedError, work_until
from wfc.builds import Builds
from wfc.client import Client
from wfc.effective import effective
from wfc.errors import RetryRefusedError, RunNotFoundError, WfcError
from wfc.model import Run
from wfc.retrying import retry_run
from wfc.store.protocol import RunQuery

STEPS = """
@wf.step
async def plain(n: int) -> int:
    probe.note(wfc.get_step_metadata().step_id)
    return n

@wf.step
async def brittle(n: int) -> int:
    probe.note(wfc.get_step_metadata().step_id)
    if not probe.gates["mended"].is_set():
        raise ValueError(f"not yet {n}")
    return n

@wf.step
async def gated(name: str) -> str:
    probe.note(f"body of {name}")
    await probe.gates[name].wait()
    return name
"""
FLOWS = """
@dataclass
class Ping(wfc.BaseHook):
    n: int

async def one(hook):
    return (await hook).n

@wf.workflow
async def main() -> list[int]:
    await wfc.set_attributes(stage="early")
    hook = Ping.wait(token="t")
    waiting = asyncio.create_task(one(hook))
    found = [await plain(1)]
    found += [await brittle(2), await plain(3)]
    await wfc.set_attributes(stage="late")
    hook.dispose()
    return found

@wf.workflow
async def compensates() -> int:
    try:
        return await brittle(1)
    except ValueError:
        if not _flow.run().live:
            raise
        await plain(2)
        raise

@wf.workflow
async def careless() -> int:
    return {}[await plain(1)]

@wf.workflow
async def beside() -> list[str]:
    return list(await asyncio.gather(gated("slow"), brittle(1)))

@wf.workflow
async def parent() -> int:
    return await (await wfc.start(brittle_child)).return_value()

@wf.workflow
async def brittle_child() -> int:
    return await brittle(7)
"""
MENDED = FLOWS.replace("{}[await plain(1)]", "{}.get(await plain(1), 5)")


async def fail(project: Project, workflow: str = "main") -> Run:
    """Start a run and let it fail."""
    run = await project.start(workflow)
    if not project.workers:
        project.work()
    with pytest.raises((ValueError, KeyError, WfcError)):
        await project.outcome(run)
    return run


def play(root: Path, test: Callable[[Project], Awaitable[None]], **options: Any) -> None:
    write_build(root, STEPS, FLOWS, **options)

    async def main() -> None:
        async with open_project(root) as project:
            await test(project)

    asyncio.run(main())


def test_a_run_goes_on_until_it_is_done(tmp_path: Path) -> None:
    """Retried while the cause lasts it fails again; once that is mended it ends, with each step done once."""

    async def test(project: Project) -> None:
        run = await fail(project)
        assert (await retry_run(project.client, run.run_id)).run.status == "running"
        with pytest.raises(ValueError, match="not yet 2"):
            await project.outcome(run)
        assert await project.store.attributes(run.run_id) == {"stage": "early"}
        probe.gates["mended"].set()
        await retry_run(project.client, run.run_id)
        assert await project.outcome(run) == [1, 2, 3]
        assert await project.store.attributes(run.run_id) == {"stage": "late"}
        log = await project.log(run)
        assert [event.seq for event in log] == list(range(1, len(log) + 1))
        bodies = Counter(probe.notes)
        assert sorted(bodies.values()) == [1, 1, 3]

    play(tmp_path, test)


def test_what_cannot_be_retried_says_so(tmp_path: Path) -> None:
    """A run that lives, has its result, was cancelled, or isn't there."""

    async def test(project: Project) -> None:
        pending = await project.start()
        with pytest.raises(RetryRefusedError, match="is pending, and only a failed run can be retried"):
            await retry_run(project.client, pending.run_id)
        await project.store.post(pending.run_id, "terminate", {"reason": None})
        project.work()
        assert await project.outcome(pending) == "cancelled"
        with pytest.raises(RetryRefusedError, match=r"is cancelled, .*it was told to end; start the workflow again"):
            await retry_run(project.client, pending.run_id)
        probe.gates["mended"].set()
        done = await project.start()
        await project.outcome(done)
        with pytest.raises(RetryRefusedError, match="it has its result"):
            await retry_run(project.client, done.run_id)
        with pytest.raises(RunNotFoundError):
            await retry_run(project.client, "nobody")

    play(tmp_path, test)


def test_a_compensation_has_to_be_accepted(tmp_path: Path) -> None:
    """Nothing changes without `force`; the message names the step and the way out."""

    async def test(project: Project) -> None:
        run = await fail(project, "compensates")
        before = await project.log(run)
        with pytest.raises(RetryRefusedError, match=r"after step brittle failed, .* step plain\. .*--force"):
            await retry_run(project.client, run.run_id)
        assert await project.log(run) == before
        probe.gates["mended"].set()
        await retry_run(project.client, run.run_id, force=True)
        assert await project.outcome(run) == 1

    play(tmp_path, test)


def test_a_mended_workflow_takes_the_run_over(tmp_path: Path) -> None:
    """`--build current` goes on with other code that asks for the same so far; its completed step isn't run again."""

    async def test(project: Project) -> None:
        run = await fail(project, "careless")
        write_build(tmp_path, STEPS, MENDED, build_id="b2", fingerprint="g")
        stays = await retry_run(project.client, run.run_id)
        assert (stays.run.build_id, stays.changed, stays.cut.step) == ("b1", False, None)
        with pytest.raises(KeyError):
            await project.outcome(run)
        moves = await retry_run(project.client, run.run_id, build="current")
        assert (moves.run.build_id, moves.changed) == ("b2", True)
        assert await project.outcome(run) == 5
        assert len(probe.notes) == 1

    play(tmp_path, test)


def test_a_build_with_the_same_fingerprint_takes_the_run_over_unasked(tmp_path: Path) -> None:
    """The log says at once which build goes on."""

    async def test(project: Project) -> None:
        run = await fail(project)
        await project.stop()
        write_build(tmp_path, STEPS, FLOWS, build_id="b2")
        retried = await retry_run(project.client, run.run_id)
        assert (retried.run.build_id, retried.changed) == ("b2", False)
        assert (await project.log(run))[-1].data["build"] == "b2"

    play(tmp_path, test)


def test_a_build_that_asks_for_something_else_is_refused(tmp_path: Path) -> None:
    """Both calls and the way out are in the message, and nothing changes."""

    async def test(project: Project) -> None:
        run = await fail(project)
        await project.stop()
        other = FLOWS.replace("found = [await plain(1)]", "found = [await plain(9)]")
        write_build(tmp_path, STEPS, other, build_id="b2", fingerprint="g")
        before = await project.log(run)
        message = r"can't go on with build b2: (?s:.*)diverged(?s:.*)Without --build it goes on with b1"
        with pytest.raises(RetryRefusedError, match=message):
            await retry_run(project.client, run.run_id, build="current")
        with pytest.raises(RetryRefusedError, match="can't go on with build b7: there is no build"):
            await retry_run(project.client, run.run_id, build="b7")
        assert await project.log(run) == before
        assert (await retry_run(project.client, run.run_id)).run.build_id == "b1"

    play(tmp_path, test)


def test_a_run_whose_build_is_gone_can_take_the_current_one(tmp_path: Path) -> None:
    """It says so, and which option helps; nobody can tell then whether the workflow has changed."""

    async def test(project: Project) -> None:
        run = await fail(project)
        await project.stop()
        shutil.rmtree(tmp_path / ".wfc" / "builds" / "b1")
        project.client.builds._builds.clear()
        write_build(tmp_path, STEPS, FLOWS, build_id="b2")
        with pytest.raises(RetryRefusedError, match=r"there is no build at .*b1; .*--build current checks"):
            await retry_run(project.client, run.run_id)
        probe.gates["mended"].set()
        retried = await retry_run(project.client, run.run_id, build="current")
        assert (retried.run.build_id, retried.changed) == ("b2", True)
        project.work()
        assert await project.outcome(run) == [1, 2, 3]

    play(tmp_path, test)


def test_a_body_of_the_former_life_counts_for_nothing(tmp_path: Path) -> None:
    """A step that was still running when the run failed is started again; what the old body returns is dropped."""

    async def test(project: Project) -> None:
        run = await fail(project, "beside")
        await probe.noted("body of slow")
        probe.gates["mended"].set()
        await retry_run(project.client, run.run_id)
        await probe.noted("body of slow", 2)
        probe.gates["slow"].set()
        assert await project.outcome(run) == ["slow", 1]
        ends = Counter(e.call_id for e in effective(await project.log(run)) if e.type == "step_completed")
        assert sorted(ends.values()) == [1, 1]

    play(tmp_path, test)


def test_a_parent_is_retried_after_its_child(tmp_path: Path) -> None:
    """The parent was told that the child had failed; retried, it waits for the child's new end."""

    async def test(project: Project) -> None:
        run = await fail(project, "parent")
        runs = await project.store.runs(RunQuery(9, "failed"))
        (child,) = [one for one in runs if one.parent_run_id == run.run_id]
        probe.gates["mended"].set()
        await retry_run(project.client, child.run_id)
        assert await project.outcome(child) == 7
        retried = await retry_run(project.client, run.run_id)
        assert retried.cut.child == child.run_id
        assert await project.outcome(run) == 7

    play(tmp_path, test)


@pytest.mark.parametrize("after", [False, True])
def test_a_retry_that_dies_has_happened_or_not(tmp_path: Path, *, after: bool) -> None:
    """It is one write: before it the run is failed as it was, after it the run goes on."""

    async def test(project: Project) -> None:
        run = await fail(project)
        before = await project.store.run(run.run_id), await project.log(run)
        probe.gates["mended"].set()
        death = Death.AFTER if after else Death.BEFORE
        store: Any = CrashingStore(tmp_path / ".wfc" / "state.db", Place("client", 1, death))
        dying = Client(store, Builds(tmp_path / ".wfc", tmp_path))
        with pytest.raises(ProcessDiedError):
            await retry_run(dying, run.run_id)
        store.bury()
        if not after:
            assert (await project.store.run(run.run_id), await project.log(run)) == before
            await retry_run(project.client, run.run_id)
        assert await project.outcome(run) == [1, 2, 3]

    play(tmp_path, test)


def test_a_crash_at_any_write_after_a_retry_changes_nothing(tmp_path: Path) -> None:
    """The run fails, is retried, and its worker dies at each of its writes; another one finishes."""

    async def life(project: Project, place: Place) -> int:
        async def ended() -> bool:
            return not await project.store.live_runs()

        probe.reset()
        run = await project.start()
        await work_until(tmp_path, NOWHERE, ended, None)
        probe.gates["mended"].set()
        await retry_run(project.client, run.run_id)
        writes = await work_until(tmp_path, place, ended, None)
        if not await ended():
            await work_until(tmp_path, NOWHERE, ended, None)
        where = str(place)
        assert await project.outcome(run) == [1, 2, 3], where
        log = await project.log(run)
        assert [event.seq for event in log] == list(range(1, len(log) + 1)), where
        ends = Counter(e.call_id for e in effective(log) if e.type in ("step_completed", "step_failed"))
        assert set(ends.values()) == {1}, where
        started = Counter(event.call_id for event in log if event.type == "step_started")
        bodies = Counter(probe.notes)
        assert all(bodies[step] <= started[step] for step in bodies), where
        assert await project.store.hooks(run.run_id) == [], where
        assert await project.store.timers(run.run_id) == [], where
        return writes

    async def test(project: Project) -> None:
        writes = await life(project, NOWHERE)
        for at in range(1, writes + 1):
            for death in Death:
                await life(project, Place("worker", at, death))
        assert writes >= 5

    play(tmp_path, test, retries={"plain": 5, "brittle": 1})
