"""What a retried run takes up again: hooks, timers, payloads that had come, answers it waits for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

import wfc
from tests.runtime.engine.test_hot_and_replay import compare
from tests.runtime.memory_run import SECOND, START, MemoryRun, work
from wfc import flow as _flow
from wfc.errors import HookConflictError
from wfc.model import Hook, Question, Scalar, Timer


@dataclass
class Ping(wfc.BaseHook):
    n: int = 0


class DeclinedError(Exception):
    """What a step raises here."""


async def waits_beside() -> list[Any]:
    hook = Ping.wait(token="t")
    ping = asyncio.create_task(_next(hook))
    late = asyncio.create_task(asyncio.sleep(60, "slept"))
    done = await work("a")
    return [done, (await ping).n, await late]


async def _next(hook: Any) -> Ping:
    found: Ping = await hook
    return found


def test_hooks_and_timers_are_taken_up_again() -> None:
    """A timer that is overdue fires at once, one that isn't at its time; the hook takes payloads."""
    run = MemoryRun(waits_beside).begin()
    run.fail(DeclinedError("no"))
    run.now += 10 * SECOND
    run.retry()
    (change,) = run.reopenings
    (hook,) = change.hook_changes
    assert isinstance(hook, Hook)
    assert (hook.token, hook.hook_class.rpartition(":")[2]) == ("t", "Ping")
    assert [timer.due_at for timer in change.timers_added if isinstance(timer, Timer)] == [START + 60 * SECOND]
    run.succeed("a")
    run.pay(Ping(3))
    assert not run.ended
    run.fire()
    assert run.result == ["a", 3, "slept"]


def test_an_overdue_timer_fires_at_once() -> None:
    """Its time is that of the retry, since the run's clock never goes back."""
    run = MemoryRun(waits_beside).begin()
    run.fail(DeclinedError("no"))
    run.now += 3600 * SECOND
    run.retry()
    assert "wait_completed" in run.types
    assert run.log[-1].at == run.now
    compare(run)


async def loses_a_payload() -> Any:
    hook = Ping.wait(token="t")
    first = await work("a")
    return [first, (await hook).n]


def test_an_accepted_payload_is_not_lost() -> None:
    """What came after the failure, delivered or refused, reaches the hook that is live again."""
    run = MemoryRun(loses_a_payload).begin()
    (hook_id,) = run.state.tokens
    failure = run.failure(run.running[0], DeclinedError("no"))
    run.take(failure, run.arrival("hook", hook_id, {"token": "t"}, Ping(5)))
    assert run.log[-1].type == "hook_received"
    run.retry()
    run.succeed("a")
    assert run.result == ["a", 5]
    compare(run)


def test_a_token_that_another_run_holds_meanwhile_is_a_conflict() -> None:
    """It is raised where the workflow awaits the hook."""
    run = MemoryRun(loses_a_payload).begin()
    run.fail(DeclinedError("no"))
    run.foreign_tokens.add("t")
    run.retry()
    run.succeed("a")
    with pytest.raises(HookConflictError, match="wrun_other"):
        _ = run.result


async def in_time() -> Any:
    hook = Ping.wait(token="t")
    task = asyncio.create_task(_flow.wait_for(_next(hook), 60))
    try:
        await work("a")
    except DeclinedError:
        if not _flow.run().live:
            raise
        await wfc.sleep(100)
        raise
    return (await task).n


@pytest.mark.parametrize(("arrived", "outcome"), [(10, 7), (70, None)])
def test_what_came_before_a_deadline_is_still_in_time(arrived: int, outcome: int | None) -> None:
    """What is delivered again comes at its own time, and the timer at its own, however late the retry is."""
    run = MemoryRun(in_time).begin()
    run.fail(DeclinedError("no"))
    if arrived > 60:
        run.fire()
    run.now = START + arrived * SECOND
    run.pay(Ping(7))
    run.fire()
    while not run.ended:
        run.fire()
    run.now += 3600 * SECOND
    run.retry()
    run.succeed("a")
    if outcome is None:
        with pytest.raises(TimeoutError):
            _ = run.result
    else:
        assert run.result == outcome
    compare(run)


async def awaits_a_child() -> str:
    await work("first")
    return str(await wfc.Run("child").return_value())


def test_a_parent_that_failed_with_its_child_asks_again() -> None:
    """The child may have been retried: what it was told before the cut is void."""
    run = MemoryRun(awaits_a_child).begin()
    run.succeed()
    answer = run.arrival("child_completed", run.flow.unanswered()[0].call_id, {"childRunId": "child", "status": None})
    run.take(answer)
    assert run.state.run.status == "failed"
    run.retry()
    (change,) = run.reopenings
    (question,) = change.questions
    assert question == Question(question.call_id, "end", "child")
    done = run.arrival("child_completed", question.call_id, {"childRunId": "child", "status": "completed"}, "fine")
    run.take(done)
    assert run.result == "fine"


async def knows_its_child() -> str:
    found = str(await wfc.Run("child").return_value())
    await work(found)
    return found


def test_what_was_answered_is_not_asked_again() -> None:
    """The answer is in the part of the log that counts."""
    run = MemoryRun(knows_its_child).begin()
    (question,) = run.flow.unanswered()
    data: dict[str, Scalar] = {"childRunId": "child", "status": "completed"}
    run.take(run.arrival("child_completed", question.call_id, data, "fine"))
    run.fail(DeclinedError("no"))
    run.retry()
    assert [change.questions for change in run.reopenings] == [[]]
    run.succeed()
    assert run.result == "fine"
