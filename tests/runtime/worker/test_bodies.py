"""Step bodies that behave badly: whatever they do, the attempt ends, the worker lives and the next run works."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.runtime import probe
from tests.runtime.handmade import Project, open_project, write_build

STEPS = """
@wf.step
async def fine() -> str:
    return "fine"

@wf.step
async def exits() -> None:
    raise SystemExit(3)

@wf.step
def exits_in_thread() -> None:
    raise KeyboardInterrupt

@wf.step
def exhausted_iterator() -> int:
    return next(iter([]))

@wf.step
async def exhausted_async() -> int:
    return next(iter([]))

@wf.step
async def generator_exit() -> None:
    raise GeneratorExit

class OddError(Exception):
    def __init__(self) -> None:
        self.self = self
        self.lock = __import__("threading").Lock()
        self.__notes__ = [1, object()]
        self.__cause__ = self

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__

@wf.step
async def odd_error() -> None:
    raise OddError()

class Unreadable(wfc.RetryableError):
    def delay_us(self) -> int:
        raise ZeroDivisionError

@wf.step
async def odd_retry() -> None:
    raise Unreadable("later")

@wf.step
async def unwritable_result() -> object:
    return lambda: None

@wf.step
async def wrong_result() -> int:
    return "no number"

@wf.step(timeout=0.02)
async def too_slow() -> None:
    await asyncio.Event().wait()

@wf.step(timeout=0.02)
def too_slow_thread() -> None:
    probe.thread_gates["slow"].wait()

@wf.step
async def deep() -> None:
    def down() -> None:
        down()
    down()

@wf.step
async def returns_late_awaitable() -> str:
    return "x" * 3_000_000

@wf.step
async def cancels_itself() -> None:
    asyncio.current_task().cancel()
    await asyncio.sleep(0)
"""
NAMES = {
    "exits": "SystemExit",
    "exits_in_thread": "KeyboardInterrupt",
    "exhausted_iterator": "RuntimeError",
    "exhausted_async": "RuntimeError",
    "generator_exit": "RuntimeError",
    "odd_error": "OddError",
    "odd_retry": "Unreadable",
    "unwritable_result": "SerializationError",
    "wrong_result": "TypeValidationError",
    "too_slow": "TimeoutError",
    "too_slow_thread": "TimeoutError",
    "deep": "RecursionError",
    "cancels_itself": "RuntimeError",
}
FLOWS = (
    "\n".join(
        f"""
@wf.workflow
async def try_{name}() -> str:
    try:
        await {name}()
    except BaseException as error:
        if not _flow.run().live:
            raise
        return f"{{type(error).__name__}} {{await fine()}}"
    return "no error"
"""
        for name in NAMES
    )
    + """
@wf.workflow
async def big() -> int:
    return len(await returns_late_awaitable())
"""
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_build(tmp_path, STEPS, FLOWS)
    return tmp_path


@pytest.mark.parametrize(("step", "error"), NAMES.items())
def test_a_body_that_ends_badly(root: Path, step: str, error: str) -> None:
    """The flow gets the error, can go on, and the worker serves the next run."""

    async def main() -> None:
        async with open_project(root) as project:
            worker = project.work(concurrency=2)
            run = await project.start(f"try_{step}")
            assert await project.outcome(run) == f"{error} fine"
            await project.stop()
            assert worker._slots.free == 2

    asyncio.run(main())


def test_a_stuck_thread_takes_no_thread_from_others(root: Path) -> None:
    """With one slot, a `def` body that has timed out and never ends doesn't keep the next one from running."""

    async def main() -> None:
        async with open_project(root) as project:
            project.work(concurrency=1)
            assert await project.outcome(await project.start("try_too_slow_thread")) == "TimeoutError fine"
            assert await project.outcome(await project.start("try_exits_in_thread")) == "KeyboardInterrupt fine"

    asyncio.run(main())


def test_a_large_result(root: Path) -> None:
    """Three megabytes go through."""

    async def main() -> None:
        async with open_project(root) as project:
            project.work()
            assert await project.outcome(await project.start("big")) == 3_000_000

    asyncio.run(main())


LOOKING = """
@wf.step
async def look() -> str:
    info = wfc.get_step_metadata()
    probe.note(info.step_id)
    if info.attempt < 3:
        raise ValueError("again")
    return f"{info.attempt} {info.step_name} {wfc.get_workflow_metadata().workflow_name}"

@wf.step
def resumes(token: str) -> None:
    Ping(n=4).resume_sync(token)

from dataclasses import dataclass

@dataclass
class Ping(wfc.BaseHook):
    n: int
"""
LOOKING_FLOWS = """
@wf.workflow
async def main() -> str:
    return await look()

@wf.workflow
async def resumed() -> int:
    hooks = [Ping.wait(token=f"t{n}") for n in range(20)]
    await asyncio.gather(*(resumes(hook.token) for hook in hooks))
    return sum([(await hook).n for hook in hooks])
"""


def test_a_body_knows_its_attempt(tmp_path: Path) -> None:
    """The step's id is the same for all attempts; attempts count from 1."""

    async def main(project: Project) -> None:
        project.work()
        found = await project.outcome(await project.start())
        assert found == "3 step//app.s//look workflow//app.w//main"
        assert len(probe.notes) == 3
        assert len(set(probe.notes)) == 1

    write_build(tmp_path, LOOKING, LOOKING_FLOWS, retries={"look": 5})
    asyncio.run(_with_project(tmp_path, main))


def test_threads_may_resume_hooks_while_the_worker_commits(tmp_path: Path) -> None:
    """The synchronous twins share the worker's store from other threads without disturbing its transactions."""

    async def main(project: Project) -> None:
        project.work()
        assert await project.outcome(await project.start("resumed")) == 80

    write_build(tmp_path, LOOKING, LOOKING_FLOWS)
    asyncio.run(_with_project(tmp_path, main))


async def _with_project(root: Path, main: Callable[[Project], Awaitable[None]]) -> None:
    async with open_project(root) as project:
        await main(project)


def test_a_workflow_is_told_where_it_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The URL is that of the run's start, in every replay; a step has the present one."""
    steps = "@wf.step\nasync def here() -> str:\n    return wfc.get_workflow_metadata().url\n"
    flows = (
        "@wf.workflow\nasync def main() -> list[str]:\n"
        "    first = wfc.get_workflow_metadata().url\n    await wfc.sleep(0.01)\n"
        "    return [first, wfc.get_workflow_metadata().url, await here()]\n"
    )
    write_build(tmp_path, steps, flows)

    async def main() -> None:
        async with open_project(tmp_path) as project:
            monkeypatch.setenv("VERCEL_URL", "shop.example")
            run = await project.start()
            monkeypatch.setenv("WFC_URL", "https://moved.example")
            project.work()
            assert await project.outcome(run) == ["https://shop.example"] * 2 + ["https://moved.example"]

    asyncio.run(main())
