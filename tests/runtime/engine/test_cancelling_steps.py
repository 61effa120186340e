"""Steps whose bodies can be told to stop: who tells them, when, and what the workflow gets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import wfc
from tests.runtime.memory_run import MemoryRun, careful, work
from wfc import flow as _flow
from wfc.engine.deliveries import TimerDue
from wfc.engine.lost import lost_attempts


async def racing() -> Any:
    task = asyncio.create_task(careful("slow"))
    await work("first")
    task.cancel("no longer needed")
    try:
        return await task
    except asyncio.CancelledError as error:
        if not _flow.run().live:
            raise
        return ["cancelled", *error.args]


async def hasty() -> Any:
    async with asyncio.timeout(1):
        return await careful("slow")


async def leaving() -> str:
    task = asyncio.create_task(careful("left"))
    await work("first")
    assert not task.done()
    return "done"


def told(run: MemoryRun) -> list[tuple[str, str | None]]:
    """Return the bodies that were told to stop, with the reason."""
    return [(run.argument(step), step.reason) for advanced in run.advanced for step in advanced.stopped]


def test_the_body_is_told_and_its_end_is_waited_for() -> None:
    """Cancelling the task reaches the body with its reason; the task goes on waiting."""
    run = MemoryRun(racing).begin()
    run.succeed()
    assert told(run) == [("slow", "no longer needed")]
    assert run.types[-1] == "step_cancelling"
    assert not run.ended


@pytest.mark.parametrize("warm", [True, False])
def test_a_body_that_returns_a_value_after_all(*, warm: bool) -> None:
    """What it returns is what the task gets, as in asyncio."""
    run = MemoryRun(racing).begin()
    run.succeed()
    run = run if warm else run.replayed()
    run.succeed("saved")
    assert run.result == "saved"
    assert run.replayed().flow.turns == run.flow.turns


@pytest.mark.parametrize("warm", [True, False])
def test_a_body_that_stops(*, warm: bool) -> None:
    """The task is cancelled, with the reason; there is no further attempt."""
    run = MemoryRun(racing, max_retries=3).begin()
    run.succeed()
    run = run if warm else run.replayed()
    run.fail(asyncio.CancelledError("no longer needed"))
    assert run.result == ["cancelled", "no longer needed"]


def test_a_body_that_fails_while_it_stops() -> None:
    """Its error is what the task gets; there is no further attempt."""
    run = MemoryRun(racing, max_retries=3).begin()
    run.succeed()
    run.fail(ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        _ = run.result


def test_a_step_without_a_body_ends_at_once() -> None:
    """One that waits for a retry, or for a slot, hears nothing: it is cancelled in a turn of its own."""
    run = MemoryRun(racing, max_retries=3).begin()
    run.fail(ValueError("again"), index=1)
    run.succeed()
    assert run.types[-3:] == ["step_cancelling", "step_failed", "run_completed"]
    assert run.result == ["cancelled", "no longer needed"]
    assert run.replayed().flow.turns == run.flow.turns


def test_a_timeout_stops_the_body() -> None:
    """asyncio.timeout cancels the task; TimeoutError comes once the body has stopped."""
    run = MemoryRun(hasty).begin()
    run.fire()
    assert [tag for tag, _ in told(run)] == ["slow"]
    run.fail(asyncio.CancelledError())
    with pytest.raises(TimeoutError):
        _ = run.result


def test_what_is_left_at_the_end_is_stopped_and_waited_for() -> None:
    """As asyncio.run does with tasks that are left."""
    run = MemoryRun(leaving).begin()
    run.succeed()
    assert [tag for tag, _ in told(run)] == ["left"]
    assert not run.ended
    run.fail(asyncio.CancelledError())
    assert run.result == "done"


def test_terminating_stops_bodies_and_waits_for_none() -> None:
    """Only those of cancellable steps are told; the run has ended."""

    async def both() -> None:
        await asyncio.gather(careful("a"), work("b"))

    run = MemoryRun(both).begin()
    run.take(run.arrival("terminate", data={"reason": "stop"}))
    assert run.ended
    assert [tag for tag, _ in told(run)] == ["a"]


def test_a_body_that_was_lost_while_it_stopped() -> None:
    """The worker died: nobody is there to stop, and the task is cancelled."""
    run = MemoryRun(racing, max_retries=3).begin()
    run.succeed()
    again = run.replayed()
    again.take(*lost_attempts(again.state, again.now))
    assert again.result == ["cancelled", "no longer needed"]


def test_a_second_cancellation_tells_nobody_again() -> None:
    """The body hears it once."""

    async def insisting() -> Any:
        task = asyncio.create_task(careful("slow"))
        await work("first")
        task.cancel("one")
        await work("second")
        task.cancel("two")
        return await task

    run = MemoryRun(insisting).begin()
    run.succeed()
    run.succeed(index=1)
    assert told(run) == [("slow", "one")]
    run.succeed("saved")
    assert run.result == "saved"


def test_a_step_that_cannot_be_cancelled_is_left_alone() -> None:
    """Its task is cancelled at once, and its result is dropped."""

    async def plain() -> str:
        task = asyncio.create_task(work("slow"))
        await work("first")
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            if not _flow.run().live:
                raise
            return "cancelled"
        return "no"

    run = MemoryRun(plain).begin()
    run.succeed()
    assert run.result == "cancelled"
    assert told(run) == []


def test_called_outside_a_workflow_it_is_an_ordinary_coroutine() -> None:
    """Nothing durable is there to tell."""
    assert asyncio.run(careful("x")) is None
    assert isinstance(careful, wfc.Step)


def test_a_lost_body_that_is_told_to_stop_in_the_same_breath() -> None:
    """The time limit passed while no worker lived: the step ends as cancelled, not as interrupted."""
    run = MemoryRun(hasty).begin()
    again = run.replayed()
    due, wait_id = again.state.flow.next_due() or (0, "")
    again.now = due + 1
    again.take(*lost_attempts(again.state, again.now), TimerDue(due, wait_id))
    assert again.types[-4:] == ["wait_completed", "step_cancelling", "step_failed", "run_failed"]
    with pytest.raises(TimeoutError):
        _ = again.result
