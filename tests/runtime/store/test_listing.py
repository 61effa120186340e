"""Every store lists runs in pages, by status, workflow and attributes, without their large results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.runtime.store.clock import Clock, claimed, new_run, step_forward, with_store
from wfc.store.protocol import LISTED_BYTES, RunQuery, Store

pytestmark = pytest.mark.raw_store("its transitions are made up: no engine has written them")

OpenStore = Callable[[], Store]


def test_runs_are_listed_newest_first(open_store: OpenStore, clock: Clock) -> None:
    """Pages follow one another without gap or repetition, also among runs of one instant."""

    async def test(store: Store) -> None:
        for n in range(7):
            await store.create_run(new_run(f"r{n}"))
            clock.now += n % 2
        seen: list[str] = []
        before = None
        while page := await store.runs(RunQuery(3, before=before)):
            seen += [run.run_id for run in page]
            before = (page[-1].created_at, page[-1].run_id)
        assert len(seen) == len(set(seen)) == 7
        assert seen[0] == "r6"
        assert await store.runs(RunQuery(3, "completed")) == []
        assert len(await store.runs(RunQuery(9, "pending"))) == 7

    with_store(open_store, test)


@pytest.mark.parametrize(
    ("workflow", "found"),
    [
        ("workflow//app.a//pay", {"r1"}),
        ("pay", {"r1", "r2"}),
        ("app.b//pay", {"r2"}),
        ("ay", set()),
        ("repay", {"r3"}),
        ("%", set()),
        ("", set()),
    ],
)
def test_runs_are_found_by_their_workflow(open_store: OpenStore, workflow: str, found: set[str]) -> None:
    """A full id, or whole parts of its end."""

    async def test(store: Store) -> None:
        for id_, name in (("r1", "app.a//pay"), ("r2", "app.b//pay"), ("r3", "app.a//repay")):
            await store.create_run(replace(new_run(id_), workflow_id=f"workflow//{name}"))
        assert {run.run_id for run in await store.runs(RunQuery(9, workflow=workflow))} == found

    with_store(open_store, test)


def test_runs_are_found_by_all_of_several_attributes(open_store: OpenStore) -> None:
    """Each has to be there, with the value that is asked for."""

    async def test(store: Store) -> None:
        for id_, attributes in (
            ("r1", {"customer": "42", "tier": "gold"}),
            ("r2", {"customer": "42"}),
            ("r3", {"customer": "7", "tier": "gold"}),
            ("r4", {}),
        ):
            await store.create_run(replace(new_run(id_), attributes=attributes))

        async def found(**attributes: str) -> set[str]:
            return {run.run_id for run in await store.runs(RunQuery(9, attributes=attributes))}

        assert await found(customer="42") == {"r1", "r2"}
        assert await found(customer="42", tier="gold") == {"r1"}
        assert await found(customer="42", tier="lead") == set()
        assert await found() == {"r1", "r2", "r3", "r4"}

    with_store(open_store, test)


@pytest.mark.parametrize(("size", "listed"), [(LISTED_BYTES, True), (LISTED_BYTES + 1, False)])
def test_large_results_are_left_out_of_lists(open_store: OpenStore, size: int, listed: bool) -> None:
    """The run by itself has its result; a page of runs need not hold fifty of them in memory."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        await store.commit([step_forward(run, status="completed", owner=None, output=b"x" * size)])
        (found,) = await store.runs(RunQuery(9))
        assert (found.output is not None) is listed
        assert (await store.run("r1")).output == b"x" * size
        assert found == replace(await store.run("r1"), output=found.output)

    with_store(open_store, test)
