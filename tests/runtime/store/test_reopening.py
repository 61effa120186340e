"""What every store promises about a failed run that is brought back: whole, once, and with all that it had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.runtime.store.clock import SECOND, Clock, claimed, event, hook, new_run, step_forward, with_store
from wfc.model import Event, InboxItem, Question, Run, Timer, Transition
from wfc.store.protocol import Store

pytestmark = pytest.mark.raw_store("its transitions are made up: no engine has written them")

OpenStore = Callable[[], Store]


async def failed(store: Store, run_id: str = "r1") -> Run:
    """Create a run that has an attribute and has failed."""
    run = await claimed(store, "w1", run_id)
    change = step_forward(run, event(run), status="failed", owner=None, error=b"no", completed_at=run.updated_at)
    change.attributes["old"] = "1"
    await store.commit([change])
    return await store.run(run_id)


def reopening(run: Run, clock: Clock) -> Transition:
    row = replace(
        run,
        status="running",
        updated_at=clock.now,
        next_seq=run.next_seq + 1,
        fence=run.fence + 1,
        wake_at=clock.now,
        error=None,
        completed_at=None,
    )
    return Transition("retry_1", row, [Event(run.next_seq, "run_reopened", clock.now, data={"cut": 1, "build": "b1"})])


def item(run: Run, at: int, payload: bytes = b"1") -> InboxItem:
    return InboxItem(0, run.run_id, "step_completed", at, "step_1", {}, payload)


def test_a_failed_run_is_live_again(open_store: OpenStore, clock: Clock) -> None:
    """Row, event, timers, hooks, attributes and inbox come with one commit, and a worker claims the run."""

    async def test(store: Store) -> None:
        run = await failed(store)
        clock.now += 5 * SECOND
        change = reopening(run, clock)
        change.timers_added.append(Timer("r1", "wait_1", clock.now))
        change.hook_changes.append(hook(run))
        change.attributes["new"] = "2"
        done = await store.reopen(change, [item(run, run.updated_at), item(run, clock.now, b"2")])
        assert done.run == await store.run("r1")
        assert done.run is not None
        assert (done.run.status, done.run.error, done.run.completed_at, done.run.owner) == ("running", None, None, None)
        assert [e.type for e in await store.events("r1")] == ["run_created", "step_created", "run_reopened"]
        assert await store.timers("r1") == change.timers_added
        assert (await store.hook("t")).run_id == "r1"
        assert await store.attributes("r1") == {"new": "2"}
        assert await store.live_runs() == 1
        (claimed_again,) = await store.claim("w2", 10)
        assert claimed_again.fence > done.run.fence
        items = await store.inbox("w2")
        assert [(one.kind, one.at, one.payload) for one in items] == [
            ("step_completed", run.updated_at, b"1"),
            ("step_completed", clock.now, b"2"),
        ]

    with_store(open_store, test)


@pytest.mark.parametrize("status", ["running", "completed", "cancelled"])
def test_only_a_failed_run_is_brought_back(open_store: OpenStore, clock: Clock, status: str) -> None:
    """Any other stays as it is, whatever the transition says."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        await store.commit([step_forward(run, event(run), status=status, owner=None)])
        before = await store.run("r1")
        done = await store.reopen(reopening(before, clock), [item(before, clock.now)])
        assert done.run is None
        assert await store.run("r1") == before
        assert len(await store.events("r1")) == 2
        assert await store.next_due() is None

    with_store(open_store, test)


def test_of_two_retries_the_first_counts(open_store: OpenStore, clock: Clock) -> None:
    """The second, made from the same row, changes nothing; nor does one after the run has failed again."""

    async def test(store: Store) -> None:
        run = await failed(store)
        first = await store.reopen(reopening(run, clock), [])
        assert first.run is not None
        assert (await store.reopen(reopening(run, clock), [item(run, clock.now)])).run is None
        (again,) = await store.claim("w2", 10)
        assert await store.inbox("w2") == []
        await store.commit([step_forward(again, event(again), status="failed", owner=None)])
        assert (await store.reopen(reopening(run, clock), [])).run is None
        last = await store.run("r1")
        assert (await store.reopen(reopening(last, clock), [])).run is not None
        assert [e.seq for e in await store.events("r1")] == [1, 2, 3, 4, 5]

    with_store(open_store, test)


def test_a_worker_of_the_former_life_is_refused(open_store: OpenStore, clock: Clock) -> None:
    """Who owned the run when it failed has no say in it after the retry."""

    async def test(store: Store) -> None:
        zombie = await claimed(store)
        await store.commit([step_forward(zombie, event(zombie), status="failed", owner=None)])
        await store.reopen(reopening(await store.run("r1"), clock), [])
        (late,) = await store.commit([step_forward(zombie, event(zombie))])
        assert late.run is None

    with_store(open_store, test)


def test_a_token_that_was_taken_meanwhile_is_a_conflict(open_store: OpenStore, clock: Clock) -> None:
    """The run hears of it through its inbox, after what it is given again."""

    async def test(store: Store) -> None:
        run = await failed(store)
        other = await claimed(store, "w1", "r2")
        change = step_forward(other)
        change.hook_changes.append(hook(other, hook_id="hook_2"))
        await store.commit([change])
        change = reopening(run, clock)
        change.hook_changes.append(hook(run))
        await store.reopen(change, [item(run, run.updated_at)])
        await store.claim("w2", 10)
        again, conflict = await store.inbox("w2")
        assert again.kind == "step_completed"
        assert (conflict.kind, conflict.call_id) == ("hook_conflict", "hook_1")
        assert conflict.data == {"token": "t", "conflictingRunId": "r2"}

    with_store(open_store, test)


def test_questions_are_asked_again(open_store: OpenStore, clock: Clock) -> None:
    """A child that has been retried itself is waited for: its end is told when it comes."""

    async def test(store: Store) -> None:
        child, parent = await failed(store, "c1"), await failed(store)
        await store.reopen(reopening(child, clock), [])
        change = reopening(parent, clock)
        change.questions.append(Question("q1", "end", "c1"))
        await store.reopen(change, [])
        owned = {run.run_id: run for run in await store.claim("w2", 10)}
        assert await store.inbox("w2") == []
        now = owned["c1"]
        await store.commit(
            [step_forward(replace(now, owner="w2"), event(now), status="completed", owner=None, output=b"7")]
        )
        (told,) = await store.inbox("w2")
        assert (told.run_id, told.call_id, told.payload) == ("r1", "q1", b"7")

    with_store(open_store, test)


def test_the_key_of_a_failed_run_stays_its_own(open_store: OpenStore, clock: Clock) -> None:
    """Starting with its idempotency key finds the run that goes on."""

    async def test(store: Store) -> None:
        await store.create_run(new_run("r1", key="k"))
        (run,) = await store.claim("w1", 10)
        await store.commit([step_forward(run, event(run), status="failed", owner=None)])
        await store.reopen(reopening(await store.run("r1"), clock), [])
        found, created = await store.create_run(new_run("r2", key="k"))
        assert (found.run_id, found.status, created) == ("r1", "running", False)

    with_store(open_store, test)
