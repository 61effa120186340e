"""Workflows that wait in all ways."""

import asyncio
import os
from dataclasses import dataclass

import wfc

from .samples import BrokenScaleError, Reading, Sample
from .steps import archive, calibrate, grind, measure, observe, publish, wf


@dataclass
class Verdict(wfc.BaseHook):
    """What a person says about a reading."""

    good: bool


@wf.workflow
async def weigh(sample: Sample) -> str:
    reading = await measure(sample, times=2)
    return await archive(reading)


@wf.workflow
async def weigh_exactly(offset: float) -> str:
    try:
        return f"offset {await calibrate(offset)}"
    except BrokenScaleError as error:
        return f"broken: {error}"


@wf.workflow
async def weigh_weekly(sample: Sample, weeks: int) -> list[Reading]:
    readings = []
    for _ in range(weeks):
        await wfc.sleep("7 days")
        readings.append(await measure(sample))
    return readings


@wf.workflow
async def judge(name: str) -> str:
    await wfc.set_attributes(subject=name)
    try:
        async with asyncio.timeout(24 * 3600):
            verdict = await Verdict.wait()
    except TimeoutError:
        return "nobody cared"
    return "good" if verdict.good else "bad"


@wf.workflow
async def judge_all(names: list[str]) -> list[str]:
    runs = [await wfc.start(judge, name) for name in names]
    return [await run.return_value() for run in runs]


@wf.workflow
async def report(lines: list[str]) -> int:
    await publish(lines)
    return len(lines)


@wf.workflow
async def watch(hours: int) -> str:
    try:
        return await observe(hours)
    finally:
        await archive(Reading("watch", hours))


@wf.workflow
async def moody() -> str:
    first = os.environ.get("MOOD", "calm")  # wfc: ignore[WFC105] -- so that a test can make a replay differ
    if first == "wild":
        await calibrate(1.0)
    await wfc.sleep("1 hour")
    return first


@wf.workflow
async def slow(seconds: float) -> None:
    await grind(seconds)
