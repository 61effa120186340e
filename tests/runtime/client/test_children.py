"""Runs that workflows start, follow and end; attributes; who holds a token; runs are kept warm, or always replayed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

import wfc
from tests.runtime import probe
from tests.runtime.handmade import Project, open_project, write_build
from wfc.errors import AttributeLimitError, RunNotFoundError
from wfc.history import describe_history
from wfc.model import Run
from wfc.store.protocol import RunQuery

STEPS = """
@wf.step
async def double(n: int) -> int:
    if n < 0:
        raise ValueError("negative")
    if n == 0:
        await probe.gate("zero")
    return 2 * n

@wf.step
async def tag(key: str, value: str) -> None:
    await wfc.set_attributes({key: value})
"""
FLOWS = """
@wf.workflow
async def child(n: int) -> int:
    try:
        return await double(n)
    except asyncio.CancelledError:
        if not _flow.run().live:
            raise
        await double(100)
        raise

@wf.workflow
async def parent(numbers: list[int]) -> list[int]:
    runs = [await wfc.start(child, n) for n in numbers]
    return await asyncio.gather(*(run.return_value() for run in runs))

@wf.workflow
async def statuses(n: int) -> list[str]:
    run = await wfc.start(child, n)
    found = [await run.status()]
    found.append(repr(await run.return_value()))
    found.append(await run.status())
    found.append(repr(await run.return_value()))
    return found

@wf.workflow
async def failing() -> list[str]:
    run = await wfc.start(child, -1)
    try:
        await run.return_value()
    except wfc.WorkflowRunFailedError as error:
        if not _flow.run().live:
            raise
        return [type(error.__cause__).__name__, str(error.__cause__)]
    return []

@wf.workflow
async def cancelling() -> list[str]:
    run = await wfc.start(child, 0)
    while await run.status() == "pending":
        await wfc.sleep(0.01)
    await run.cancel("enough")
    try:
        await run.return_value()
    except wfc.WorkflowCancelledError as error:
        if not _flow.run().live:
            raise
        return [str(error.reason), await run.status()]
    return []

@wf.workflow
async def keyed(n: int, key: str) -> str:
    try:
        return (await wfc.start_options(idempotency_key=key).start(child, n)).run_id
    except wfc.EntityConflictError as error:
        if not _flow.run().live:
            raise
        return "other arguments" if "other arguments" in str(error) else str(error)

@wf.workflow
async def stranger() -> str:
    return await wfc.Run("wrun_nobody").status()

@wf.workflow
async def late_stranger() -> str:
    return await wfc.get_run("wrun_nobody").return_value()

@wf.workflow
async def tagging() -> int:
    await wfc.set_attributes({"a": "1", "b": "2"}, c="3")
    await tag("d", "4")
    await wfc.remove_attributes("a", "never")
    await wfc.sleep(0.01)
    await wfc.set_attributes(b=None)
    return await double(2)

@wf.workflow
async def tagging_too_much(n: int) -> str:
    try:
        for number in range(n):
            await wfc.set_attributes({f"k{number}": "v"})
        await tag("last", "v")
    except Exception as error:
        if not _flow.run().live:
            raise
        return type(error).__name__
    return "fine"

@dataclass
class Ping(wfc.BaseHook):
    n: int

@wf.workflow
async def curious(token: str) -> str:
    hook = Ping.wait(token=token)
    conflict = await hook.get_conflict()
    assert (await hook.get_conflict() is None) == (conflict is None)
    if conflict is not None:
        return conflict.run_id
    await double(0)
    return "mine"
"""

Test = Callable[[Project], Awaitable[None]]
Runner = Callable[[Test], None]


@pytest.fixture(params=[1000, 0], ids=["warm", "replayed"])
def run_test(tmp_path: Path, request: pytest.FixtureRequest) -> Runner:
    """Run a test's coroutine with a worker that keeps so many parked runs in memory."""
    write_build(tmp_path, STEPS, FLOWS)

    async def drive(test: Test) -> None:
        async with open_project(tmp_path) as project:
            project.work(parked=request.param)
            await test(project)

    return lambda test: asyncio.run(drive(test))


async def child_of(project: Project, run: Run) -> Run:
    """Return the run that this one has started."""
    events = await project.log(run)
    return await project.store.run(next(str(e.data["childRunId"]) for e in events if e.type == "child_started"))


def test_children_run_and_give_their_results(run_test: Runner) -> None:
    """Each child is started once, belongs to its parent, and is a run of its own with a log of its own."""

    async def test(project: Project) -> None:
        run = await project.start("parent", numbers=[1, 2, 3])
        assert await project.outcome(run) == [2, 4, 6]
        runs = await project.store.runs(RunQuery(10))
        children = [one for one in runs if one.parent_run_id == run.run_id]
        assert len(runs) == 4
        assert len(children) == 3
        assert {one.status for one in children} == {"completed"}
        types = await project.types(run)
        assert types.count("child_started") == types.count("child_completed") == 3

    run_test(test)


def test_a_child_tells_its_status_before_and_after_its_end(run_test: Runner) -> None:
    """Asking is durable, and asking a run that has ended is answered at once."""

    async def test(project: Project) -> None:
        assert await project.outcome(await project.start("statuses", n=4)) == ["pending", "8", "completed", "8"]

    run_test(test)


def test_a_child_that_fails_raises_with_its_error_as_the_cause(run_test: Runner) -> None:
    """The workflow sees what the child's workflow raised."""

    async def test(project: Project) -> None:
        assert await project.outcome(await project.start("failing")) == ["ValueError", "negative"]

    run_test(test)


def test_a_workflow_cancels_its_child_which_cleans_up(run_test: Runner) -> None:
    """The request is one message, with its reason, however often the parent is replayed."""

    async def test(project: Project) -> None:
        run = await project.start("cancelling")
        assert await project.outcome(run) == ["enough", "cancelled"]
        child = await child_of(project, run)
        types = await project.types(child)
        assert types.count("run_cancelling") == 1

    run_test(test)


def test_a_key_finds_the_child_that_it_has_started(run_test: Runner) -> None:
    """The same key and arguments give the same run, whoever starts it; other arguments are an error."""

    async def test(project: Project) -> None:
        first = await project.outcome(await project.start("keyed", n=1, key="k"))
        assert await project.outcome(await project.start("keyed", n=1, key="k")) == first
        assert await project.outcome(await project.start("keyed", n=2, key="k")) == "other arguments"
        assert (await project.store.run(first)).idempotency_key == "k"

    run_test(test)


@pytest.mark.parametrize("workflow", ["stranger", "late_stranger"])
def test_a_run_that_is_not_there_is_an_error(run_test: Runner, workflow: str) -> None:
    """Asking for a run that nobody has started doesn't wait for ever."""

    async def test(project: Project) -> None:
        with pytest.raises(RunNotFoundError, match="wrun_nobody"):
            await project.outcome(await project.start(workflow))

    run_test(test)


def test_attributes_of_workflow_and_steps_are_kept(run_test: Runner) -> None:
    """What is set and not removed again is there in the end, and the log tells who has set it."""

    async def test(project: Project) -> None:
        run = await project.start("tagging")
        assert await project.outcome(run) == 4
        assert await project.store.attributes(run.run_id) == {"c": "3", "d": "4"}
        writers = [event.data["writer"] for event in await project.log(run) if event.type == "attr_set"]
        assert writers == ["workflow", "step", "workflow", "workflow"]

    run_test(test)


@pytest.mark.parametrize(
    ("number", "outcome"), [(63, "fine"), (64, "AttributeLimitError"), (65, "AttributeLimitError")]
)
def test_a_run_has_at_most_64_attributes(run_test: Runner, number: int, outcome: str) -> None:
    """The call that would make it more raises, in a workflow and in a step."""

    async def test(project: Project) -> None:
        run = await project.start("tagging_too_much", n=number)
        assert await project.outcome(run) == outcome
        assert len(await project.store.attributes(run.run_id)) == 64

    run_test(test)


@pytest.mark.parametrize(
    ("attributes", "complaint"),
    [
        ({"k" * 257: "v"}, "1 to 256 characters"),
        ({"": "v"}, "1 to 256 characters"),
        ({"k": "ü" * 129}, "at most 256 bytes"),
        ({f"k{n}": "v" for n in range(65)}, "at most 64"),
    ],
)
def test_attributes_that_are_too_large_are_refused_at_the_start(
    run_test: Runner, attributes: dict[str, str], complaint: str
) -> None:
    """Nothing is started then; the message names key and limit."""

    async def test(project: Project) -> None:
        child = wfc.Workflow(project.client.builds.current().flow("workflow//app.w//child").function)
        with pytest.raises(AttributeLimitError, match=complaint):
            await wfc.start_options(attributes=attributes).start(child, 1)
        assert await project.store.runs(RunQuery(1)) == []

    run_test(test)


def test_a_run_starts_with_attributes(run_test: Runner) -> None:
    """They count towards what the workflow may set."""

    async def test(project: Project) -> None:
        signature = project.client.builds.current().flow("workflow//app.w//tagging_too_much").signature
        run = await project.client.start(
            "workflow//app.w//tagging_too_much",
            lambda: signature.encode_args((), {"n": 63}),
            attributes={"who": "me"},
        )
        assert await project.outcome(run) == "AttributeLimitError"
        assert (await project.store.attributes(run.run_id))["who"] == "me"

    run_test(test)


def test_a_hook_tells_who_holds_its_token(run_test: Runner) -> None:
    """None where it is the run itself, else the run that does; asking twice is answered from memory."""

    async def test(project: Project) -> None:
        first = await project.start("curious", token="t")
        await project.until(lambda: project.store.hooks(first.run_id), "the first hook")
        second = await project.start("curious", token="t")
        assert await project.outcome(second) == first.run_id
        probe.gates["zero"].set()
        assert await project.outcome(first) == "mine"

    run_test(test)


def test_a_history_tells_of_attributes_and_children(run_test: Runner) -> None:
    """Readers get plain JSON: what was set, who was started with what, and what came of it."""

    async def test(project: Project) -> None:
        run = await project.start("tagging")
        await project.outcome(run)
        history = describe_history(await project.store.run(run.run_id), await project.log(run), [], [], [])
        assert history["run"]["attributes"] == {"c": "3", "d": "4"}
        failing = await project.start("failing")
        await project.outcome(failing)
        events = describe_history(await project.store.run(failing.run_id), await project.log(failing), [], [], [])[
            "events"
        ]
        data = {event["type"]: event["data"] for event in events}
        assert data["child_started"]["input"] == {"n": -1}
        assert data["child_completed"]["error"]["message"] == "negative"

    run_test(test)
