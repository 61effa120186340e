"""What asyncio offers works in a flow as it does in a script, on durable waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import wfc
from tests.runtime.memory_run import MemoryRun, work
from wfc import flow as _flow


async def uses_timeout() -> str:
    try:
        async with asyncio.timeout(5):
            await work("slow")
    except TimeoutError:
        return "timed out"
    return "in time"


async def uses_wait_for() -> str:
    try:
        return str(await _flow.wait_for(work("slow"), 5))
    except TimeoutError:
        return "timed out"


async def uses_wait() -> str:
    done, pending = await asyncio.wait({asyncio.create_task(work("slow"))}, timeout=5)
    for task in pending:
        task.cancel()
    return "in time" if done else "timed out"


async def uses_as_completed() -> str:
    try:
        for first in _flow.as_completed([work("slow")], timeout=5):
            await first
    except TimeoutError:
        return "timed out"
    return "in time"


DEADLINES = [uses_timeout, uses_wait_for, uses_wait, uses_as_completed]


@pytest.mark.parametrize("flow", DEADLINES)
def test_a_deadline_passes(flow: Callable[[], Awaitable[str]]) -> None:
    """A step that doesn't end before the deadline is given up."""
    run = MemoryRun(flow).begin()
    run.fire()
    assert run.result == "timed out"
    assert run.types[-2:] == ["wait_completed", "run_completed"]


@pytest.mark.parametrize("flow", DEADLINES)
def test_a_deadline_is_met(flow: Callable[[], Awaitable[str]]) -> None:
    """A step that ends in time leaves no wait behind."""
    run = MemoryRun(flow).begin()
    done = run.succeed("in time")
    assert run.result == "in time"
    assert len(done.transition.timers_removed) == 1


@pytest.mark.parametrize("seconds", [0, -1])
def test_wait_for_with_no_time_at_all(seconds: float) -> None:
    """wait_for with a timeout that has passed cancels at once and asks for nothing."""

    async def main() -> None:
        await _flow.wait_for(work("never"), seconds)

    run = MemoryRun(main).begin()
    with pytest.raises(TimeoutError):
        _ = run.result
    assert run.tags == []


def test_gather_collects_exceptions() -> None:
    """gather(return_exceptions=True) gives results and exceptions in the order of its arguments."""

    async def main() -> list[str]:
        found = await asyncio.gather(work("a"), work("b"), return_exceptions=True)
        return [repr(item) for item in found]

    run = MemoryRun(main).begin()
    run.fail(ValueError("b broke"), index=1)
    run.succeed("fine")
    assert run.result == ["'fine'", "ValueError('b broke')"]


def test_a_task_group_aborts_its_tasks_in_order() -> None:
    """When one task fails, the others are cancelled in the order of their making, and clean up in it."""

    async def careful(name: str) -> None:
        try:
            await work(name)
        except asyncio.CancelledError:
            await work(f"clean {name}")
            raise

    async def main() -> str:
        found = "no error"
        try:
            async with asyncio.TaskGroup() as group:
                for n in range(12):
                    group.create_task(careful(str(n)))
        except* ValueError as group_error:
            found = repr(group_error.exceptions)
        return found

    run = MemoryRun(main).begin()
    run.fail(ValueError("bad"), index=3)
    assert run.tags[12:] == [f"clean {n}" for n in (0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11)]
    assert run.finish().result == "(ValueError('bad'),)"


def test_wait_returns_with_the_first() -> None:
    """FIRST_COMPLETED gives exactly the task whose event came first."""

    async def main() -> str:
        tasks = [asyncio.create_task(work(name), name=name) for name in "abc"]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return ",".join(task.get_name() for task in done)

    run = MemoryRun(main).begin()
    run.take(run.success(run.running[1]), run.success(run.running[0]))
    assert run.result == "b"


def test_as_completed_gives_results_as_they_arrive() -> None:
    """Results come in the order of the log, whatever the order of the arguments."""

    async def main() -> list[Any]:
        return [await item for item in _flow.as_completed([work("a"), work("b"), work("c")])]

    run = MemoryRun(main).begin()
    for index, value in ((2, "c"), (0, "a"), (0, "b")):
        run.succeed(value, index=index)
    assert run.result == ["c", "a", "b"]


def test_a_lock_is_taken_in_order() -> None:
    """Tasks that wait for a lock get it first come, first served, over suspensions."""

    async def main() -> None:
        lock = asyncio.Lock()

        async def one(name: str) -> None:
            async with lock:
                await work(name)

        await asyncio.gather(*(one(name) for name in "abc"))

    run = MemoryRun(main).begin()
    assert run.tags == ["a"]
    assert run.finish().tags == ["a", "b", "c"]


def test_queues_and_events_connect_tasks() -> None:
    """A queue between two tasks and an event that one sets work over suspensions."""

    async def main() -> list[Any]:
        queue: asyncio.Queue[Any] = asyncio.Queue(maxsize=1)
        finished = asyncio.Event()

        async def produce() -> None:
            for n in range(3):
                await queue.put(await work(f"produce {n}"))
            finished.set()

        task = asyncio.create_task(produce())
        got = [await queue.get() for _ in range(3)]
        await finished.wait()
        await task
        return got

    run = MemoryRun(main).begin().finish()
    assert run.result == [f"result of produce {n}" for n in range(3)]


def test_shield_protects_a_step_from_a_deadline() -> None:
    """A shielded step goes on when the deadline around it passes."""

    async def main() -> Any:
        task = asyncio.create_task(work("kept"))
        try:
            async with asyncio.timeout(1):
                await asyncio.shield(task)
        except TimeoutError:
            return await task

    run = MemoryRun(main).begin()
    run.fire()
    run.succeed("late")
    assert run.result == "late"


@pytest.mark.parametrize(
    "call",
    [
        lambda: asyncio.to_thread(print),
        lambda: asyncio.open_connection("localhost", 1),
        lambda: asyncio.create_subprocess_exec("true"),
    ],
    ids=["thread", "connection", "process"],
)
def test_what_a_replay_would_repeat_is_refused_by_name(call: Callable[[], Awaitable[Any]]) -> None:
    """The loop of a flow has no threads, sockets or processes, and says to use a step."""

    async def main() -> None:
        await call()

    with pytest.raises(Exception, match=r"loop\.\w+\(\) isn't available in a workflow.*use a step"):
        _ = MemoryRun(main).begin().result


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["workflow", "task"])
def test_a_workflow_cannot_end_the_process(error: BaseException, where: str) -> None:
    """SystemExit and KeyboardInterrupt fail the run and go no further."""

    async def leave() -> None:
        await work("a")
        raise error

    async def main() -> None:
        await (leave() if where == "workflow" else asyncio.create_task(leave()))

    run = MemoryRun(main).begin()
    run.succeed()
    with pytest.raises(RuntimeError, match=f"the workflow raised {type(error).__name__}") as failure:
        _ = run.result
    assert type(failure.value.__cause__) is type(error)  # whose traceback says where


def test_a_step_that_exits_can_be_caught() -> None:
    """A step's SystemExit arrives as itself where the step was awaited."""

    async def main() -> Any:
        try:
            await work("a")
        except SystemExit as stopped:
            return stopped.code

    run = MemoryRun(main).begin()
    run.fail(SystemExit(7))
    assert run.result == 7


def test_a_step_that_exits_is_what_an_uncaught_exit_is_put_down_to() -> None:
    """It isn't the workflow that has raised it, and who reads the error looks in the right place."""

    async def main() -> None:
        await work("a")

    run = MemoryRun(main).begin()
    run.fail(SystemExit(7))
    with pytest.raises(RuntimeError, match=r"^a step raised SystemExit\(7\)$"):
        _ = run.result


def test_stop_iteration_of_a_step_is_wrapped() -> None:
    """StopIteration can't be put into a future; it arrives as the cause of a RuntimeError."""

    async def main() -> str:
        try:
            await work("a")
        except RuntimeError as error:
            return type(error.__cause__).__name__
        return "no error"

    run = MemoryRun(main).begin()
    run.fail(StopIteration("x"))
    assert run.result == "StopIteration"


def test_a_workflow_calls_another_inline() -> None:
    """A workflow called in a workflow runs in the caller's history."""

    async def inner() -> str:
        return str(await work("inner"))

    child: Any = wfc.Workflows().workflow(inner)

    async def main() -> str:
        return str(await child())

    assert MemoryRun(main).begin().finish().result == "result of inner"
