"""What host code calls: start, wait, cancel, resume, and their synchronous twins."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import wfc
from tests.runtime import probe
from tests.runtime.handmade import Project, open_project, write_build
from wfc.client import client_here, use_client
from wfc.errors import ConfigError
from wfc.handles import run_sync

wf = wfc.Workflows()


@wf.workflow
async def main(n: int = 3) -> list[int]:
    """Stand for the host's own import of the workflow."""
    raise AssertionError("the host's copy never runs")


@dataclass
class Ping(wfc.BaseHook):
    n: int


# The host's names are those of the project's own modules, which stand in no file here.
main.workflow_id = "workflow//app.w//main"
Ping.__module__ = "app.w"
untyped: Any = main  # for calls that mypy refuses
untyped_step: Any = wf.step(lambda: None)
no_token: Any = None

STEPS = """
@wf.step
async def double(n: int) -> int:
    if n < 0:
        raise ValueError("negative")
    if n == 0:
        await probe.gate("zero")
    return 2 * n
"""
FLOWS = """
@dataclass
class Ping(wfc.BaseHook):
    n: int

@wf.workflow
async def main(n: int = 3) -> list[int]:
    found = [await double(n)]
    async with _flow.cm(_flow.run(), Ping.wait(token=f"t{n}", metadata={"for": n})) as hook:
        found.append((await hook).n)
    return found
"""

Test = Callable[[Project], Awaitable[None]]


@pytest.fixture
def run_test(tmp_path: Path) -> Iterator[Callable[[Test], None]]:
    """Run a test's coroutine with a project that has this module's workflow built, and a worker."""
    write_build(tmp_path, STEPS, FLOWS)

    async def drive(test: Test) -> None:
        async with open_project(tmp_path) as project:
            project.work()
            await test(project)

    yield lambda test: asyncio.run(drive(test))
    use_client(None)


def test_start_and_wait(run_test: Callable[[Test], None]) -> None:
    """start gives a handle whose return_value waits for the end; a hook is resumed on the way."""

    async def test(project: Project) -> None:
        run = await wfc.start(main, 4)
        await project.until(lambda: project.store.hooks(run.run_id), "the hook")
        info = await wfc.get_hook_by_token("t4")
        assert (info.run_id, info.metadata) == (run.run_id, {"for": 4})
        await Ping(n=9).resume(info)
        assert await run.return_value() == [8, 9]
        assert await run.status() == "completed"
        assert await wfc.get_run(run.run_id, type=list[int]).return_value() == [8, 9]

    run_test(test)


def test_the_same_key_gives_the_same_run(run_test: Callable[[Test], None]) -> None:
    """A repeated start with the same key and arguments is the same run; other arguments are an error."""

    async def test(project: Project) -> None:
        options = wfc.start_options(idempotency_key="order-7")
        first = await options.start(main, 0)
        assert (await options.start(main, n=0)).run_id == first.run_id
        with pytest.raises(wfc.EntityConflictError, match="other arguments"):
            await options.start(main, 1)

    run_test(test)


def test_a_failed_run_raises_its_error(run_test: Callable[[Test], None]) -> None:
    """WorkflowRunFailedError carries the workflow's exception as its cause."""

    async def test(project: Project) -> None:
        run = await wfc.start(main, -1)
        with pytest.raises(wfc.WorkflowRunFailedError, match="ValueError: negative") as caught:
            await run.return_value()
        assert isinstance(caught.value.__cause__, ValueError)
        with pytest.raises(wfc.RunExpiredError, match="it is failed"):
            await run.cancel()

    run_test(test)


@pytest.mark.parametrize("how", ["cancel", "terminate"])
def test_a_cancelled_run_says_why(run_test: Callable[[Test], None], how: str) -> None:
    """WorkflowCancelledError carries the reason."""

    async def test(project: Project) -> None:
        run = await wfc.start(main, 0)
        await probe.noted("at zero")
        await getattr(run, how)("no longer needed")
        with pytest.raises(wfc.WorkflowCancelledError, match="no longer needed"):
            await run.return_value()

    run_test(test)


def test_the_synchronous_twins(run_test: Callable[[Test], None]) -> None:
    """start_sync, resume_sync and result_sync work in a thread while the loop runs a worker."""

    async def test(project: Project) -> None:
        run = await asyncio.to_thread(wfc.start_sync, main, 5)
        await project.until(lambda: project.store.hooks(run.run_id), "the hook")
        await asyncio.to_thread(Ping(n=1).resume_sync, "t5")
        async with asyncio.timeout(20):
            assert await asyncio.to_thread(run.result_sync) == [10, 1]

    run_test(test)


def test_a_synchronous_call_closes_the_store_that_it_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A web server that uses the twins for months runs out of no file descriptors."""
    monkeypatch.chdir(tmp_path)

    async def look() -> int:
        return await client_here().store.live_runs()

    assert run_sync(look) == 0
    before = len(os.listdir("/dev/fd"))
    for _ in range(5):
        run_sync(look)
    assert len(os.listdir("/dev/fd")) == before


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        pytest.param(lambda: wfc.start(untyped, "x"), wfc.TypeValidationError, "n", id="wrong type"),
        pytest.param(lambda: wfc.start(untyped, 1, 2), TypeError, "main", id="too many"),
        pytest.param(lambda: wfc.start_options(run_id="-x").start(main), ConfigError, "run id '-x'", id="run id"),
        pytest.param(lambda: wfc.start_options(idempotency_key="").start(main), ConfigError, "key ''", id="empty key"),
        pytest.param(lambda: wfc.start(untyped_step), TypeError, "takes a workflow.*not <Step", id="start of a step"),
        pytest.param(lambda: Ping(n=1).resume(no_token), TypeError, "hook's token.*not None", id="no token at all"),
        pytest.param(lambda: wfc.get_run("x").status(), wfc.RunNotFoundError, "'x'", id="unknown run"),
        pytest.param(lambda: Ping(n=1).resume("x"), wfc.HookNotFoundError, "'x'", id="unknown token"),
        pytest.param(lambda: wfc.get_hook_by_token("x"), wfc.HookNotFoundError, "'x'", id="no hook"),
    ],
)
def test_wrong_calls_write_nothing(
    run_test: Callable[[Test], None], call: Callable[[], Awaitable[Any]], error: type[Exception], message: str
) -> None:
    """A call that can't work says why, and leaves the store as it was."""

    async def test(project: Project) -> None:
        with pytest.raises(error, match=message):
            await call()
        assert await project.store.live_runs() == 0

    run_test(test)


def test_a_workflow_is_not_called_outside() -> None:
    """Calling a workflow directly says to start it."""
    with pytest.raises(RuntimeError, match=r"await start\(main, ...\)"):
        untyped(1)


def test_a_step_called_outside_runs_its_body() -> None:
    """Steps are ordinary functions in scripts and unit tests, sync or async."""

    @wf.step
    def plain(n: int) -> int:
        return n + 1

    assert asyncio.run(plain(1)) == 2
    assert plain.func(2) == 3


def test_nothing_is_built(tmp_path: Path) -> None:
    """start without a build says to build."""

    async def start() -> None:
        async with open_project(tmp_path):
            await wfc.start(main, 1)

    with pytest.raises(ConfigError, match="run `wfc build` first"):
        asyncio.run(start())
