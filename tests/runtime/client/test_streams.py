"""Streams: what steps write, in order, to whoever follows the run; handles that workflows pass on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import wfc
from tests.runtime import probe
from tests.runtime.handmade import Project, open_project, write_build
from wfc.errors import RunNotFoundError

STEPS = """
@wf.step
async def tell(words: list[str]) -> int:
    writer = wfc.get_writable()
    for word in words:
        await writer.write(word)
    return len(words)

@wf.step
async def tell_to(writer: wfc.WorkflowWritable, words: list[str], *, close: bool = False) -> None:
    await writer.write_from(words)
    if close:
        await writer.close()

@wf.step
def tell_from_a_thread(words: list[str]) -> None:
    writer = wfc.get_writable(namespace="thread")
    for word in words:
        writer.write_sync(word)
    writer.close_sync()

@wf.step
async def tell_slowly(words: list[str]) -> None:
    async with wfc.get_writable(namespace="slow") as writer:
        for word in words:
            await writer.write({"word": word})
            await writer.drain()
            await probe.gate(word)

@wf.step
async def fail_once() -> None:
    async with wfc.get_writable() as writer:
        await writer.write(wfc.get_step_metadata().attempt)
        if wfc.get_step_metadata().attempt == 1:
            raise ValueError("once")

@wf.step
async def fail_after_the_end() -> str:
    attempt = wfc.get_step_metadata().attempt
    async with wfc.get_writable() as writer:
        await writer.write(attempt)
    if attempt == 1:
        raise ValueError("once")
    try:
        await writer.write("late")
        await writer.drain()
    except Exception as error:
        return type(error).__name__
    return "written"

@wf.step
async def write_what_cannot_be() -> None:
    await wfc.get_writable().write(object())

@wf.step
async def write_after_the_end() -> None:
    writer = wfc.get_writable()
    await writer.close()
    await writer.write("late")

@wf.step
async def write_a_lot(count: int, size: int) -> None:
    await wfc.get_writable().write_from("x" * size for _ in range(count))
"""
FLOWS = """
@wf.workflow
async def telling(words: list[str]) -> int:
    return await tell(words) + await tell(words)

@wf.workflow
async def passing(words: list[str]) -> str:
    writer = wfc.get_writable(namespace="named")
    await tell_to(writer, words)
    child = await wfc.start(listener, writer, words)
    await child.return_value()
    return writer.name

@wf.workflow
async def listener(writer: wfc.WorkflowWritable, words: list[str]) -> None:
    await tell_to(writer, words, close=True)

@wf.workflow
async def threaded(words: list[str]) -> None:
    await tell_from_a_thread(words)

@wf.workflow
async def slow(words: list[str]) -> None:
    await tell_slowly(words)

@wf.workflow
async def retried() -> None:
    await fail_once()

@wf.workflow
async def closed_twice() -> str:
    return await fail_after_the_end()

@wf.workflow
async def one(step: str) -> str:
    try:
        await {"object": write_what_cannot_be, "late": write_after_the_end}[step]()
    except Exception as error:
        if not _flow.run().live:
            raise
        return f"{type(error).__name__}: {error}"
    return "fine"

@wf.workflow
async def lots(count: int, size: int) -> None:
    await write_a_lot(count, size)

@wf.workflow
async def writing_itself() -> None:
    await wfc.get_writable().write("no")
"""

Test = Callable[[Project], Awaitable[None]]
Runner = Callable[[Test], None]


@pytest.fixture
def run_test(tmp_path: Path) -> Runner:
    """Run a test's coroutine with a project that has these workflows built, and a worker."""
    write_build(tmp_path, STEPS, FLOWS, retries={"fail_once": 1, "fail_after_the_end": 1, "write_after_the_end": 3})

    async def drive(test: Test) -> None:
        async with open_project(tmp_path) as project:
            project.work()
            await test(project)

    return lambda test: asyncio.run(drive(test))


async def values(run_id: str, **options: Any) -> list[Any]:
    async with asyncio.timeout(20):
        return [value async for value in wfc.get_run(run_id).readable(**options)]


def test_an_attempt_after_one_that_closed_the_stream(run_test: Runner) -> None:
    """What it tells is not told again, and doesn't fail it; what it writes after closing the stream itself does."""

    async def test(project: Project) -> None:
        run = await project.start("closed_twice")
        assert await project.outcome(run) == "StreamClosedError"
        assert await values(run.run_id) == [1]

    run_test(test)


def test_what_steps_write_is_read_in_order(run_test: Runner) -> None:
    """Two steps of a run append to one stream; its end is the end of the run."""

    async def test(project: Project) -> None:
        run = await project.start("telling", words=["a", "b", "c"])
        assert await values(run.run_id) == ["a", "b", "c"] * 2
        assert await values(run.run_id, start_index=4) == ["b", "c"]
        assert await values(run.run_id, start_index=-1) == ["c"]
        assert await values(run.run_id, start_index=-100) == ["a", "b", "c"] * 2
        assert await values(run.run_id, namespace="other") == []
        assert [v async for v in wfc.read_stream(run.run_id, "default", type=str)] == ["a", "b", "c"] * 2

    run_test(test)


def test_a_handle_goes_through_steps_and_children(run_test: Runner) -> None:
    """A child run writes to its parent's stream, and ends it."""

    async def test(project: Project) -> None:
        run = await project.start("passing", words=["a", "b"])
        assert await values(run.run_id, namespace="named") == ["a", "b", "a", "b"]
        assert await project.outcome(run) == "named"
        handle: wfc.Run[Any] = wfc.get_run(run.run_id)
        assert await handle.list_streams() == [wfc.StreamInfo("named", 4, closed=True)]
        assert await handle.stream_info("named") == wfc.StreamInfo("named", 4, closed=True)
        assert await handle.stream_info() == wfc.StreamInfo("default", 0, closed=False)

    run_test(test)


def test_a_step_in_a_thread_writes_too(run_test: Runner) -> None:
    """Each of its writes is durable on return."""

    async def test(project: Project) -> None:
        run = await project.start("threaded", words=["a", "b"])
        assert await values(run.run_id, namespace="thread") == ["a", "b"]

    run_test(test)


def test_a_reader_follows_while_the_step_goes_on(run_test: Runner) -> None:
    """Chunks come as they are written, and the stream ends when it is closed."""

    async def test(project: Project) -> None:
        run = await project.start("slow", words=["a", "b"])
        reader = wfc.get_run(run.run_id).readable(namespace="slow")
        async with asyncio.timeout(20):
            assert await anext(reader) == {"word": "a"}
            probe.gates["a"].set()
            assert await anext(reader) == {"word": "b"}
            probe.gates["b"].set()
            with pytest.raises(StopAsyncIteration):
                await anext(reader)

    run_test(test)


def test_a_retry_writes_again(run_test: Runner) -> None:
    """A block that fails leaves the stream open for the next attempt, and loses nothing."""

    async def test(project: Project) -> None:
        run = await project.start("retried")
        assert await values(run.run_id) == [1, 2]

    run_test(test)


@pytest.mark.parametrize(
    ("step", "complaint"),
    [("object", "SerializationError: "), ("late", "StreamClosedError: the stream 'default' of run")],
)
def test_what_cannot_be_written_fails_the_step(run_test: Runner, step: str, complaint: str) -> None:
    """The step gets the error, at the latest at its end."""

    async def test(project: Project) -> None:
        assert str(await project.outcome(await project.start("one", step=step))).startswith(complaint)

    run_test(test)


def test_much_is_written_in_few_commits(run_test: Runner) -> None:
    """Chunks that are written faster than they can be committed share commits."""

    async def test(project: Project) -> None:
        commits = 0
        write = project.store.write_chunks

        async def counted(*args: Any, **options: Any) -> int:
            nonlocal commits
            commits += 1
            return await write(*args, **options)

        project.store.write_chunks = counted  # type: ignore[method-assign]
        run = await project.start("lots", count=3000, size=1000)
        assert len(await values(run.run_id)) == 3000
        assert commits < 300

    run_test(test)


def test_a_workflow_passes_its_handle_and_writes_nothing(run_test: Runner) -> None:
    """Writing in a flow would be repeated by each replay; the message says what to do."""

    async def test(project: Project) -> None:
        with pytest.raises(RuntimeError, match="pass the handle to a step"):
            await project.outcome(await project.start("writing_itself"))

    run_test(test)


def test_bytes_and_text_are_read_as_bytes(run_test: Runner) -> None:
    """Anything else in the stream is an error that names its type."""

    async def test(project: Project) -> None:
        run = await project.start("telling", words=["ü"])
        await project.outcome(run)
        handle: wfc.Run[Any] = wfc.get_run(run.run_id)
        assert [chunk async for chunk in handle.readable_bytes()] == ["ü".encode()] * 2
        await wfc.WorkflowWritable[int](run.run_id).write(7)
        with pytest.raises(TypeError, match="a value of type int"):
            _ = [chunk async for chunk in handle.readable_bytes()]

    run_test(test)


def test_a_run_that_is_not_there_has_no_stream(run_test: Runner) -> None:
    """Following or writing it is an error, not an empty stream."""

    async def test(_: Project) -> None:
        with pytest.raises(RunNotFoundError):
            await values("wrun_nobody")
        with pytest.raises(RunNotFoundError):
            await wfc.WorkflowWritable[int]("wrun_nobody").write(1)
        with pytest.raises(RunNotFoundError):
            await wfc.get_run("wrun_nobody").list_streams()

    run_test(test)


@pytest.mark.parametrize("namespace", ["", "n" * 257])
def test_a_stream_has_a_name(namespace: str) -> None:
    """A namespace that can't be one is refused where it is given."""
    with pytest.raises(ValueError, match="1 to 256 characters"):
        wfc.WorkflowWritable("r", namespace)


def test_a_stream_belongs_to_a_run() -> None:
    """Outside a workflow and a step there is none to write to."""
    with pytest.raises(RuntimeError, match="only works in a workflow or in a step"):
        wfc.get_writable()
