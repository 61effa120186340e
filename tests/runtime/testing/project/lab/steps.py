"""Steps in all forms."""

import asyncio
import time

import wfc

from .samples import BrokenScaleError, Reading, Sample

wf = wfc.Workflows()


@wf.step
async def measure(sample: Sample, *, times: int = 1) -> Reading:
    await asyncio.sleep(2 * times)
    return Reading(sample.name, sample.grams * times)


@wf.step(max_retries=2, timeout="30s", retry=wfc.Retry(initial="10s", jitter=False))
async def calibrate(offset: float) -> float:
    if wfc.get_step_metadata().attempt < 3:
        raise BrokenScaleError(f"attempt {wfc.get_step_metadata().attempt}")
    return offset


@wf.step
def archive(reading: Reading) -> str:
    time.sleep(0.01)
    return f"{reading.name}={reading.value:g}"


@wf.step(cancellable=True)
async def observe(hours: int) -> str:
    try:
        await asyncio.sleep(hours * 3600)
    except asyncio.CancelledError as error:
        return f"stopped: {error}"
    return "seen"


@wf.step
async def publish(lines: list[str]) -> None:
    stream = wfc.get_writable()
    for line in lines:
        await stream.write(line)


@wf.step
def grind(seconds: float) -> None:
    time.sleep(seconds)
