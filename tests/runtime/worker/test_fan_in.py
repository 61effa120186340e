"""Fan-in: what follows a gather happens once, however its steps end and whoever works on them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.runtime import probe
from tests.runtime.handmade import open_project, write_build

RUNS = 200
STEPS = """
@wf.step
async def part(n: int) -> int:
    for _ in range(n * 7 % 5):
        await asyncio.sleep(0)
    return n

@wf.step
async def join(name: str, parts: list[int]) -> int:
    probe.note(f"join {name}")
    return sum(parts)
"""
FLOWS = """
@wf.workflow
async def main(name: str) -> int:
    return await join(name, await asyncio.gather(*(part(n) for n in range(6))))
"""


def test_the_step_after_a_gather_runs_once(tmp_path: Path) -> None:
    """200 runs at once, on three workers that keep few slots and no parked run in memory."""
    write_build(tmp_path, STEPS, FLOWS)

    async def main() -> None:
        async with open_project(tmp_path) as project:
            runs = [await project.start(name=str(number)) for number in range(RUNS)]
            for concurrency in (1, 4, 64):
                project.work(concurrency=concurrency, parked=0)
            assert await asyncio.gather(*map(project.outcome, runs)) == [15] * RUNS
            assert sorted(probe.notes) == sorted(f"join {number}" for number in range(RUNS))

    asyncio.run(main())
