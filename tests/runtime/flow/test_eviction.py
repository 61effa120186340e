"""Putting a run aside runs none of the workflow's own code, at whatever it waits; and a replay goes on as if nothing
had happened. The workflows stand in `constructs.py`.
"""

from __future__ import annotations

import gc
import logging
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.runtime.flow.constructs import FLOWS, in_finally, left, numbers
from tests.runtime.memory_run import MemoryRun, work
from wfc import flow as _flow


def next_move(run: MemoryRun) -> None:
    """Let the next thing happen, in a fixed order: the oldest step, a payload, the next wait."""
    if run.running:
        run.succeed(f"result of {run.argument(run.running[0])}")
    elif run.state.tokens:
        run.pay({"n": 1})
    else:
        run.fire()


@pytest.fixture
def noise(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Collect what shows that coroutines ended badly: warnings, unraisable exceptions, asyncio's complaints."""
    found: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: found.append(f"unraisable {args.exc_value!r}"))
    caplog.set_level(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", lambda message, *_args, **_kw: found.append(str(message)))
        yield found
        found += caplog.messages


def evicted_after(flow: Callable[[], Awaitable[str]], moves: int) -> MemoryRun:
    run = MemoryRun(flow).begin()
    for _ in range(moves):
        next_move(run)
    return run


@pytest.mark.parametrize("flow", FLOWS)
def test_eviction_runs_no_code_of_the_workflow(flow: Callable[[], Awaitable[str]], noise: list[str]) -> None:
    """At every suspension: nothing runs, nothing is asked for, nothing complains, and a replay ends alike."""
    whole = MemoryRun(flow).begin()
    moves = 0
    while not whole.ended:
        next_move(whole)
        moves += 1
    assert moves >= 2
    expected = [(event.type, event.call_id, event.payload) for event in whole.log]
    for at in range(moves):
        run = evicted_after(flow, at)
        left.clear()
        run.state.flow.evict()
        assert run.state.flow.take_effects() == []
        log = run.replayed  # the log outlives the coroutines
        del run
        gc.collect()
        assert left == [], f"code of the workflow ran on eviction after {at} moves"
        again = log()
        while not again.ended:
            next_move(again)
        assert [(event.type, event.call_id, event.payload) for event in again.log] == expected
        assert again.result == whole.result
    gc.collect()
    assert noise == []


def test_a_generator_collected_late_stays_silent(noise: list[str]) -> None:
    """Frames that only the garbage collector frees, after the eviction, run nothing either."""

    async def main() -> None:
        _wfc_run = _flow.run()
        generator = numbers()
        cycle: list[Any] = [generator]
        cycle.append(cycle)
        await anext(generator)
        await work("a")

    run = MemoryRun(main).begin()
    left.clear()
    run.state.flow.evict()
    del run
    gc.collect()
    assert left == []
    assert noise == []


def test_one_runs_garbage_does_not_run_in_anothers_turn() -> None:
    """A generator of a live run that is collected while another run has its turn is kept for its own run's end."""

    async def dropping() -> None:
        generator = numbers()
        cycle: list[Any] = [generator]
        cycle.append(cycle)
        await anext(generator)
        del generator, cycle
        await work("a")

    async def collecting() -> None:
        gc.collect()
        await work("b")

    first = MemoryRun(dropping).begin()
    second = MemoryRun(collecting, run_id="wrun_other").begin()
    assert second.tags == ["b"]
    assert first.finish().tags == ["a", "clean"]


def test_evicting_twice_is_the_same_as_once() -> None:
    """evict is idempotent, also for a run that has ended."""
    run = MemoryRun(in_finally).begin()
    run.state.flow.evict()
    run.state.flow.evict()
    ended = MemoryRun(in_finally).begin().finish()
    ended.state.flow.evict()
    assert ended.result == "end"


def test_unguarded_code_that_swallows_the_exit_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library's handler that isn't lowered may run on, but its steps go nowhere, and eviction returns."""
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)  # the one line that is left of it
    tried: list[str] = []

    async def main() -> None:
        while True:
            try:
                await work("a")
            except BaseException:  # noqa: BLE001
                tried.append("again")

    run = MemoryRun(main).begin()
    run.state.flow.evict()
    assert tried
    assert run.state.flow._take_commands() == []
