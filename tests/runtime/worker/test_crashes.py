"""Crash sweep: whatever write a process dies at, nothing is lost and nothing that is done is repeated.

Every scenario is played once without a crash, to count the writes of its worker and of its client; then once for each
write, with one of them dying just before it or just after it, or hearing of a failure where there was none. What is
checked after each is the end of the run, and once all are played, what holds in any store (`invariants.py`): one result
for each step, no more bodies than attempts, logs without gaps, nothing left behind, no payload lost.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.runtime import probe
from tests.runtime.handmade import Project, open_project, write_build
from tests.runtime.worker.crash_scenarios import FLOWS, RETRIES, SCENARIOS, STEPS, Scenario
from tests.runtime.worker.crashing import NOWHERE, Death, Place, play
from wfc.codec import Codec
from wfc.codec.raised import rebuild_exception


async def sweep(root: Path, scenario: Scenario) -> int:
    """Play the scenario with a failure at every place; return at how many."""
    async with open_project(root) as project:
        writes = await check(project, scenario, NOWHERE)
        sides = zip(("worker", "client"), writes, strict=True)
        places = [Place(side, at, death) for side, last in sides for at in range(1, last + 1) for death in Death]
        for place in places:
            await check(project, scenario, place)
        return len(places)


async def check(project: Project, scenario: Scenario, place: Place) -> tuple[int, int]:
    probe.reset()
    run_id = f"{scenario.name}-{place}"
    writes = await play(project, scenario.outside, run_id, place, fast_forward=scenario.fast_forward)
    assert await outcome(project, run_id) == scenario.outcome, run_id
    if scenario.look is not None:
        assert await scenario.look(project, run_id) == scenario.besides, run_id
    return writes


async def outcome(project: Project, run_id: str) -> Any:
    """Return what became of a run: its result, its error, or that it was cancelled."""
    ended = await project.client.wait(run_id)
    if ended.status == "failed":
        error = rebuild_exception(ended.error or b"", Codec())
        return f"{type(error).__name__}: {error}"
    return Codec().decode(ended.output or b"null") if ended.status == "completed" else ended.status


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: str(scenario.name))
def test_a_crash_at_any_write_changes_nothing(tmp_path: Path, scenario: Scenario) -> None:
    """The same end as without it, whatever the place."""
    for build_id in ("b0", "b1"):
        write_build(tmp_path, STEPS, FLOWS, retries=RETRIES, build_id=build_id)
    assert asyncio.run(sweep(tmp_path, scenario)) >= 20
