"""A workflow that doesn't come back holds its worker up for a moment, and no other run."""

from __future__ import annotations

import gc
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.runtime.asynchronous import on_a_loop
from tests.runtime.handmade import FLOW_HEAD, Project, open_project, write_build
from wfc.flow.overdue import OverdueTurnError, TurnWatch, run_watched, watch_of
from wfc.model import Run
from wfc.worker.watchdog import watching_turns

SECONDS = 0.1
STEPS = """
@wf.step
async def fine(n: int) -> int:
    return n
"""
FLOWS = """
import json
from time import sleep as real_sleep, thread_time

@wf.workflow
async def spins() -> None:
    await fine(1)
    while True:
        pass

@wf.workflow
async def spins_in_a_library() -> None:
    while True:
        json.dumps([1] * 100)

@wf.workflow
async def spins_and_catches() -> None:
    while True:
        try:
            while True:
                pass
        except Exception:
            pass

@wf.workflow
async def spins_once_stubbornly() -> None:
    try:
        while True:
            pass
    except BaseException:
        pass
    await fine(2)

@wf.workflow
async def spins_in_a_task() -> None:
    async def forever() -> None:
        while True:
            pass
    async with asyncio.TaskGroup() as group:
        group.create_task(forever())

@wf.workflow
async def polls() -> None:
    while True:
        real_sleep(0.001)

@wf.workflow
async def many() -> int:
    total = 0
    for n in range(20):
        total += await fine(n)
        before = thread_time()
        while thread_time() - before < 0.01:
            pass
    return total

@wf.workflow
async def imports() -> str:
    import app_slow_module
    return app_slow_module.word
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_build(tmp_path, STEPS, FLOWS)
    return tmp_path


async def blocked(project: Project, run: Run) -> str:
    async def look() -> str | None:
        return (await project.store.run(run.run_id)).blocked

    return str(await project.until(look, "the run to be blocked"))


def line_of(text: str) -> int:
    """Return the line after the first one with this text, in the flow module as `write_build` writes it."""
    lines = (FLOW_HEAD + FLOWS).splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    "workflow",
    ["spins", "spins_in_a_library", "spins_and_catches", "spins_once_stubbornly", "spins_in_a_task", "polls"],
)
@on_a_loop
async def test_a_turn_that_does_not_end_is_blocked_and_others_are_served(root: Path, workflow: str) -> None:
    """Whatever the workflow does instead of awaiting, its run is blocked, at its line, and the worker goes on."""
    async with open_project(root) as project:
        stuck = await project.start(workflow)
        project.work(turn_seconds=SECONDS)
        reason = await blocked(project, stuck)
        others = [await project.start("many") for _ in range(2)]
        assert [await project.outcome(run) for run in others] == [190, 190]
        assert (await project.store.run(stuck.run_id)).status in ("pending", "running")
        await project.stop()
    place = reason.split(" at ")[1].split(";")[0]
    file, _, line = place.rpartition(":")
    begin = line_of(f"async def {workflow}()")
    assert file.endswith("app/w.py")
    assert begin < int(line) <= begin + 8
    assert gc.isenabled()


@on_a_loop
async def test_the_result_that_a_turn_began_with_is_not_lost(root: Path) -> None:
    """The step has run, so it isn't run again: the mended workflow gets its result, with no attempt to spare."""
    async with open_project(root) as project:
        run = await project.start("spins")
        project.work(turn_seconds=SECONDS)
        await blocked(project, run)
        await project.stop()
        mended = FLOWS.replace("    await fine(1)\n    while True:\n        pass\n", "    return await fine(1)\n")
        write_build(root, STEPS, mended.replace("spins() -> None", "spins() -> int"), build_id="b2")
        project.work(turn_seconds=SECONDS)
        assert await project.outcome(run) == 1
        types = await project.types(run)
        assert types.count("step_started") == types.count("step_completed") == 1


@on_a_loop
async def test_turns_that_add_up_are_no_long_turn(root: Path) -> None:
    """Work in many turns, each below the limit, is nobody's business."""
    async with open_project(root) as project:
        run = await project.start("many")
        project.work(turn_seconds=SECONDS)
        assert await project.outcome(run) == 190


@on_a_loop
async def test_a_slow_import_in_a_turn_is_no_long_turn(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workflow may import a library that takes its time."""
    slow = f"import time\nend = time.thread_time() + {SECONDS * 2}\nwhile time.thread_time() < end: pass\nword = 'in'\n"
    (root / "app_slow_module.py").write_text(slow)
    monkeypatch.syspath_prepend(str(root))
    async with open_project(root) as project:
        run = await project.start("imports")
        project.work(turn_seconds=SECONDS)
        assert await project.outcome(run) == "in"
    sys.modules.pop("app_slow_module")


def test_an_interrupt_that_comes_too_late_does_nothing() -> None:
    """A turn that ends while a watchdog reaches for it is over: nothing is raised in what follows."""
    watch = watch_of(threading.get_ident())
    run_watched(lambda: None)
    assert not watch.interrupt(watch.number, "too late")
    run_watched(lambda: None)


def test_an_interrupt_never_leaves_its_turn() -> None:
    """However close to the end of a turn it comes, it is raised inside of it or not at all."""
    watch, stop = watch_of(threading.get_ident()), threading.Event()

    def pester() -> None:
        while not stop.is_set():
            watch.interrupt(watch.number, "pestered")

    def turn() -> None:
        for _ in range(30):
            pass

    pestering = threading.Thread(target=pester)
    pestering.start()
    overdue = 0
    try:
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            try:
                run_watched(turn)
            except OverdueTurnError:
                overdue += 1
            sum(range(20))  # the worker's own code
    finally:
        stop.set()
        pestering.join()
    assert overdue


def test_the_watchdog_goes_with_the_last_worker() -> None:
    """One thread for each thread that workers run on, however many they are, and none after them."""

    def dogs() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "wfc-watchdog"]

    with watching_turns(0.05), watching_turns(0.05):
        (dog,) = dogs()
    dog.join(5)
    assert not dogs()


def test_a_watch_tells_turns_apart() -> None:
    """A verdict on an earlier turn doesn't end the present one."""
    watch = TurnWatch(threading.get_ident())
    watch.begin()
    watch.end()
    watch.begin()
    assert not watch.interrupt(watch.number - 1, "the one before")
    assert watch.end() is None
