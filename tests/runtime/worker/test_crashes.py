"""Crash sweep: a worker that dies before or after any of its writes loses nothing and repeats nothing that is done.

Every scenario is run once without a crash, to count its writes; then once for each write, with the worker dying just
before it or just after it, and another worker finishing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.runtime import probe
from tests.runtime.handmade import Project, open_project, write_build
from tests.runtime.worker.crashing import play
from wfc.codec import Codec
from wfc.model import Run

STEPS = """
def seen():
    probe.note(wfc.get_step_metadata().step_id)

@wf.step
async def plain(n: int) -> int:
    seen()
    return n

@wf.step
async def flaky(n: int) -> int:
    seen()
    if wfc.get_step_metadata().attempt < 2:
        raise ValueError("once")
    return n

@wf.step
async def slow() -> str:
    seen()
    await probe.gates["never"].wait()
    return "slow"
"""
FLOWS = """
@dataclass
class Ping(wfc.BaseHook):
    n: int

@wf.workflow
async def steps() -> list[int]:
    first = await plain(1)
    return [first, *(await asyncio.gather(flaky(2), plain(3), flaky(4)))]

@wf.workflow
async def sleeps() -> int:
    total = await plain(1)
    await wfc.sleep("1d")
    async with asyncio.timeout(3600):
        total += await plain(2)
    await wfc.sleep("7 days")
    return total

@wf.workflow
async def hooked() -> list[int]:
    got = []
    async with _flow.cm(_flow.run(), Ping.wait(token="t")) as hook:
        async for ping in hook:
            got.append(await plain(ping.n))
            if len(got) == 2:
                break
    return got

@wf.workflow
async def cancelled() -> str:
    _wfc_run = _flow.run()
    try:
        return await slow()
    finally:
        if _wfc_run.live:
            await plain(1)
            await flaky(2)
"""


async def nothing(project: Project, run: Run) -> None:
    """Nobody outside takes part."""


async def two_pings(project: Project, run: Run) -> None:
    for n in (1, 2):
        await project.until(lambda: project.store.hooks(run.run_id), "the hook")
        await project.store.post_payload("t", Codec().encode({"n": n}))


async def cancel_when_slow(project: Project, run: Run) -> None:
    async def running() -> bool:
        return any(event.type == "step_started" for event in await project.log(run))

    await project.until(running, "the step")
    await project.store.post(run.run_id, "cancel", {"reason": "enough"})


@dataclass(frozen=True)
class Scenario:
    workflow: str
    outcome: Any
    outside: Callable[[Project, Run], Awaitable[None]] = nothing
    fast_forward: bool = False


SCENARIOS = [
    Scenario("steps", [1, 2, 3, 4]),
    Scenario("sleeps", 3, fast_forward=True),
    Scenario("hooked", [1, 2], two_pings),
    Scenario("cancelled", "cancelled", cancel_when_slow),
]


async def sweep(root: Path, scenario: Scenario) -> int:
    """Play the scenario with a crash at every write; return at how many places."""
    async with open_project(root) as project:
        writes = await check(project, scenario, 0, after=False)
        places = [(at, after) for at in range(1, writes + 1) for after in (False, True)]
        for at, after in places:
            await check(project, scenario, at, after=after)
        return len(places)


async def check(project: Project, scenario: Scenario, at: int, *, after: bool) -> int:
    probe.reset()
    run = await project.start(scenario.workflow)
    options = {"after": after, "fast_forward": scenario.fast_forward}
    writes = await play(project, run, scenario.outside, at, **options)
    where = f"{scenario.workflow}, write {at}, {'after' if after else 'before'}"
    assert await project.outcome(run) == scenario.outcome, where
    events = await project.log(run)
    assert [event.seq for event in events] == list(range(1, len(events) + 1)), where
    ends = Counter(event.call_id for event in events if event.type in ("step_completed", "step_failed"))
    assert set(ends.values()) <= {1}, where
    attempts = Counter(event.call_id for event in events if event.type == "step_started")
    bodies = Counter(probe.notes)
    assert all(bodies[step] <= attempts[step] for step in bodies), where
    assert await project.store.timers(run.run_id) == [], where
    assert await project.store.hooks(run.run_id) == [], where
    return writes


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario.workflow))
def test_a_crash_at_any_write_changes_nothing(tmp_path: Path, scenario: Scenario) -> None:
    """The same end, one result for each step, a log without gaps, and no more bodies than attempts."""
    write_build(tmp_path, STEPS, FLOWS, retries={"plain": 5, "flaky": 5, "slow": 5})
    assert asyncio.run(sweep(tmp_path, scenario)) >= 10
