"""What compiled workflows show the world, and in which order they wait: once, and the same after every replay."""

from __future__ import annotations

import io
import logging
import sys
import warnings
from collections.abc import Iterator

import pytest

from tests.compiler.conftest import Compile, Compiled
from tests.runtime.memory_run import MemoryRun, let_go

HEAD = """\
# file: app/flow.py
import asyncio
import contextlib
import io
import logging
import pprint
import sys
import traceback
import warnings
from logging import getLogger
from app.workflow import wf

log = logging.getLogger("shop")
say = print

@wf.step
async def work(tag: str) -> str:
    return tag

"""


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Leave no coroutine behind."""
    yield
    let_go()


def flow(compile_text: Compile, body: str) -> Compiled:
    """Compile a workflow `main` with this body."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return compile_text(f"{HEAD}@wf.workflow\nasync def main() -> list[str]:\n{lines}")


def go_on(run: MemoryRun) -> None:
    """Let the next thing happen: what is due, else the end of the youngest step."""
    run.now += 100_000
    due = run.state.flow.next_due()
    if run.running and (due is None or due[0] > run.now):
        last = len(run.running) - 1
        run.succeed(f"done {run.argument(run.running[last])}", index=last)
    else:
        run.fire()


def run_hot(compiled: Compiled) -> MemoryRun:
    """Run a flow to its end without putting it aside."""
    run = MemoryRun(compiled.load("main")).begin()
    while not run.ended:
        go_on(run)
    return run


def run_evicted(compiled: Compiled) -> MemoryRun:
    """Run a flow to its end; after every event it is put aside, and goes on in another process's route."""
    run = MemoryRun(compiled.load("main")).begin()
    while True:
        for effect in run.effects:  # as a worker does after each commit
            effect()
        if run.ended:
            return run
        run.state.flow.evict()
        run = run.replayed(flow=compiled.load("main"))
        go_on(run)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param('print("x", 1)', "x 1\n", id="print"),
        pytest.param('say("x 1")', "x 1\n", id="an alias"),
        pytest.param('print("x 1", file=sys.stderr)', "x 1\n", id="to stderr"),
        pytest.param('print("x 1", file=sys.stdout, flush=True)', "x 1\n", id="to stdout"),
        pytest.param('list(map(print, ["x 1"]))', "x 1\n", id="a reference"),
        pytest.param('sys.stdout.write("x 1\\n")', "x 1\n", id="write"),
        pytest.param('sys.stderr.writelines(["x", " 1\\n"])', "x 1\n", id="writelines"),
        pytest.param('pprint.pp("x 1")', "'x 1'\n", id="pprint"),
        pytest.param('traceback.print_exception(ValueError("x 1"))', "ValueError: x 1\n", id="a traceback"),
        pytest.param('warnings.warn("x 1")', "x 1\n", id="a warning"),
    ],
)
def test_output_is_shown_once(
    compile_text: Compile,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    statement: str,
    expected: str,
) -> None:
    """Between steps, each statement shows what it does in plain Python, and only once."""
    compiled = flow(compile_text, f'await work("a")\n{statement}\nawait work("b")\nawait asyncio.sleep(1)\nreturn []')
    monkeypatch.setattr(warnings, "showwarning", lambda message, *_: print(message, file=sys.stderr))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        run_evicted(compiled)
    assert "".join(capsys.readouterr()) == expected


def test_redirected_output_goes_where_it_is_redirected(
    compile_text: Compile, capsys: pytest.CaptureFixture[str]
) -> None:
    """Within a turn, `redirect_stdout` catches prints as in plain Python, and nothing is shown."""
    body = """\
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer):
    print("caught")
    sys.stdout.write("too")
await work("a")
return [buffer.getvalue()]"""
    compiled = flow(compile_text, body)
    assert run_evicted(compiled).result == ["caught\ntoo"]
    assert capsys.readouterr().out == ""


LOGS = {
    "a module's logger": 'log.warning("x %s", 1)',
    "logging itself": 'logging.warning("x %d", 1)',
    "a logger made there": 'getLogger("a.b").warning("x 1")',
    "an adapter": 'logging.LoggerAdapter(log, {}).warning("x 1")',
    "an exception": 'try: 1 / 0\nexcept ZeroDivisionError: log.exception("x 1")',
    "a reference": 'list(map(log.error, ["x 1"]))',
}


@pytest.mark.parametrize("statement", LOGS.values(), ids=LOGS)
def test_log_records_are_handled_once(compile_text: Compile, caplog: pytest.LogCaptureFixture, statement: str) -> None:
    """Every way to log gives one record."""
    compiled = flow(compile_text, f'{statement}\nawait work("a")\nawait work("b")\nreturn []')
    with caplog.at_level(logging.INFO):
        run_evicted(compiled)
    assert [record.getMessage() for record in caplog.records] == ["x 1"]


def test_a_handler_may_write_to_stderr(compile_text: Compile) -> None:
    """What a handler writes for a record isn't held back a second time."""
    compiled = flow(compile_text, 'log.warning("x 1")\nawait work("a")\nreturn []')
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger("shop").addHandler(handler)
    try:
        run_evicted(compiled)
    finally:
        logging.getLogger("shop").removeHandler(handler)
    assert stream.getvalue() == "x 1\n"


WAITS = {
    "wait": """\
tasks = {asyncio.create_task(work(tag=str(n))) for n in range(6)}
order = []
while tasks:
    done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    order += [task.result() for task in done]
    await work(tag="after " + ",".join(order))
return order""",
    "wait with a timeout": """\
tasks = [asyncio.create_task(work(tag=str(n))) for n in range(4)]
done, pending = await asyncio.wait(tasks, timeout=0.25)
late = [task.get_name() for task in pending]
await work(tag=",".join(sorted(late)))
for task in pending: task.cancel()
return [task.result() for task in done] + late""",
    "as_completed": """\
order = []
for first in asyncio.as_completed([work(tag=str(n)) for n in range(5)]):
    order.append(await first)
    await work(tag=order[-1])
return order""",
    "as_completed with a timeout": """\
order = []
try:
    for first in asyncio.as_completed([work(tag=str(n)) for n in range(5)], timeout=0.25):
        order.append(await first)
except TimeoutError:
    order.append("late")
await work(tag=",".join(order))
return order""",
    "wait_for": """\
order = []
for seconds in (10, 0.05, 0, None):
    try:
        order.append(await asyncio.wait_for(work(tag=f"{seconds}"), seconds))
    except TimeoutError:
        order.append("late")
        await work(tag=",".join(order))
return order""",
    "timeout": """\
order = []
for seconds in (10, 0.05):
    try:
        async with asyncio.timeout(seconds) as limit:
            order.append(await work(tag=f"{seconds}"))
    except TimeoutError:
        order.append(f"late {limit.expired()}")
    await work(tag=",".join(order))
return order""",
    "timeout_at and loop.time": """\
loop = asyncio.get_running_loop()
try:
    async with asyncio.timeout_at(loop.time() + 0.05):
        await work(tag="a")
except TimeoutError:
    return [await work(tag=f"{loop.time():.2f}")]
return []""",
    "a group that fails": """\
async def fails(n):
    try:
        await work(tag=str(n))
        raise ValueError(n)
    finally:
        await work(tag=f"cleanup {n}")
try:
    async with asyncio.TaskGroup() as group:
        for n in range(4): group.create_task(fails(n))
except* ValueError as errors:
    found = [str(error) for error in errors.exceptions]
return found""",
    "a set of tasks": """\
tasks = {asyncio.create_task(work(tag=str(n))) for n in range(6)}
for task in tasks: task.cancel()
names = [task.get_name() for task in tasks]
await work(tag=",".join(names))
return names""",
}


@pytest.mark.parametrize("body", WAITS.values(), ids=WAITS)
def test_waiting_is_the_same_after_every_event(compile_text: Compile, body: str) -> None:
    """Put aside at every event or never: the same log, the same result."""
    compiled = flow(compile_text, body)
    hot, evicted = run_hot(compiled), run_evicted(compiled)
    assert evicted.result == hot.result != []
    told = [[(event.type, event.call_id, event.payload) for event in run.log] for run in (hot, evicted)]
    assert told[0] == told[1]
