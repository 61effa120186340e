"""What every store promises: ownership, whole transitions, inboxes, hooks, due times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.runtime.store.clock import SECOND, Clock, claimed, event, hook, new_run, step_forward, with_store
from wfc.errors import HookNotFoundError, RunNotFoundError
from wfc.model import Timer, Transition
from wfc.store.protocol import Store

pytestmark = pytest.mark.raw_store("its transitions are made up: no engine has written them")

OpenStore = Callable[[], Store]


def test_a_run_is_created_with_its_first_event(open_store: OpenStore) -> None:
    """create_run writes a pending run that is due, and run_created."""

    async def test(store: Store) -> None:
        run, created = await store.create_run(new_run())
        assert created
        assert (run.status, run.next_seq, run.owner, run.fence) == ("pending", 2, None, 0)
        assert await store.run("r1") == run
        (first,) = await store.events("r1")
        assert (first.seq, first.type, first.payload, first.data) == (1, "run_created", b'{"n":1}', {"zone": "UTC"})
        assert await store.next_due() == run.created_at
        assert await store.live_runs() == 1

    with_store(open_store, test)


def test_creating_twice_gives_the_first(open_store: OpenStore) -> None:
    """The same id, or the same key of the same workflow, finds the run that exists."""

    async def test(store: Store) -> None:
        first, _ = await store.create_run(new_run("r1", key="k"))
        for again in (new_run("r1"), new_run("r2", key="k")):
            assert await store.create_run(again) == (first, False)
        other, created = await store.create_run(replace(new_run("r3", key="k"), workflow_id="workflow//other"))
        assert created
        assert other.run_id == "r3"

    with_store(open_store, test)


def test_a_run_is_claimed_once(open_store: OpenStore) -> None:
    """Two connections that claim at the same time get different runs, each with a new fence."""

    async def test(store: Store) -> None:
        other = open_store()
        for n in range(10):
            await store.create_run(new_run(f"r{n}"))
        mine, theirs = await store.claim("w1", 4), await other.claim("w2", 100)
        assert len(mine) == 4
        assert len(theirs) == 6
        assert not {run.run_id for run in mine} & {run.run_id for run in theirs}
        assert {(run.owner, run.fence) for run in mine} == {("w1", 1)}
        assert await store.claim("w3", 100) == []
        await other.close()

    with_store(open_store, test)


def test_a_transition_is_applied_whole(open_store: OpenStore, clock: Clock) -> None:
    """Events, row, timers and hooks of a transition are all there after the commit."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        change = step_forward(run, event(run, name="a"), event(run, offset=1), status="running", wake_at=clock.now + 5)
        change.timers_added.append(Timer("r1", "wait_1", clock.now + 5))
        change.hook_changes.append(hook(run))
        (done,) = await store.commit([change])
        assert done.run == change.run == await store.run("r1")
        assert [e.data for e in (await store.events("r1"))[1:]] == [{"name": "a"}, {}]
        assert await store.timers("r1") == change.timers_added
        assert await store.hooks("r1") == change.hook_changes
        assert (await store.hook("t")).run_id == "r1"

    with_store(open_store, test)


@pytest.mark.parametrize("stale", ["fence", "owner"])
def test_nothing_of_a_stale_transition_is_applied(open_store: OpenStore, stale: str) -> None:
    """A worker whose run was taken over is refused as a whole; others in the same batch are committed."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        good = await claimed(store, "w1", "r2")
        await store.post("r1", "cancel", {"reason": None})
        (item,) = await store.inbox("w1")
        change = step_forward(run, event(run), status="running")
        change.timers_added.append(Timer("r1", "wait_1", 5))
        change.hook_changes.append(hook(run))
        change.inbox_taken.append(item.item_id)
        if stale == "fence":
            change.run = replace(change.run, fence=0)
        else:
            change.worker = "w2"
        refused, kept = await store.commit([change, step_forward(good, event(good))])
        assert refused.run is None
        assert kept.run is not None
        assert len(await store.events("r1")) == 1
        assert (await store.run("r1")).status == "pending"
        assert await store.timers("r1") == []
        assert await store.hooks("r1") == []
        assert await store.inbox("w1") == [item]
        assert len(await store.events("r2")) == 2

    with_store(open_store, test)


def test_a_released_run_refuses_its_former_owner(open_store: OpenStore) -> None:
    """After release and another claim, the zombie's commit changes nothing."""

    async def test(store: Store) -> None:
        await store.register("w1")
        run = await claimed(store)
        await store.unregister("w1")
        (taken,) = await store.claim("w2", 10)
        assert taken.fence > run.fence
        (late,) = await store.commit([step_forward(run, event(run))])
        assert late.run is None
        (good,) = await store.commit([step_forward(taken, event(taken))])
        assert good.run is not None

    with_store(open_store, test)


def test_the_inbox_keeps_the_order_of_arrival(open_store: OpenStore) -> None:
    """Items of the worker's own runs come in the order in which they were posted, and leave when taken."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        await claimed(store, "w2", "r2")
        change = step_forward(run)
        change.hook_changes.append(hook(run))
        await store.commit([change])
        for n in range(3):
            await store.post_payload("t", str(n).encode())
        await store.post("r1", "cancel", {"reason": "x"})
        await store.post("r2", "cancel", {"reason": "y"})
        items = await store.inbox("w1")
        assert [item.payload for item in items] == [b"0", b"1", b"2", None]
        assert [item.kind for item in items] == ["hook"] * 3 + ["cancel"]
        assert [item.call_id for item in items[:3]] == ["hook_1"] * 3
        change = step_forward(await store.run("r1"))
        change.inbox_taken += [item.item_id for item in items[:2]]
        await store.commit([change])
        assert await store.inbox("w1") == items[2:]

    with_store(open_store, test)


def test_what_arrives_during_a_commit_keeps_the_run_due(open_store: OpenStore, clock: Clock) -> None:
    """A run that is given back while something lies in its inbox is due at once, whatever its owner wrote."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        await store.post("r1", "cancel", {"reason": None})
        await store.commit([step_forward(run, owner=None, wake_at=clock.now + 3600 * SECOND)])
        assert [found.run_id for found in await store.claim("w2", 10)] == ["r1"]

    with_store(open_store, test)


def test_a_token_belongs_to_one_live_run(open_store: OpenStore) -> None:
    """The second run that asks for a token finds a conflict in its inbox; the first keeps it."""

    async def test(store: Store) -> None:
        first, second = await claimed(store), await claimed(store, "w1", "r2")
        for run, hook_id in ((first, "hook_1"), (second, "hook_2")):
            change = step_forward(run)
            change.hook_changes.append(hook(run, hook_id=hook_id))
            await store.commit([change])
        (item,) = await store.inbox("w1")
        assert (item.run_id, item.kind, item.call_id) == ("r2", "hook_conflict", "hook_2")
        assert item.data == {"token": "t", "conflictingRunId": "r1"}
        assert (await store.hook("t")).run_id == "r1"

    with_store(open_store, test)


def test_a_refused_hook_cannot_give_the_token_away(open_store: OpenStore) -> None:
    """A run that asks twice for a token and disposes of the refused hook keeps the first one."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        change = step_forward(run)
        change.hook_changes += [hook(run), hook(run, hook_id="hook_2"), "hook_2"]
        await store.commit([change])
        assert (await store.hook("t")).hook_id == "hook_1"

    with_store(open_store, test)


def test_a_token_can_be_asked_for_again(open_store: OpenStore) -> None:
    """Given back and asked for in one transition: the new hook holds it."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        change = step_forward(run)
        change.hook_changes += [hook(run), "hook_1", hook(run, hook_id="hook_2")]
        await store.commit([change])
        assert (await store.hook("t")).hook_id == "hook_2"

    with_store(open_store, test)


def test_a_hook_given_back_drains_its_payloads(open_store: OpenStore) -> None:
    """Accepted payloads that the run has not taken become events that say so, behind those of the transition."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        change = step_forward(run)
        change.hook_changes.append(hook(run))
        await store.commit([change])
        for payload in (b"1", b"2"):
            await store.post_payload("t", payload)
        run = await store.run("r1")
        change = step_forward(run, event(run, "hook_disposed"))
        change.hook_changes.append("hook_1")
        (done,) = await store.commit([change])
        events = await store.events("r1")
        assert [e.type for e in events[1:]] == ["hook_disposed", "hook_received", "hook_received"]
        assert [e.payload for e in events[2:]] == [b"1", b"2"]
        assert all(e.data["delivered"] is False for e in events[2:])
        assert [e.seq for e in events] == [1, 2, 3, 4]
        assert done.run is not None
        assert done.run.next_seq == (await store.run("r1")).next_seq == 5
        assert await store.inbox("w1") == []
        with pytest.raises(HookNotFoundError):
            await store.post_payload("t", b"3")

    with_store(open_store, test)


def test_the_end_of_a_run_clears_what_it_left(open_store: OpenStore) -> None:
    """Timers and inbox of a run that has ended are gone, and nothing more can be posted."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        change = step_forward(run)
        change.timers_added.append(Timer("r1", "wait_1", 5))
        await store.commit([change])
        await store.post("r1", "cancel", {"reason": None})
        run = await store.run("r1")
        await store.commit([step_forward(run, event(run), status="completed", owner=None, output=b"1")])
        assert await store.timers("r1") == []
        assert (await store.post("r1", "cancel", {"reason": None})).is_terminal
        assert await store.inbox("w1") == []
        assert await store.claim("w1", 10) == []
        assert await store.live_runs() == 0

    with_store(open_store, test)


def test_due_times(open_store: OpenStore, clock: Clock) -> None:
    """next_due is the earliest of free runs; a run is claimed no sooner than it is due; posting makes it due."""

    async def test(store: Store) -> None:
        for run_id, seconds in (("r1", 20), ("r2", 10)):
            run = await claimed(store, "w1", run_id)
            await store.commit([step_forward(run, owner=None, wake_at=clock.now + seconds * SECOND)])
        assert await store.next_due() == clock.now + 10 * SECOND
        assert await store.claim("w1", 10) == []
        clock.now += 10 * SECOND
        assert [run.run_id for run in await store.claim("w1", 10)] == ["r2"]
        await store.post("r1", "cancel", {"reason": None})
        assert await store.next_due() == clock.now
        assert [run.run_id for run in await store.claim("w1", 10)] == ["r1"]
        assert await store.next_due() is None

    with_store(open_store, test)


def test_skipping_ahead_moves_the_clock_for_good(open_store: OpenStore, clock: Clock) -> None:
    """skip_ahead adds what a parked run waits for to its offset; a run that waits for no time stays."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        assert not await store.skip_ahead("r1")
        await store.commit([step_forward(run, owner=None, wake_at=clock.now + 70 * SECOND)])
        assert await store.skip_ahead("r1")
        assert not await store.skip_ahead("r1")
        assert (await store.run("r1")).clock_offset == 70 * SECOND
        assert len(await store.claim("w1", 10)) == 1

    with_store(open_store, test)


def test_unknown_names_are_errors(open_store: OpenStore) -> None:
    """A run or token that nobody knows is said to be unknown."""

    async def test(store: Store) -> None:
        for call in (store.run("x"), store.post("x", "cancel", {})):
            with pytest.raises(RunNotFoundError, match="'x'"):
                await call
        for hook_call in (store.hook("x"), store.post_payload("x", b"")):
            with pytest.raises(HookNotFoundError, match="'x'"):
                await hook_call
        assert await store.events("x") == []

    with_store(open_store, test)


def test_a_value_that_does_not_fit_leaves_the_rest_alone(open_store: OpenStore) -> None:
    """A transition that the database refuses is an error that leaves nothing of its batch behind."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        change = step_forward(run, event(run))
        change.timers_added.append(Timer("r1", "wait_1", 2**70))
        with pytest.raises(Exception, match=r".") as caught:
            await store.commit([change])
        assert type(caught.value).__name__ != "StoreError"
        assert len(await store.events("r1")) == 1
        (done,) = await store.commit([Transition("w1", run)])
        assert done.run is not None

    with_store(open_store, test)


def test_a_conflict_in_the_last_transition_wakes_nobody(open_store: OpenStore) -> None:
    """A run that ends in the turn in which it asks for a token held by another has ended for good."""

    async def test(store: Store) -> None:
        first, second = await claimed(store), await claimed(store, "w1", "r2")
        change = step_forward(first)
        change.hook_changes.append(hook(first))
        await store.commit([change])
        change = step_forward(second, event(second), status="completed", owner=None, output=b"1")
        change.hook_changes += [hook(second, hook_id="hook_2"), "hook_2"]
        (done,) = await store.commit([change])
        assert done.run == await store.run("r2") == change.run
        assert await store.next_due() is None

    with_store(open_store, test)
