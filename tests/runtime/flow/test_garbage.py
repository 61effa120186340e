"""Runs that have ended or are put aside give their memory back at once: nothing of them is left to the collector."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator

import pytest

import wfc
from tests.runtime import memory_run
from tests.runtime.memory_run import InlineRoute, MemoryRun, work
from wfc.engine.deliveries import StepSucceeded


async def asleep() -> None:
    await wfc.sleep("7 days")


async def at_work() -> None:
    await work("a")


async def in_time() -> None:
    async with asyncio.timeout(60):
        await work("a")


async def with_a_task() -> None:
    task = asyncio.create_task(work("a"))
    await wfc.sleep(1)
    await task


@pytest.fixture(autouse=True)
def uncollected() -> Iterator[None]:
    """Leave it to reference counts."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("ends", [False, True], ids=["parked", "ended"])
@pytest.mark.parametrize("function", [asleep, at_work, in_time, with_a_task])
def test_nothing_is_left_to_the_collector(function: Callable[[], Awaitable[None]], ends: bool) -> None:
    """What holds a run lets go of it, and so do its tasks of what they wait for."""
    route = InlineRoute(function)
    left = [let_go_of(route, ends=ends) for _ in range(3)]
    assert left[1:] == [0, 0]  # the first may have filled caches


def let_go_of(route: InlineRoute, *, ends: bool) -> int:
    """Let a run begin, and end where it can; put it aside, and return how much of it is garbage in cycles."""
    play(route, ends=ends)
    return gc.collect()


def play(route: InlineRoute, *, ends: bool) -> None:
    run = MemoryRun(route).begin()
    for step in [*run.state.steps.values()] if ends else []:
        run.take(StepSucceeded(run.now, step.call_id, step.attempt, b"1"))
    run.state.flow.evict()
    memory_run._made.clear()
