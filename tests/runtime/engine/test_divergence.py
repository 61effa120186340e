"""A replay whose workflow asks for something else than the log says is refused, with both calls named."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

import wfc
from tests.runtime.memory_run import MemoryRun, work
from wfc.engine.divergence import ReplayDivergenceError


@dataclass
class Ping(wfc.BaseHook):
    n: int = 0


other = wfc.Workflows().step(lambda: None)


async def recorded() -> str:
    await work("a")
    await work("b")
    return "end"


async def other_arguments() -> None:
    await work("a")
    await work("c")


async def a_wait_instead() -> None:
    await work("a")
    await wfc.sleep(1)


async def a_hook_instead() -> None:
    await work("a")
    await Ping.wait(token="t")


async def one_more() -> None:
    await work("a")
    await asyncio.gather(work("b"), work("extra"))


async def one_less() -> None:
    await work("a")
    await asyncio.get_running_loop().create_future()


async def returns_early() -> str:
    await work("a")
    return "early"


async def raises_early() -> str:
    await work("a")
    raise ValueError("early")


CHANGES = [
    pytest.param(
        other_arguments,
        r'asked for step step_memory_2 .*work with {"tag": "b"}, now it asks for it with {"tag": "c"}',
        id="args",
    ),
    pytest.param(a_wait_instead, r"step step_memory_2 .*now it asks for wait wait_memory_2", id="wait"),
    pytest.param(a_hook_instead, r"step step_memory_2 .*now it asks for hook hook_memory_2 t", id="hook"),
    pytest.param(one_more, r"asked for nothing, now it asks for step step_memory_3", id="more"),
    pytest.param(one_less, r"step step_memory_2 .*now it (asks for nothing|ends: fail)", id="less"),
    pytest.param(returns_early, r"step step_memory_2 .*now it ends: complete", id="return"),
    pytest.param(raises_early, r"step step_memory_2 .*now it ends: fail", id="raise"),
]


@pytest.mark.parametrize(("changed", "message"), CHANGES)
def test_both_calls_are_named(changed: Callable[[], Awaitable[Any]], message: str) -> None:
    """The message says what the log has and what the code asks for now."""
    run = MemoryRun(recorded).begin()
    run.succeed()
    with pytest.raises(ReplayDivergenceError, match=message):
        run.replayed(flow=changed)


@pytest.mark.parametrize(("changed", "what"), [(returns_early, "complete"), (raises_early, "fail")])
def test_ending_where_the_log_goes_on_waiting(changed: Callable[[], Awaitable[Any]], what: str) -> None:
    """New code that ends the run at a point where the recorded one waited is a divergence, not a silent hang."""

    async def waits() -> None:
        await work("a")
        await asyncio.gather(wfc.sleep(5))

    run = MemoryRun(waits).begin()
    without_wait = [event for event in run.succeed().transition.events if event.type != "wait_created"]
    assert len(without_wait) == 1
    run.log[-1:] = []
    with pytest.raises(ReplayDivergenceError, match=f"asked for nothing, now it ends: {what}"):
        run.replayed(flow=changed)


def test_a_replay_that_fails_leaves_nothing_running() -> None:
    """The coroutines of a refused replay are closed."""
    ended: list[str] = []

    async def changed() -> None:
        run = wfc.flow.run()
        try:
            await work("x")
        finally:
            if run.live:
                ended.append("ran")

    run = MemoryRun(recorded).begin()
    with pytest.raises(ReplayDivergenceError):
        run.replayed(flow=changed)
    import gc

    gc.collect()
    assert ended == []


def test_another_duration_is_no_divergence() -> None:
    """A sleep whose length has changed since keeps its place in the order of calls, so it goes on."""

    async def short() -> None:
        await wfc.sleep(1)

    async def long() -> None:
        await wfc.sleep(100)

    run = MemoryRun(short).begin()
    assert not run.replayed(flow=long).ended


def test_a_finished_run_replays() -> None:
    """The log of a run that has ended replays without complaint."""
    run = MemoryRun(recorded).begin().finish()
    assert run.replayed().flow.turns == run.flow.turns
