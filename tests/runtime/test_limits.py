"""What is too large is refused where its user can do something about it, with its size, the limit and the way out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
import pytest

import wfc
from tests.runtime.asynchronous import on_a_loop
from tests.runtime.handmade import open_project, write_build
from tests.runtime.memory_run import MemoryRun, work
from wfc.codec import Codec, encode_exception, rebuild_exception
from wfc.errors import EventLimitError, HookNotFoundError, PayloadLimitError
from wfc.limits import LARGEST_HOOK_BODY_BYTES, LARGEST_PAYLOAD_BYTES

STEPS = f"""
SIZE = {LARGEST_PAYLOAD_BYTES}

@wf.step
async def gives(size: int) -> str:
    probe.note("gives")
    return "x" * size

@wf.step
async def takes(text: str) -> int:
    return len(text)

@wf.step
async def complains(size: int) -> None:
    raise ValueError("x" * size)

@wf.step
async def streams(size: int) -> None:
    await wfc.get_writable().write("x" * size)
"""
FLOWS = """
SIZE = 10_000_000

async def told(call) -> str:
    try:
        await call
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return "fine"

@wf.workflow
async def main() -> list[str]:
    return [
        await told(gives(SIZE - 2)),
        await told(gives(SIZE)),
        await told(takes("x" * (SIZE - 11))),
        await told(takes("x" * SIZE)),
        await told(streams(SIZE)),
    ]

@wf.workflow
async def returns() -> str:
    return "x" * SIZE

@wf.workflow
async def catches() -> int:
    try:
        await complains(30_000_000)
    except ValueError as error:
        return len(str(error))
    return 0
"""


@dataclass
class Delivery(wfc.BaseHook):
    text: str


@on_a_loop
async def test_payloads_up_to_the_limit_pass_and_larger_ones_say_so(tmp_path: Path) -> None:
    """Arguments, results and chunks are refused at the call that they belong to; results without another attempt."""
    write_build(tmp_path, STEPS, FLOWS, retries={"gives": 3, "streams": 3})
    async with open_project(tmp_path) as project:
        run = await project.start("main")
        project.work()
        small, result, argument, arguments, chunk = await project.outcome(run)
        assert (small, argument) == ("fine", "fine")
        for said, what in ((result, "gives() result"), (arguments, "takes()"), (chunk, "a chunk of stream 'default'")):
            assert said.startswith(f"PayloadLimitError: {what} takes 10.0 MB when it is recorded, and a value may take")
        retried = [event for event in await project.log(run) if event.type == "step_retrying"]
        assert not retried


@on_a_loop
async def test_a_workflow_whose_result_is_too_large_fails(tmp_path: Path) -> None:
    """There is nobody in the workflow left to catch it."""
    write_build(tmp_path, STEPS, FLOWS)
    async with open_project(tmp_path) as project:
        run = await project.start("returns")
        project.work()
        with pytest.raises(PayloadLimitError, match="let a step store it"):
            await project.outcome(run)


@on_a_loop
async def test_an_exception_that_is_too_large_keeps_its_class(tmp_path: Path) -> None:
    """What it holds is cut; that it was raised, and as what, is kept."""
    write_build(tmp_path, STEPS, FLOWS)
    async with open_project(tmp_path) as project:
        run = await project.start("catches")
        project.work()
        assert await project.outcome(run) <= 20_100


@on_a_loop
async def test_input_that_is_too_large_starts_nothing(tmp_path: Path) -> None:
    """Starting raises in the host's code, and no run is written."""
    write_build(tmp_path, STEPS, FLOWS.replace("returns()", "returns(text: str)"))
    async with open_project(tmp_path) as project:
        with pytest.raises(PayloadLimitError, match=r"returns\(\) takes 10\.0 MB"):
            await project.start("returns", text="x" * LARGEST_PAYLOAD_BYTES)
        assert await project.store.live_runs() == 0


@on_a_loop
async def test_a_hook_body_that_is_too_large_is_not_delivered(tmp_path: Path) -> None:
    """It is refused before anything is written, whoever waits."""
    write_build(tmp_path, STEPS, FLOWS)
    async with open_project(tmp_path):
        with pytest.raises(PayloadLimitError, match=r"the Delivery takes 4\.0 MB .* nothing was delivered"):
            await Delivery("x" * LARGEST_HOOK_BODY_BYTES).resume("t")
        with pytest.raises(HookNotFoundError):
            await Delivery("x" * 100).resume("t")


class Model(pydantic.BaseModel):
    """A model whose validation error has large inputs."""

    numbers: list[int]


def large_errors() -> list[Any]:
    held = ValueError("held")
    for name in ("a", "b", "c", "d"):
        setattr(held, name, "x" * 4_000_000)
    noted = ValueError("noted")
    for _ in range(300):
        noted.add_note("n" * 100_000)
    try:
        Model(numbers=["x" * 3_000_000] * 5)  # type: ignore[list-item]
    except pydantic.ValidationError as error:
        return [held, noted, error, ValueError("x" * 50_000_000)]
    raise AssertionError("it is valid")


@pytest.mark.parametrize("error", large_errors(), ids=["attributes", "notes", "validation", "message"])
def test_every_exception_can_be_recorded(error: Exception) -> None:
    """However much an exception holds, its record fits the limit and can be read."""
    recorded = encode_exception(error, Codec())
    assert len(recorded) <= LARGEST_PAYLOAD_BYTES
    assert rebuild_exception(recorded, Codec()) is not None
    assert json.loads(recorded)["type"].endswith(type(error).__name__)


def test_a_run_whose_log_gets_too_long_fails_and_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the limit, the line and the way out, and is the end of the run on a replay, too."""
    monkeypatch.setattr("wfc.engine.advance.MOST_EVENTS", 20)

    async def main() -> None:
        while True:
            await work("again")

    run = MemoryRun(main).begin()
    while not run.ended:
        run.succeed()
    with pytest.raises(EventLimitError, match=r"test_limits\.py:\d+: do parts of the work in child runs"):
        _ = run.result
    assert 20 < len(run.log) < 26
    assert run.replayed().state.flow.live


def test_a_run_of_just_so_many_events_completes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit itself is allowed."""

    async def main() -> str:
        for _ in range(3):
            await work("again")
        return "done"

    finished = MemoryRun(main).begin().finish()
    monkeypatch.setattr("wfc.engine.advance.MOST_EVENTS", len(finished.log) - 1)
    again = MemoryRun(main).begin().finish()
    assert again.result == "done"
