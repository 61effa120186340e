"""Transitions of which the row's next events are all that changes: a store may write them for less, not differently."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.runtime.handmade import open_project, write_build
from tests.runtime.store.clock import Clock, claimed, event, step_forward, with_store
from wfc.model import Run, Transition
from wfc.store.protocol import Committed, Store
from wfc.store.sqlite.store import SqliteStore

OpenStore = Callable[[], Store]


def growing(run: Run) -> Transition:
    change = step_forward(run, event(run))
    change.only_grows = True
    return change


@pytest.mark.raw_store("its transitions are made up: no engine has written them")
@pytest.mark.parametrize("stale", ["fence", "owner"])
def test_one_that_was_taken_over_is_refused_alone(open_store: OpenStore, stale: str) -> None:
    """Of a batch, the transition of a run that has another owner now is refused, and the others are applied."""

    async def test(store: Store) -> None:
        runs = [await claimed(store, "w1", f"r{n}") for n in range(3)]
        changes = [growing(run) for run in runs]
        if stale == "fence":
            changes[1].run = replace(changes[1].run, fence=0)
        else:
            changes[1].worker = "w2"
        done = await store.commit(changes)
        assert [committed.run for committed in done] == [changes[0].run, None, changes[2].run]
        assert [len(await store.events(run.run_id)) for run in runs] == [2, 1, 2]
        assert await store.run("r0") == changes[0].run
        assert await store.run("r1") == runs[1]

    with_store(open_store, test)


@pytest.mark.raw_store("its transitions are made up: no engine has written them")
def test_a_run_that_was_lost_and_claimed_again_is_there_once(open_store: OpenStore) -> None:
    """Of two transitions in a batch, that of the claim that was lost is refused, in either order."""

    async def test(store: Store) -> None:
        run = await claimed(store, "w1", "r1")
        lost, again = growing(replace(run, fence=run.fence - 1)), growing(run)
        done = await store.commit([lost, again])
        assert [committed.run for committed in done] == [None, again.run]
        done = await store.commit([growing(again.run), growing(replace(again.run, fence=run.fence - 1))])
        assert [committed.run is None for committed in done] == [False, True]
        assert [event.seq for event in await store.events("r1")] == [1, 2, 3]

    with_store(open_store, test)


@pytest.mark.raw_store("its transitions are made up: no engine has written them")
def test_what_arrives_meanwhile_keeps_the_run_due(open_store: OpenStore, clock: Clock) -> None:
    """A run whose inbox holds what the transition has not taken is due at once."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        await store.post("r1", "cancel", {})
        await store.commit([growing(run)])
        assert (await store.run("r1")).wake_at == clock.now

    with_store(open_store, test)


class Watched(SqliteStore):
    """Compares the row with what the engine wants it to be, after each transition."""

    grown = 0

    async def commit(self, transitions: Sequence[Transition]) -> list[Committed]:
        done = await super().commit(transitions)
        for change, committed in zip(transitions, done, strict=True):
            assert committed.run is not None
            row = await self.run(change.run.run_id)
            assert replace(row, wake_at=None) == replace(change.run, wake_at=None)
            Watched.grown += change.only_grows
        return done


STEPS = """
@wf.step
async def flaky(n: int) -> int:
    if wfc.get_step_metadata().attempt == 1:
        raise ValueError("once")
    return n

@wf.step
async def gated(name: str) -> str:
    await probe.gate(name)
    return name
"""
FLOWS = """
@dataclass
class Answer(wfc.BaseHook):
    n: int

@wf.workflow
async def main(n: int) -> int:
    total = sum(await asyncio.gather(*(flaky(i) for i in range(n))))
    await wfc.sleep(0.01)
    answer = await Answer.wait(token="t")
    try:
        async with asyncio.timeout(0.05):
            await gated("never")
    except TimeoutError:
        return total + await flaky(answer.n)
    raise RuntimeError("the gate was never opened")
"""


@pytest.mark.parametrize("meanwhile", ["blocked", "moved"])
def test_the_row_is_what_the_engine_says(tmp_path: Path, meanwhile: str) -> None:
    """Through steps, retries, sleeps, hooks, parking, blocking, moving and the end, no column is left behind."""
    write_build(tmp_path, STEPS, FLOWS, retries={"flaky": 2})

    async def main() -> None:
        async with open_project(tmp_path, Watched(tmp_path / ".wfc" / "state.db")) as project:
            run = await project.start(n=5)
            project.work(concurrency=2, parked=0)
            await project.until(lambda: project.store.hooks(run.run_id), "the hook")
            await project.stop()
            await project.client.resume("t", {"n": 7})
            if meanwhile == "moved":
                write_build(tmp_path, STEPS, FLOWS, retries={"flaky": 2}, build_id="b2")
            else:
                (owned,) = await project.store.claim("w1", 1)
                await project.store.block(owned, "for a test")
            project.work(concurrency=2, parked=0)
            assert await project.outcome(run) == 17
            assert Watched.grown > 3
            ended = await project.store.run(run.run_id)
            assert (ended.build_id, ended.blocked) == ("b2" if meanwhile == "moved" else "b1", None)

    asyncio.run(main())
