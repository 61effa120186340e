"""Attempts of steps: when one follows another, and what is written of it."""

from __future__ import annotations

from typing import Any

import pytest

import wfc
from tests.runtime.memory_run import SECOND, MemoryRun, work
from wfc.engine.deliveries import StepRaised, StepReturned
from wfc.engine.lost import lost_attempts
from wfc.engine.policy import StepPolicy
from wfc.errors import FatalError, StepInterruptedError
from wfc.manifest import RetryPolicy
from wfc.model import Event


async def one_step() -> Any:
    return await work("a")


def attempts(run: MemoryRun) -> list[Event]:
    return [event for event in run.log if event.type == "step_started"]


def test_a_failed_attempt_is_followed_by_another_after_a_pause() -> None:
    """The pause doubles; nothing starts before it is over; the flow hears of none of it."""
    run = MemoryRun(one_step, max_retries=3).begin()
    for seconds in (1, 2, 4):
        failed_at = run.now
        run.fail(ValueError("again"))
        assert run.log[-1].type == "step_retrying"
        assert run.log[-1].data["retryAfter"] == failed_at + seconds * SECOND
        assert run.state.run.wake_at == failed_at + seconds * SECOND
        run.now = failed_at + seconds * SECOND - 1
        run.take()
        assert run.log[-1].type == "step_retrying"
        run.now += 1
        run.take()
    assert [event.data["attempt"] for event in attempts(run)] == [1, 2, 3, 4]
    run.succeed("at last")
    assert run.result == "at last"
    assert len(run.flow.turns) == 2


def test_the_last_attempt_decides() -> None:
    """With max_retries=1 the second failure is what the flow gets, marked as final."""

    async def main() -> list[Any]:
        try:
            await work("a")
        except ValueError as error:
            return [str(error), isinstance(error, FatalError)]
        return []

    run = MemoryRun(main, max_retries=1).begin()
    run.fail(ValueError("first"))
    run.now += SECOND
    run.take()
    run.fail(ValueError("second"))
    assert run.result == ["second", True]
    assert run.types.count("step_failed") == 1


def test_a_fatal_failure_is_not_retried() -> None:
    """A failure that is marked fatal ends the step at once."""
    run = MemoryRun(one_step, max_retries=9).begin()
    run.fail(FatalError("hopeless"), fatal=True)
    with pytest.raises(FatalError, match="hopeless"):
        _ = run.result
    assert len(attempts(run)) == 1


def test_a_fatal_failure_needs_no_policy() -> None:
    """A step that the build doesn't have fails; its policy, which can't be known, isn't asked for."""
    run = MemoryRun(one_step).begin()
    run.policy = None  # type: ignore[assignment]
    run.fail(wfc.StepNotRegisteredError("no such step"), fatal=True)
    assert run.state.run.status == "failed"


def test_the_step_may_say_when() -> None:
    """RetryableError's pause replaces the policy's."""
    run = MemoryRun(one_step, max_retries=1).begin()
    step = run.running[0]
    raised = run.failure(step, wfc.RetryableError("later"))
    run.take(StepRaised(raised.at, raised.call_id, raised.attempt, raised.error, delay_us=90 * SECOND))
    assert run.state.run.wake_at == run.now + 90 * SECOND


@pytest.mark.parametrize(("max_retries", "ends"), [(0, True), (1, False)])
def test_an_attempt_lost_with_its_worker_is_spent(max_retries: int, ends: bool) -> None:
    """After a crash the attempt counts: without retries the step fails as interrupted, else it starts again at once."""
    run = MemoryRun(one_step, max_retries=max_retries).begin()
    again = run.replayed()
    again.take(*lost_attempts(again.state, again.now))
    assert again.ended is ends
    if ends:
        with pytest.raises(StepInterruptedError, match=r"the worker died while attempt 1 of .*work"):
            _ = again.result
    else:
        assert [event.data["attempt"] for event in attempts(again)] == [1, 2]


def test_an_attempt_that_is_given_back_is_not_spent() -> None:
    """A worker that shuts down returns the attempt; the next one has the same number."""
    run = MemoryRun(one_step, max_retries=0).begin()
    step = run.running[0]
    run.slots = 0
    run.take(StepReturned(run.now, step.call_id, step.attempt))
    again = run.replayed()
    again.slots = 1
    again.take()
    assert [event.data["attempt"] for event in attempts(again)] == [1, 1]
    again.succeed("fine")
    assert again.result == "fine"


def test_a_result_that_comes_twice_counts_once() -> None:
    """The second result of the same attempt, and one of an attempt before, leave no trace."""
    run = MemoryRun(one_step, max_retries=1).begin()
    late = run.success(run.running[0], "late")
    run.fail(ValueError("lost"))
    run.now += SECOND
    run.take()
    length = len(run.log)
    run.take(late)
    assert len(run.log) == length
    good = run.success(run.running[0], "good")
    run.take(good, good)
    assert run.result == "good"
    assert run.types.count("step_completed") == 1


def test_a_worker_starts_no_more_than_it_has_room_for() -> None:
    """Steps beyond the free slots stay unstarted, keep the run due, and start in order."""

    async def main() -> None:
        import asyncio

        await asyncio.gather(*(work(str(n)) for n in range(4)))

    run = MemoryRun(main, slots=2).begin()
    assert [run.argument(step) for step in run.running] == ["0", "1"]
    run.slots = 1
    run.succeed()
    assert [run.argument(step) for step in run.running] == ["1", "2"]
    assert run.state.run.wake_at == run.now
    assert run.state.run.owner == "me"


def test_a_run_that_only_waits_is_given_back() -> None:
    """Without bodies and nothing due the run has no owner, and is due when its wait is."""

    async def main() -> None:
        await wfc.sleep("7 days")

    run = MemoryRun(main).begin()
    assert run.state.run.owner is None
    assert run.state.run.wake_at == run.now + 7 * 86_400 * SECOND


@pytest.mark.parametrize(
    ("policy", "attempt", "draw", "seconds"),
    [
        pytest.param(RetryPolicy(), 1, 0.999, 0.999, id="jitter takes a part"),
        pytest.param(RetryPolicy(), 1, 0.0, 0.0, id="jitter may take all"),
        pytest.param(RetryPolicy(jitter=False), 4, 0.0, 8.0, id="doubling"),
        pytest.param(RetryPolicy(jitter=False), 99, 0.0, 60.0, id="cap"),
        pytest.param(RetryPolicy(jitter=False, factor=10.0), 400, 0.0, 60.0, id="overflow"),
        pytest.param(RetryPolicy(jitter=False, factor=1.0, initial_seconds=0.0), 5, 0.0, 0.0, id="no pause"),
    ],
)
def test_the_pause_between_attempts(policy: RetryPolicy, attempt: int, draw: float, seconds: float) -> None:
    """Exponential, capped, with full jitter."""
    assert StepPolicy(3, policy).pause_us(attempt, draw) == int(seconds * SECOND)
