"""`wfc worker` as a process: what it logs, and how it ends."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.asynchronous import on_a_loop
from tests.runtime.cli.conftest import play
from tests.runtime.handmade import Project, open_project, write_build
from wfc.cli.log_output import JsonFormatter, TextFormatter
from wfc.logs import carry_context

STEPS = """
import logging, pathlib, sys, threading

@wf.step
async def talks(n: int) -> int:
    print("printed in", "a step")
    logging.getLogger("shop").info("logged %d", n, extra={"customer": 42})
    return n

@wf.step
def talks_in_thread() -> None:
    logging.getLogger("shop").warning("from a thread", extra={"run_id": "mine"})

@wf.step
async def refuses() -> None:
    raise ValueError("no stock\\nof that")

@wf.step
async def hogs(folder: str) -> None:
    pathlib.Path(folder, "hogging").touch()
    while True:
        time.sleep(0.005)

@wf.step
async def rests(folder: str) -> None:
    pathlib.Path(folder, "resting").touch()
    await asyncio.sleep(3600)

@wf.step
def misbehaves(how: str) -> str:
    if how == "leaves a thread":
        threading.Thread(target=threading.Event().wait, name="of-a-step").start()
    elif how == "closes stderr":
        sys.stderr.close()
    return how

@wf.step
async def cancels_all() -> None:
    for task in asyncio.all_tasks():
        task.cancel()
    await asyncio.sleep(3600)
"""
FLOWS = """
import logging

@wf.workflow
async def talking() -> None:
    logging.getLogger("shop").info("the flow begins")
    await talks(1)
    await wfc.sleep(0.01)
    _flow.print("the flow goes on")
    await talks_in_thread()

@wf.workflow
async def failing() -> None:
    await refuses()

@wf.workflow
async def hogging(folder: str) -> None:
    await hogs(folder)

@wf.workflow
async def resting(folder: str) -> None:
    await rests(folder)

@wf.workflow
async def misbehaving(how: str) -> str:
    return await misbehaves(how)

@wf.workflow
async def cancelling_all() -> None:
    await cancels_all()
"""
WORKER = "from wfc.cli.worker import worker; worker()"
IN_A_HURRY = f"""
import wfc.cli.stopping as stopping
stopping.LEEWAY_SECONDS = stopping.ABANDON_SECONDS = 0.1
{WORKER}
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path) -> Path:
    write_build(tmp_path, STEPS, FLOWS, retries={"refuses": 1})
    return tmp_path


def start(root: Path, workflow: str, **arguments: Any) -> None:
    async def scene(project: Project) -> None:
        await project.start(workflow, run_id="r1", **arguments)

    play(root, scene)


@contextmanager
def working(root: Path, *arguments: str, program: str = WORKER) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", program, "--project", str(root), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def logged(root: Path, *arguments: str) -> list[str]:
    with working(root, "--until-idle", *arguments) as process:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    return [line for line in err.splitlines() if line]


def wait_for(path: Path) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} didn't come"
        time.sleep(0.005)


def test_every_line_is_a_record_with_its_run_step_and_attempt(root: Path) -> None:
    """With `--log-format json`: what steps and workflows log and print, once each, though a second worker replays."""
    start(root, "talking")
    lines = logged(root, "--log-format", "json") + logged(root, "--log-format", "json")
    records = [json.loads(line) for line in lines]
    told = {record["message"]: record for record in records}
    assert len(told) == len(records)
    in_step = {"run_id": "r1", "workflow": "talking", "step": "talks", "attempt": 1}
    assert told["printed in a step"].items() >= {**in_step, "logger": "wfc.printed", "level": "info"}.items()
    assert told["logged 1"].items() >= {**in_step, "logger": "shop", "customer": 42}.items()
    assert told["from a thread"].items() >= {"run_id": "mine", "step": "talks_in_thread", "level": "warning"}.items()
    for message in ("the flow begins", "the flow goes on"):
        assert told[message].items() >= {"run_id": "r1", "workflow": "talking"}.items()
        assert "step" not in told[message]
    assert any("works on" in message for message in told)


def test_failures_are_told_and_what_goes_well_is_not(root: Path) -> None:
    """A line for each attempt that failed and one for the run; nothing of what went well unless it is asked for."""
    start(root, "failing")
    lines = logged(root)
    tails = [line.partition(" WARNING ")[2] for line in lines if " WARNING " in line]
    where = "run_id=r1 workflow=failing"
    assert tails == [
        f"wfc.step step refuses failed, attempt 1: ValueError: no stock [{where} step=refuses attempt=1]",
        f"wfc.step step refuses failed, attempt 2: ValueError: no stock [{where} step=refuses attempt=2]",
        f"wfc.worker run of failing failed: ValueError: no stock [{where}]",
    ]
    assert len(lines) == 5


def test_details_are_there_for_who_asks(root: Path) -> None:
    """`--log-level debug` shows claims, attempts and tracebacks; `error` nothing of a failing step."""
    start(root, "failing")
    text = "\n".join(logged(root, "--log-level", "debug"))
    assert "run of failing is taken up, as pending [run_id=r1" in text
    assert "step refuses begins, attempt 2" in text
    assert 'raise ValueError("no stock' in text


def test_an_error_level_is_silent(root: Path) -> None:
    """Nothing is wrong with the worker."""
    start(root, "failing")
    assert logged(root, "--log-level", "error") == []


def test_a_step_that_holds_the_event_loop_does_not_hold_the_process(root: Path) -> None:
    """One signal: after the grace period the process is gone, and says why; its code tells that it was no clean end."""
    start(root, "hogging", folder=str(root))
    with working(root, "--grace", "0.2", program=IN_A_HURRY) as process:
        wait_for(root / "hogging")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 1
    assert "a step holds the event loop" in err


@pytest.mark.parametrize("how", ["leaves a thread", "closes stderr"])
def test_what_a_step_leaves_behind_does_not_hold_the_process(root: Path, how: str) -> None:
    """A thread that never ends, and a stream that can't be written to any more: the worker comes to its end."""
    start(root, "misbehaving", how=how)
    with working(root, "--until-idle", program=IN_A_HURRY) as process:
        _, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
    assert "lost sys.stderr" not in err


def test_a_step_that_cancels_the_worker_is_named_as_the_reason(root: Path) -> None:
    """No traceback: the mistake is the step's."""
    start(root, "cancelling_all")
    with working(root) as process:
        _, err = process.communicate(timeout=30)
        assert process.returncode == 1
    assert "a step has cancelled the worker itself" in err
    assert "Traceback" not in err


def test_a_third_signal_ends_the_process_where_it_stands(root: Path) -> None:
    """Whatever it is doing."""
    start(root, "hogging", folder=str(root))
    with working(root, "--grace", "60") as process:
        wait_for(root / "hogging")
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)  # signals of one kind that are pending together are one
        process.communicate(timeout=30)
        assert process.returncode == 130


def test_a_step_gets_its_grace_and_no_more(root: Path) -> None:
    """Then it is cancelled, its attempt isn't spent, and the worker ends with 0."""
    start(root, "resting", folder=str(root))
    with working(root, "--grace", "0.1") as process:
        wait_for(root / "resting")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 0
    assert "1 running step(s) may finish first, within 0.1 s" in err

    async def look(project: Project) -> None:
        last = (await project.store.events("r1"))[-1]
        assert (last.type, last.data["spent"]) == ("step_retrying", False)

    play(root, look)


@on_a_loop
async def test_formats_of_a_host_may_name_the_fields(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program with a worker of its own asks for them once; records from outside have empty ones."""
    monkeypatch.setattr(logging.Logger, "handle", logging.Logger.handle)  # puts it back
    carry_context()
    carry_context()
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(logging.Formatter("%(run_id)s/%(step)s/%(attempt)s %(message)s").format(record))

    log, handler = logging.getLogger("shop"), Keep()
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        log.info("outside")
        async with open_project(root) as project:
            run = await project.start("talking", run_id="r1")
            project.work()
            await project.outcome(run)
    finally:
        log.removeHandler(handler)
    assert seen == ["// outside", "r1// the flow begins", "r1/talks/1 logged 1", "mine/talks_in_thread/1 from a thread"]


def test_formatters_say_what_a_record_has() -> None:
    """An exception and unusual values in JSON; the fields at the end of the first line in text."""
    try:
        raise KeyError("x")
    except KeyError:
        record = logging.getLogger("t").makeRecord("t", 40, "f", 1, "went %s", ("wrong",), sys.exc_info())
    record.__dict__.update(run_id="r1", attempt=2, path=Path("/x"), step="")
    shown = json.loads(JsonFormatter().format(record))
    assert (
        shown.items() >= {"message": "went wrong", "level": "error", "run_id": "r1", "attempt": 2, "path": "/x"}.items()
    )
    assert "step" not in shown
    assert shown["exception"].endswith("KeyError: 'x'")
    first, *rest = TextFormatter("%(message)s").format(record).splitlines()
    assert first == "went wrong [run_id=r1 attempt=2]"
    assert rest[-1] == "KeyError: 'x'"
