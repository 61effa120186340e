"""What every store promises about the removal of old runs: all that is theirs, nothing that is needed, in pieces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.runtime.store.clock import SECOND, Clock, event, hook, new_run, step_forward, with_store
from wfc.errors import RunNotFoundError
from wfc.model import Run
from wfc.store.protocol import Pruned, RunQuery, Store

pytestmark = pytest.mark.raw_store("its transitions are made up: no engine has written them")

OpenStore = Callable[[], Store]
EVERYTHING = 10**18


async def made(store: Store, run_id: str, status: str = "completed", **more: Any) -> Run:
    """Start a run and bring it to this status."""
    await store.create_run(replace(new_run(run_id), **more))
    (run,) = await store.claim("w1", 1)
    ended = status in ("completed", "failed", "cancelled")
    change = step_forward(run, event(run), status=status, owner=None, completed_at=run.updated_at if ended else None)
    change.attributes["who"] = run_id
    if not ended:
        change.hook_changes.append(hook(run, token=run_id))
    await store.commit([change])
    await store.write_chunks(run_id, "s", [b"x"])
    return await store.run(run_id)


async def prune_all(store: Store, before: int = EVERYTHING, *, dry_run: bool = False) -> tuple[int, int, int]:
    """Prune to the end; return how many runs and events went in how many calls."""
    runs = events = calls = 0
    cursor = None
    while True:
        pruned = await store.prune(before, cursor=cursor, dry_run=dry_run)
        runs, events, calls, cursor = runs + pruned.runs, events + pruned.events, calls + 1, pruned.cursor
        if cursor is None:
            return runs, events, calls


async def left(store: Store) -> list[str]:
    return sorted(run.run_id for run in await store.runs(RunQuery(1000)))


def test_nothing_of_an_old_run_is_left(open_store: OpenStore, clock: Clock) -> None:
    """Events, attributes and streams go with it; its id and key are free."""

    async def test(store: Store) -> None:
        for status in ("completed", "failed", "cancelled"):
            await made(store, status, status, idempotency_key=status)
        assert await prune_all(store) == (3, 6, 1)
        assert await left(store) == []
        for run_id in ("completed", "failed", "cancelled"):
            with pytest.raises(RunNotFoundError):
                await store.run(run_id)
            assert await store.events(run_id) == []
            assert await store.attributes(run_id) == {}
            assert await store.streams(run_id) == []
            assert await store.chunks(run_id, "s", 0, 10) == []
        _, created = await store.create_run(replace(new_run("completed"), idempotency_key="completed"))
        assert created
        assert await store.events("completed") != []

    with_store(open_store, test)


def test_what_lives_or_ended_later_stays(open_store: OpenStore, clock: Clock) -> None:
    """A run is as old as its end, however long ago it was started, and whatever its own clock says."""

    async def test(store: Store) -> None:
        await made(store, "old", clock_offset=365 * 86_400 * SECOND)
        waiting = await made(store, "waiting", "running")
        clock.now += 10 * SECOND
        border = clock.now
        await store.post(waiting.run_id, "cancel", {})
        (run,) = await store.claim("w1", 1)
        await store.commit([step_forward(run, event(run), status="completed", owner=None, updated_at=clock.now)])
        await made(store, "live", "running")
        await made(store, "late")
        assert await prune_all(store, border) == (1, 2, 1)
        assert await left(store) == ["late", "live", "waiting"]
        assert (await store.hook("live")).run_id == "live"

    with_store(open_store, test)


@pytest.mark.parametrize("parent", ["running", "late"])
def test_a_child_stays_while_its_parent_may_ask(open_store: OpenStore, clock: Clock, parent: str) -> None:
    """The parent lives, or hasn't ended long ago: it may still be retried."""

    async def test(store: Store) -> None:
        await made(store, "parent", "running")
        await made(store, "child", parent_run_id="parent")
        clock.now += 10 * SECOND
        if parent == "late":
            await store.post("parent", "cancel", {})
            (run,) = await store.claim("w1", 1)
            await store.commit([step_forward(run, event(run), status="failed", owner=None, updated_at=clock.now)])
        assert (await prune_all(store, clock.now))[0] == 0
        assert await left(store) == ["child", "parent"]

    with_store(open_store, test)


def test_families_go_together(open_store: OpenStore) -> None:
    """A parent that has ended goes with its children, and one that is gone holds nobody."""

    async def test(store: Store) -> None:
        await made(store, "parent")
        await made(store, "child", parent_run_id="parent")
        await made(store, "grandchild", parent_run_id="child")
        await made(store, "orphan", parent_run_id="nobody")
        assert (await prune_all(store))[0] == 4
        assert await left(store) == []

    with_store(open_store, test)


def test_a_call_is_short(open_store: OpenStore) -> None:
    """It looks at some hundred runs, and removes few enough events: many runs take many calls."""

    async def test(store: Store) -> None:
        for n in range(700):
            await store.create_run(new_run(f"r{n}"))
        changes = [
            step_forward(run, *(event(run, offset=k) for k in range(9)), status="completed", owner=None)
            for run in await store.claim("w1", 1000)
        ]
        await store.commit(changes)
        first = await store.prune(EVERYTHING)
        assert 0 < first.events <= 2_010
        assert first.cursor is not None
        runs, events, calls = await prune_all(store)
        assert (first.runs + runs, first.events + events) == (700, 7000)
        assert calls >= 3
        assert await left(store) == []

    with_store(open_store, test)


def test_live_runs_are_passed_over_once(open_store: OpenStore) -> None:
    """The cursor leads past them: a round ends, and finds what is old behind them."""

    async def test(store: Store) -> None:
        for n in range(1100):
            await store.create_run(new_run(f"live{n:04}"))
        owned = await store.claim("w1", 2000)
        await store.commit([step_forward(run, status="running", owner=None) for run in owned])
        await made(store, "z")
        assert (await prune_all(store))[::2] == (1, 3)

    with_store(open_store, test)


def test_a_dry_run_removes_nothing(open_store: OpenStore) -> None:
    """It counts what would be removed."""

    async def test(store: Store) -> None:
        await made(store, "old")
        assert await prune_all(store, dry_run=True) == (1, 2, 1)
        assert await left(store) == ["old"]
        assert await store.prune(0) == Pruned(0, 0, None)

    with_store(open_store, test)


def test_builds_that_runs_need(open_store: OpenStore) -> None:
    """Those of live runs, and of failed ones, which may be retried."""

    async def test(store: Store) -> None:
        for status in ("completed", "failed", "cancelled", "running"):
            await made(store, status, status, build_id=f"b-{status}")
        await store.create_run(replace(new_run("pending"), build_id="b-pending"))
        assert await store.builds_in_use() == {"b-failed", "b-running", "b-pending"}

    with_store(open_store, test)
