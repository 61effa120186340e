"""The lines that a diverged replay names: where the workflow makes each of its calls."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import wfc
from tests.runtime.memory_run import MemoryRun, work
from wfc.engine.replay import rebuild
from wfc.flow.placed import PlacedRun

LINES = Path(__file__).read_text(encoding="utf-8").splitlines()


@dataclass
class Ping(wfc.BaseHook):
    n: int = 0


async def directly() -> None:
    await work("a")  # here


async def in_a_helper() -> None:
    await helper()


async def helper() -> None:
    await work("a")  # here


async def gathered() -> None:
    await asyncio.gather(
        work("a"),  # here
        work("b"),  # here
    )


async def as_a_task() -> None:
    task = asyncio.create_task(work("a"))  # here
    await task


async def stored() -> None:
    call = work("a")
    await call  # here


async def slept() -> None:
    await wfc.sleep(1)  # here


async def timed() -> None:
    async with asyncio.timeout(5):  # here
        await work("a")  # here


async def hooked() -> None:
    await Ping.wait(token="t")  # here


async def attributed() -> None:
    await wfc.set_attributes(a="1")  # here
    await asyncio.sleep(1)  # here


@pytest.mark.parametrize(
    "workflow", [directly, in_a_helper, gathered, as_a_task, stored, slept, timed, hooked, attributed]
)
def test_each_call_has_its_line(workflow: Callable[[], Awaitable[Any]]) -> None:
    """It is the user's own line, whatever of asyncio stands in between."""
    run = MemoryRun(workflow).begin()
    made: list[PlacedRun] = []

    def make(*args: Any) -> PlacedRun:
        made.append(PlacedRun(*args))
        return made[-1]

    rebuild(run.route, run.state.run, run.log, make_flow=make).flow.evict()
    places = [made[0].place_of(command) for command, _ in made[0]._places]
    assert places
    for place in places:
        file, _, line = place.rpartition(":")
        assert file == __file__
        assert "# here" in LINES[int(line) - 1], place


def test_nothing_is_left_switched_on() -> None:
    """Coroutines remember where they were made in such a replay only: that costs time."""
    run = MemoryRun(directly).begin()
    rebuild(run.route, run.state.run, run.log, make_flow=PlacedRun).flow.evict()
    assert sys.get_coroutine_origin_tracking_depth() == 0
