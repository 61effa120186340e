"""Workflows that use all that a log can tell of; each release records runs of them, to be replayed by later ones."""

from __future__ import annotations

import asyncio
import os
import random
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import wfc

wf = wfc.Workflows()


class DeclinedError(Exception):
    """What a step raises, with an attribute of its own."""

    def __init__(self, reason: str, amount: Decimal) -> None:
        super().__init__(reason)
        self.amount = amount


@dataclass
class Answer(wfc.BaseHook):
    """What people answer."""

    text: str
    n: int = 0


@dataclass
class Item:
    """A value that crosses the boundary of a step."""

    name: str
    price: Decimal
    tags: set[str]


@wf.step
async def double(n: int) -> int:
    return 2 * n


@wf.step
def describe(item: Item, at: datetime) -> dict[str, object]:
    return {"item": item, "at": at, "raw": b"\x00\xff", "pair": (1, "two")}


@wf.step(max_retries=2, retry=wfc.Retry(initial="1ms", jitter=False))
async def flaky() -> int:
    attempt = wfc.get_step_metadata().attempt
    if attempt < 3:
        raise wfc.RetryableError("not yet", retry_after=0.001)
    return attempt


@wf.step(max_retries=0)
async def decline(amount: Decimal) -> None:
    raise DeclinedError("no", amount)


@wf.step(max_retries=0)
def needs_the_file() -> str:
    return Path(os.environ["TRACES"], "file").read_text()


@wf.step(cancellable=True)
async def slow() -> str:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        return "stopped"
    return "slept"


@wf.step
async def tell(writer: wfc.WorkflowWritable[str], words: list[str]) -> int:
    await writer.write_from(words)
    await writer.close()
    await wfc.set_attributes(told=str(len(words)))
    return len(words)


@wf.workflow
async def steps(n: int) -> list[object]:
    first = await double(n)
    several = await asyncio.gather(*(double(k) for k in range(first)), flaky())
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(double(k)) for k in (7, 8)]
    item = Item("tea", Decimal("1.50"), {"hot", "green"})
    described = await describe(item, datetime(2024, 2, 29, 12, tzinfo=UTC))
    return [first, several, [task.result() for task in tasks], described]


@wf.workflow
async def errors() -> str:
    try:
        await decline(Decimal("12.30"))
    except DeclinedError as error:
        caught = f"{error} {error.amount}"
    finally:
        await double(1)
    try:
        await decline(Decimal("0"))
    except wfc.FatalError:
        return caught
    return "not caught"


@wf.workflow
async def fails() -> None:
    found = await asyncio.gather(double(1), decline(Decimal("3")), return_exceptions=True)
    await double(2)
    raise RuntimeError("gave up") from found[1]


@wf.workflow
async def times() -> list[object]:
    await wfc.sleep("20ms")
    await asyncio.sleep(0.01)
    try:
        async with asyncio.timeout(0.03):
            await wfc.sleep("1 day")
    except TimeoutError:
        timed_out = True
    done, pending = await asyncio.wait(
        [asyncio.create_task(double(1)), asyncio.create_task(asyncio.sleep(3600))], return_when="FIRST_COMPLETED"
    )
    for task in pending:
        task.cancel()
    in_time = await asyncio.wait_for(double(4), 60)
    several = [await each for each in asyncio.as_completed([double(1), double(2)])]
    return [timed_out, len(done), in_time, sum(several)]


@wf.workflow
async def draws() -> list[object]:
    seen = [random.random(), str(uuid.uuid4()), time.time(), datetime.now(UTC).isoformat()]
    numbers = [await double(random.randint(0, 99)) for _ in range(3)]
    return [seen, numbers, random.choice("abc"), str(wfc.uuid4())]


@wf.workflow
async def asks() -> list[str]:
    heard: list[str] = []
    async with Answer.wait(token="asks", metadata={"who": "anybody"}) as hook:
        async for answer in hook:
            heard.append(answer.text)
            await double(answer.n)
            if answer.n == 2:
                break
    mine = Answer.wait()
    assert await mine.get_conflict() is None
    mine.dispose()
    return heard


@wf.workflow
async def conflicts() -> str:
    await wfc.sleep("1ms")
    try:
        await Answer.wait(token="held")
    except wfc.HookConflictError as error:
        return error.token
    return "no conflict"


@wf.workflow
async def parent() -> list[object]:
    child = await wfc.start(steps, 1)
    failing = await wfc.start(fails)
    result = await child.return_value()
    try:
        await failing.return_value()
    except wfc.WorkflowRunFailedError as error:
        return [len(result), str(error.__cause__), await child.status(), await double(3)]
    return ["no error"]


@wf.workflow
async def tells() -> int:
    await wfc.set_attributes(stage="first", gone="soon")
    told = await tell(wfc.get_writable(), ["a", "b"])
    await wfc.remove_attributes("gone")
    return told


@wf.workflow
async def cleans_up() -> str:
    try:
        await Answer.wait(token="cleans-up")
    except asyncio.CancelledError:
        await double(5)
        raise
    return "answered"


@wf.workflow
async def stops_a_step() -> str:
    task = asyncio.create_task(slow())
    await double(1)
    task.cancel("enough")
    return await task


@wf.workflow
async def retried() -> list[object]:
    hook = Answer.wait(token="retried")
    first = await double(1)
    found, other = await asyncio.gather(needs_the_file(), double(2))
    return [first, found, other, (await hook).text]


@wf.workflow
async def waits() -> str:
    hook = Answer.wait(token="waits")
    before = await double(random.randint(1, 9))
    answer = await hook
    after = await double(before)
    return f"{answer.text} {after == 2 * before}"
