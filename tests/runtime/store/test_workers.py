"""What every store promises about workers: who has died or stopped loses its runs; who can't go on with one says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.runtime.store.clock import SECOND, Clock, claimed, step_forward, with_store
from wfc.errors import StoreError
from wfc.store.protocol import Store

OpenStore = Callable[[], Store]

pytestmark = pytest.mark.raw_store("writes what a store has to keep, and not what an engine would write")


def test_a_stopped_worker_loses_its_runs(open_store: OpenStore, clock: Clock) -> None:
    """Without a heartbeat for a minute a worker counts as stopped, although its process lives."""

    async def test(store: Store) -> None:
        await store.register("w1")
        await claimed(store)
        clock.now += 59 * SECOND
        assert await store.release_dead("w2") == 0
        await store.heartbeat("w1")
        clock.now += 59 * SECOND
        assert await store.release_dead("w2") == 0
        clock.now += 2 * SECOND
        assert await store.release_dead("w2") == 1
        assert len(await store.claim("w2", 10)) == 1

    with_store(open_store, test)


def test_the_workers_of_a_closed_store_are_dead(open_store: OpenStore) -> None:
    """What they own goes on elsewhere at once, and their store takes no further call."""

    async def test(store: Store) -> None:
        process = open_store()
        await process.register("w1")
        await claimed(process)
        assert await store.release_dead("w2") == 0
        await process.close()
        assert await store.release_dead("w2") == 1
        assert [run.run_id for run in await store.claim("w2", 10)] == ["r1"]
        with pytest.raises(StoreError):
            await process.heartbeat("w1")
        with pytest.raises(StoreError):
            await process.events("r1")

    with_store(open_store, test)


def test_a_blocked_run_waits_for_a_worker_that_may_continue_it(open_store: OpenStore) -> None:
    """block sets a run aside with the reason; the next worker that starts tries it again."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        await store.block(run, "diverged")
        assert (await store.run("r1")).blocked == "diverged"
        assert (await store.run("r1")).status == "pending"
        assert await store.claim("w1", 10) == []
        assert await store.retry_blocked() == 1
        (again,) = await store.claim("w2", 10)
        await store.block(run, "an old owner has no say")
        assert (await store.run("r1")).owner == "w2"
        await store.commit([step_forward(again)])
        assert (await store.run("r1")).blocked is None

    with_store(open_store, test)


def test_a_released_run_stays_due_since_when_it_was(open_store: OpenStore, clock: Clock) -> None:
    """Whoever releases it may have a clock that is ahead: the others must not wait until theirs are there."""

    async def test(store: Store) -> None:
        await store.register("w1")
        run = await claimed(store)
        due = clock.now + 5 * SECOND
        await store.commit([step_forward(run, wake_at=due)])
        clock.now += 3600 * SECOND
        await store.unregister("w1")
        assert await store.next_due() == due
        clock.now = due
        assert [found.run_id for found in await store.claim("w2", 10)] == ["r1"]

    with_store(open_store, test)
