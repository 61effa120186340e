"""How runs end from outside, what becomes of what comes too late, and how time decides races."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

import wfc
from tests.runtime.memory_run import SECOND, MemoryRun, work
from wfc import flow as _flow
from wfc.engine.deliveries import Arrived, Begin, TimerDue
from wfc.model import InboxItem


@dataclass
class Approval(wfc.BaseHook):
    n: int


async def approved_in_time() -> str:
    hook = Approval.wait(token="t")
    try:
        return f"approved {(await _flow.wait_for(_one(hook), 60)).n}"
    except TimeoutError:
        return "too late"


async def _one(hook: Any) -> Any:
    return await hook


@pytest.mark.parametrize(("arrived", "outcome"), [(59, "approved 1"), (60, "approved 1"), (61, "too late")])
def test_after_downtime_what_arrived_before_the_deadline_wins(arrived: int, outcome: str) -> None:
    """A worker that comes back late takes payloads and timers in the order of their times."""
    run = MemoryRun(approved_in_time).begin()
    again = run.replayed()
    due, wait = again.state.flow.next_due() or (0, "")
    hook_id = next(iter(again.state.tokens))
    posted_at = again.now + arrived * SECOND
    again.now += 3600 * SECOND
    item = InboxItem(1, "memory", "hook", posted_at, hook_id, {"token": "t"}, again.route.codec.encode({"n": 1}))
    payload, timer = Arrived(posted_at, item), TimerDue(due, wait)
    again.take(*((payload, timer) if arrived <= 60 else (timer, payload)))
    assert again.result == outcome


def test_a_run_cancelled_before_it_started_runs_no_code() -> None:
    """The cancel came first: the workflow's function isn't called."""

    async def main() -> None:
        raise AssertionError("it ran")

    run = MemoryRun(main)
    early = run.arrival("cancel", data={"reason": "changed my mind"})
    run.now += 1
    run.take(Begin(run.now), early)
    assert run.types == ["run_cancelled"]
    assert run.log[-1].data == {"reason": "changed my mind"}


def test_cancelling_a_run_that_waits() -> None:
    """CancelledError with the reason is raised where the workflow waits; letting it through ends the run."""
    seen: list[tuple[Any, ...]] = []

    async def main() -> None:
        try:
            await wfc.sleep("1d")
        except asyncio.CancelledError as error:
            seen.append(error.args)
            raise

    run = MemoryRun(main).begin()
    run.cancel("enough")
    assert seen == [("enough",)]
    assert run.types[-2:] == ["run_cancelling", "run_cancelled"]
    assert run.log[-1].data == {"reason": "enough"}


def test_a_cancelled_workflow_cleans_up_with_steps() -> None:
    """Steps in `finally` run after the cancel and before run_cancelled, also when the run is replayed between."""

    async def main() -> None:
        _wfc_run = _flow.run()
        try:
            await work("a")
        finally:
            if _wfc_run.live:
                await work("clean 1")
                await work("clean 2")

    run = MemoryRun(main).begin()
    run.cancel("enough")
    assert run.tags == ["a", "clean 1"]
    run = run.replayed()
    while not run.ended:
        run.succeed(index=len(run.running) - 1)
        run = run if run.ended else run.replayed()
    assert run.tags == ["a", "clean 1", "clean 2"]
    assert run.state.run.status == "cancelled"


def test_a_second_cancel_does_not_interrupt_the_clean_up() -> None:
    """Cancellation is delivered once, also to a run that was brought back from its log in between."""

    async def main() -> None:
        _wfc_run = _flow.run()
        try:
            await work("a")
        finally:
            if _wfc_run.live:
                await work("clean")

    run = MemoryRun(main).begin()
    run.cancel()
    again = run.replayed()
    again.take(again.arrival("cancel", data={"reason": "hurry"}))
    clean_up = list(again.state.steps.values())[-1]
    again.take(again.success(clean_up))
    assert again.types.count("run_cancelling") == 1
    assert again.state.run.status == "cancelled"


def test_a_step_that_cancels_itself_fails() -> None:
    """CancelledError out of a step is that step's failure; it must not look like a cancelled run."""

    async def main() -> str:
        try:
            await work("a")
        except RuntimeError as error:
            return f"{type(error.__cause__).__name__}"
        return "went on"

    run = MemoryRun(main).begin()
    step = next(iter(run.state.steps.values()))
    run.take(run.failure(step, asyncio.CancelledError(), fatal=True))
    assert run.result == "CancelledError"


@pytest.mark.parametrize(("returns", "status"), [(True, "completed"), (False, "failed")])
def test_what_a_cancelled_workflow_does_decides(returns: bool, status: str) -> None:
    """A workflow that catches the cancel and returns is completed; one that raises something else has failed."""

    async def main() -> str:
        try:
            await work("a")
        except asyncio.CancelledError:
            if not returns:
                raise ValueError("can't stop here") from None
        return "went on"

    run = MemoryRun(main).begin()
    run.cancel()
    assert run.state.run.status == status


def test_terminating_runs_no_clean_up() -> None:
    """terminate ends the run at once, without a turn of the flow, and gives its tokens back."""

    async def main() -> None:
        _wfc_run = _flow.run()
        Approval.wait(token="t")
        try:
            await work("a")
        finally:
            if _wfc_run.live:
                await work("clean")

    run = MemoryRun(main).begin()
    done = run.take(run.arrival("terminate", data={"reason": "now"}))
    assert run.types[-2:] == ["run_cancelled", "hook_disposed"]
    assert run.tags == ["a"]
    assert done.transition.hook_changes
    assert run.state.run.owner is None


def test_a_payload_after_dispose_is_written_as_not_delivered() -> None:
    """A resume that was accepted in the instant before the hook was given back is in the log, undelivered."""

    async def main() -> None:
        hook = Approval.wait(token="t")
        await hook
        hook.dispose()
        await wfc.sleep(1)

    run = MemoryRun(main).begin()
    hook_id = next(iter(run.state.tokens))
    both = [run.arrival("hook", hook_id, {"token": "t"}, {"n": n}) for n in (1, 2)]
    done = run.take(*both)
    received = [event for event in run.log if event.type == "hook_received"]
    assert [event.data.get("delivered", True) for event in received] == [True, False]
    assert len(done.transition.inbox_taken) == 2
    assert run.replayed().flow.turns == run.flow.turns


def test_a_payload_that_the_store_has_refused_is_not_refused_again() -> None:
    """It was in the mailbox when its hook was given back, in an earlier transition; then the run is ended."""

    async def main() -> None:
        hook = Approval.wait(token="t")
        await hook
        hook.dispose()
        await work("go on")

    run = MemoryRun(main).begin()
    hook_id = next(iter(run.state.tokens))
    first, late = (run.arrival("hook", hook_id, {"token": "t"}, {"n": n}) for n in (1, 2))
    run.take(first)
    assert "hook_disposed" in run.types
    run.take(run.arrival("terminate", data={"reason": None}), late)
    assert run.types.count("hook_received") == 1
    assert run.types[-1] == "run_cancelled"


def test_a_payload_after_the_end_is_written_as_not_delivered() -> None:
    """What arrives together with the event that ends the run is taken from the inbox and noted."""

    async def main() -> None:
        await Approval.wait(token="t")

    run = MemoryRun(main).begin()
    hook_id = next(iter(run.state.tokens))
    run.take(*(run.arrival("hook", hook_id, {"token": "t"}, {"n": n}) for n in (1, 2)))
    assert run.types[-4:] == ["hook_received", "run_completed", "hook_disposed", "hook_received"]
    assert run.log[-1].data["delivered"] is False


def test_results_after_the_end_leave_no_trace() -> None:
    """The result of a step that lost a race comes after the run's end and is dropped."""

    async def main() -> str:
        tasks = [asyncio.create_task(work(name)) for name in "ab"]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return "first"

    run = MemoryRun(main).begin()
    first, second = run.running
    run.take(run.success(first), run.success(second))
    assert run.result == "first"
    assert run.types[-1] == "run_completed"


def test_time_never_goes_back_in_a_log() -> None:
    """A worker whose clock is behind writes the time of the last event."""

    async def main() -> None:
        await work("a")
        await work("b")

    run = MemoryRun(main).begin()
    run.now -= 3600 * SECOND
    run.succeed()
    run.succeed()
    times = [event.at for event in run.log]
    assert times == sorted(times)


def test_an_ended_run_keeps_its_result() -> None:
    """Whatever still reaches a run that has ended, its row stays as it was."""

    async def main() -> str:
        return "kept"

    run = MemoryRun(main).begin()
    row = run.state.run
    run.take(run.arrival("cancel", data={"reason": "late"}))
    assert run.result == "kept"
    assert (run.state.run.status, run.state.run.completed_at) == (row.status, row.completed_at)
