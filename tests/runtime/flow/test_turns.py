"""What a turn of a flow asks for, in which order, and what it leaves no trace of."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

import wfc
from tests.runtime.memory_run import SECOND, START, MemoryRun, work
from wfc import flow as _flow
from wfc.engine.deliveries import TimerDue
from wfc.flow import loop as flow_loop
from wfc.flow.commands import CallStep, StartWait


def test_steps_are_asked_for_in_the_order_of_the_code() -> None:
    """gather, create_task and TaskGroup ask for steps in the order in which they were written."""

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("a"))
            later = asyncio.create_task(work("b"))
            await asyncio.gather(work("c"), work("d"))
            await later

    assert MemoryRun(main).begin().tags == ["a", "b", "c", "d"]


def test_sets_of_tasks_iterate_in_the_order_of_their_making() -> None:
    """A user's own set of tasks, and what asyncio.wait returns, have the same order in every process."""

    async def main() -> list[str]:
        tasks = {asyncio.create_task(work(f"t{n}"), name=f"n{n}") for n in range(40)}
        done, _ = await asyncio.wait(tasks)
        return [task.get_name() for task in tasks] + [task.get_name() for task in done]

    result = MemoryRun(main).begin().finish().result
    assert all(MemoryRun(main).begin().finish().result == result for _ in range(5))


def test_a_call_takes_its_number_when_it_is_first_driven() -> None:
    """Two calls that are awaited in the other order are numbered in that order."""

    async def main() -> None:
        first, second = work("first"), work("second")
        await second
        await first

    run = MemoryRun(main).begin().finish()
    assert run.tags == ["second", "first"]


def test_the_plain_function_of_a_step_has_no_place_in_a_workflow() -> None:
    """`step.func` is a stub in a flow: calling it would give None and run nothing, so it says so."""

    async def main() -> None:
        await work.func("a")

    with pytest.raises(RuntimeError, match=r"work\.func can't be used in a workflow: await work\(\.\.\.\)"):
        _ = MemoryRun(main).begin().result


def test_sleep_zero_leaves_no_event() -> None:
    """sleep(0), asyncio.sleep(0) and a time that has passed only yield."""

    async def main() -> str:
        await asyncio.sleep(0)
        await wfc.sleep(0)
        await wfc.sleep(wfc.now())
        return "done"

    run = MemoryRun(main).begin()
    assert run.result == "done"
    assert run.types == ["run_started", "run_completed"]


def test_a_timer_of_one_turn_leaves_only_its_number() -> None:
    """A timeout that is entered and left in one turn is not in the log, but its number is used up."""

    async def main() -> None:
        async with asyncio.timeout(30):
            await asyncio.sleep(0)
        await wfc.sleep(1)

    run = MemoryRun(main).begin()
    (wait,) = [command for _, commands in run.flow.turns for command in commands]
    assert isinstance(wait, StartWait)
    assert wait.call_id.endswith("_2")


def test_a_timer_that_outlives_its_turn_is_forgotten_without_an_event() -> None:
    """Leaving a timeout in a later turn removes the wait's row and writes nothing to the log."""

    async def main() -> None:
        async with asyncio.timeout(30):
            await work("a")

    run = MemoryRun(main).begin()
    done = run.succeed()
    assert [timer.due_at for timer in run.advanced[0].transition.timers_added] == [START + 30 * SECOND]
    assert len(done.transition.timers_removed) == 1
    assert run.types[1:] == ["wait_created", "step_created", "step_started", "step_completed", "run_completed"]


def test_equal_due_times_fire_one_per_turn_in_the_order_of_their_making() -> None:
    """Three sleeps that end at the same microsecond end in three turns, the oldest first."""

    async def nap(name: str) -> None:
        await wfc.sleep(5)
        await work(name)

    async def main() -> None:
        await asyncio.gather(nap("a"), nap("b"), nap("c"))

    run = MemoryRun(main).begin()
    run.now += 5 * SECOND
    for expected in (["a"], ["a", "b"], ["a", "b", "c"]):
        run.fire()
        assert run.tags == expected


def test_a_timer_fires_no_earlier_than_its_time() -> None:
    """The run's clock reads at least the due time when a sleep ends, whatever the store's clock says."""

    async def main() -> list[float]:
        before = wfc.now()
        await wfc.sleep("1h")
        return [(wfc.now() - before).total_seconds()]

    run = MemoryRun(main).begin()
    due, wait = run.flow.next_due() or (0, "")
    run.take(TimerDue(due - 7, wait))
    assert run.result == [3600.0]


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), 1e15])
def test_a_timer_needs_a_time_that_exists(seconds: float) -> None:
    """A sleep without end is a clear error and not a row that no store can hold."""

    async def main() -> None:
        await asyncio.sleep(seconds)

    with pytest.raises(ValueError, match=r"seconds|NaN"):  # asyncio refuses nan by itself from 3.13 on
        _ = MemoryRun(main).begin().result


def test_a_turn_that_never_ends_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop around sleep(0) is stopped, and the message says where and what to do."""
    monkeypatch.setattr(flow_loop, "CALLBACKS_PER_TURN", 500)

    async def main() -> None:
        task = asyncio.create_task(work("a"))
        while not task.done():  # noqa: ASYNC110 - the mistake that this is about
            await asyncio.sleep(0)

    run = MemoryRun(main).begin()
    with pytest.raises(Exception, match=r"without waiting for anything durable .*test_turns.py:\d+.*await a step") as e:
        _ = run.result
    assert type(e.value).__name__ == "RunawayTurnError"


def test_a_workflow_that_nothing_can_wake_fails_naming_the_line() -> None:
    """Waiting for an event that nobody sets ends the run with the place where it waits."""

    async def main() -> None:
        await asyncio.Event().wait()

    run = MemoryRun(main).begin()
    with pytest.raises(Exception, match=r"can't go on: `workflow` at .*test_turns\.py:\d+ waits"):
        _ = run.result


def test_a_hook_in_conflict_wakes_nobody() -> None:
    """A workflow that waits for something else, with only a refused hook open, is stalled and not parked for ever."""

    async def main() -> None:
        hook = Ping.wait(token="taken")
        try:
            await hook
        except wfc.HookConflictError:
            await asyncio.Event().wait()

    run = MemoryRun(main)
    run.foreign_tokens.add("taken")
    run.begin()
    assert run.state.run.status == "failed"


class Ping(wfc.BaseHook):
    """Only registered, never delivered."""


def test_leftover_tasks_are_cancelled_at_return() -> None:
    """A task that the workflow left behind gets CancelledError and may clean up before the run completes."""

    async def left() -> None:
        try:
            await wfc.sleep("1d")
        except asyncio.CancelledError:
            await work("clean 1")
            await work("clean 2")
            await work("clean 3")
            raise

    tasks: list[Any] = []

    async def main() -> str:
        tasks.append(asyncio.create_task(left()))
        await work("a")
        return "returned"

    run = MemoryRun(main).begin().finish()
    assert run.tags == ["a", "clean 1", "clean 2", "clean 3"]
    assert run.result == "returned"
    assert run.types[-1] == "run_completed"


def test_what_a_leftover_starts_to_clean_up_is_not_cancelled() -> None:
    """Clean-up of a task that was left behind may gather steps: those tasks are its own, as under `asyncio.run`."""

    async def left() -> None:
        try:
            await wfc.sleep("1d")
        finally:
            await asyncio.gather(asyncio.create_task(twice("x")), asyncio.create_task(twice("y")))

    async def twice(tag: str) -> None:
        await work(f"{tag} 1")
        await work(f"{tag} 2")

    tasks: list[Any] = []

    async def main() -> str:
        tasks.append(asyncio.create_task(left()))
        await work("a")
        return "returned"

    run = MemoryRun(main).begin().finish()
    assert run.tags == ["a", "x 1", "y 1", "x 2", "y 2"]
    assert run.result == "returned"


def test_generators_left_open_are_closed_at_return() -> None:
    """An async generator that is suspended when the workflow returns runs its `finally`, steps included."""

    async def numbers() -> Any:
        _wfc_run = _flow.run()
        try:
            yield 1
            yield 2
        finally:
            if _wfc_run.live:
                await work("closed")

    async def main() -> int:
        generator = numbers()
        keep.append(generator)
        return int(await anext(generator))

    keep: list[Any] = []
    run = MemoryRun(main).begin().finish()
    assert run.tags == ["closed"]
    assert run.result == 1


def test_a_generator_left_by_break_is_closed_at_once() -> None:
    """As in asyncio, `break` out of `async for` runs the generator's `finally` soon, not at the end of the run."""

    async def numbers() -> Any:
        _wfc_run = _flow.run()
        try:
            for n in range(9):
                yield n
        finally:
            if _wfc_run.live:
                await work("closed")

    async def main() -> None:
        async for _ in numbers():
            break
        await work("after")

    run = MemoryRun(main).begin()
    assert sorted(run.tags) == ["after", "closed"]


def test_a_leftover_that_uses_a_generator_is_cleaned_up_first() -> None:
    """Tasks end before generators are closed, as in asyncio.run: a generator in use can't be closed."""

    async def numbers() -> Any:
        _wfc_run = _flow.run()
        try:
            yield 1
            await wfc.sleep("1d")
        finally:
            if _wfc_run.live:
                await work("closed")

    async def left() -> None:
        async for _ in numbers():
            pass

    tasks: list[Any] = []

    async def main() -> None:
        tasks.append(asyncio.create_task(left()))
        await work("a")

    run = MemoryRun(main).begin().finish()
    assert run.tags == ["a", "closed"]
    assert run.state.run.status == "completed"


def test_prints_wait_for_the_commit_and_happen_once(capsys: pytest.CaptureFixture[str]) -> None:
    """What a flow prints is shown after the turn's commit; a replay prints nothing."""

    async def main() -> None:
        _flow.print("one", 1)
        await work("a")
        _flow.print("two")

    run = MemoryRun(main).begin()
    assert capsys.readouterr().out == ""
    for effect in run.effects:
        effect()
    assert capsys.readouterr().out == "one 1\n"
    run.effects.clear()
    again = run.replayed()
    assert again.effects == []
    again.succeed()
    assert len(again.effects) == 1


def test_log_records_wait_for_the_commit(caplog: pytest.LogCaptureFixture) -> None:
    """Logging in a flow is held back like print, with the arguments as they were at the call."""
    values = [1]

    async def main() -> None:
        logging.getLogger("app").warning("values %s", values)
        values.append(2)

    run = MemoryRun(main).begin()
    assert caplog.messages == []
    for effect in run.effects:
        effect()
    assert caplog.messages == ["values [1]"]


def test_a_log_record_that_cannot_be_formatted_does_no_harm() -> None:
    """As anywhere, a wrong logging call doesn't raise into the code that logs."""

    async def main() -> str:
        logging.getLogger("app").warning("%d items", "no number")
        return "fine"

    assert MemoryRun(main).begin().result == "fine"


def test_clock_chance_and_ids_are_the_same_on_replay() -> None:
    """now(), random() and uuid4() answer from the log; two streams don't disturb each other."""
    seen: list[list[Any]] = []

    async def main() -> None:
        own: list[Any] = []
        seen.append(own)
        own += [wfc.now(), wfc.time_ns(), wfc.random().random(), wfc.uuid4()]
        await work("a")
        own += [wfc.now(), wfc.random().random(), wfc.uuid4()]

    run = MemoryRun(main).begin()
    run.now += SECOND
    run.succeed()
    run.replayed()
    assert seen[0] == seen[1]
    assert seen[0][2] != seen[0][5]
    assert seen[0][3] != seen[0][6]


def test_runs_have_numbers_of_their_own() -> None:
    """Call ids hold the run's id and count from 1."""

    async def main() -> None:
        await asyncio.gather(work("a"), work("b"))

    run = MemoryRun(main).begin()
    calls = [command for _, commands in run.flow.turns for command in commands if isinstance(command, CallStep)]
    assert [call.call_id for call in calls] == ["step_memory_1", "step_memory_2"]
