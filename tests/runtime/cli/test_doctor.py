"""`wfc doctor` names what is stuck, why, and what to do; what only waits is no complaint."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.runtime import probe
from tests.runtime.cli.conftest import Command, play
from tests.runtime.handmade import Project, write_build
from wfc.doctor import Project as Known
from wfc.doctor import examine
from wfc.store.protocol import RunQuery
from wfc.store.sqlite.filesystem import network_filesystem
from wfc.store.survey import FileHealth, RetryingStep, SeenWorker, Survey

DOCTOR = "doctor:doctor"
STEPS = """
@wf.step
async def fine(n: int) -> int:
    return n

@wf.step
async def failing() -> None:
    probe.note("failing")
    raise ConnectionError("nobody answers")

@wf.step
async def held() -> None:
    await probe.gate("held")
"""
FLOWS = """
@dataclass
class Approval(wfc.BaseHook):
    ok: bool = True

@wf.workflow
async def quick() -> int:
    return await fine(1)

@wf.workflow
async def naps() -> None:
    await wfc.sleep("7 days")

@wf.workflow
async def asks() -> None:
    await Approval.wait(token="order-7")

@wf.workflow
async def retries() -> None:
    await failing()

@wf.workflow
async def holds() -> None:
    await held()

@wf.workflow
async def parent() -> None:
    child = await wfc.start(naps)
    await child.return_value()
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path) -> Path:
    write_build(tmp_path, STEPS, FLOWS, retries={"failing": 9})
    return tmp_path


def findings(call: Command, *, code: int = 0) -> dict[str, Any]:
    """Return the findings by code, apart from what every store on this machine has."""
    said = call(DOCTOR, "--json", code=code).json()
    assert said["ok"] is (code == 0)
    return {one["code"]: one for one in said["findings"] if one["code"] != "sqlite-wal-reset"}


async def parked(project: Project, *workflows: str) -> list[str]:
    """Start runs and let a worker bring them, and what they start, to where they wait."""
    least = len(workflows) + workflows.count("parent")
    runs = [await project.start(name) for name in workflows]
    project.work()

    async def all_rest() -> bool:
        now = await project.store.runs(RunQuery(99))
        return len(now) >= least and all(run.status == "running" and run.owner is None for run in now)

    await project.until(all_rest, "the runs to be parked")
    return [run.run_id for run in runs]


def change(root: Path, statement: str, *parameters: object) -> None:
    with closing(sqlite3.connect(root / ".wfc" / "state.db")) as db, db:
        db.execute(statement, parameters)


@contextmanager
def another_worker(root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that registers as a worker, takes what is due and does nothing more."""
    program = (
        "import asyncio, sys; from pathlib import Path; from wfc.store.sqlite.store import SqliteStore\n"
        "async def main():\n"
        "    store = SqliteStore(Path(sys.argv[1]))\n"
        "    await store.register('worker_other'); await store.claim('worker_other', 10)\n"
        "    print('ready', flush=True); await asyncio.sleep(600)\n"
        "asyncio.run(main())"
    )
    command = [sys.executable, "-c", program, str(root / ".wfc" / "state.db")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_project_without_a_store_is_well(call: Command) -> None:
    """And stays without one: looking creates nothing."""
    assert call(DOCTOR, "--json").json()["findings"] == []
    assert "there is no store yet" in call(DOCTOR).err


def test_runs_that_wait_are_well(root: Path, call: Command) -> None:
    """A sleep, a hook and a child run are what runs wait for: notes that say since when, and nothing stuck."""

    async def scene(project: Project) -> None:
        await parked(project, "naps", "asks", "parent")

    play(root, scene)
    found = findings(call)
    assert set(found) == {"awaited-hook", "awaited-child"}
    assert found["awaited-hook"]["help"] == "wfc resume order-7 --data JSON"
    text = call(DOCTOR).out
    assert "runs     live: 2 sleeping, 1 waiting for a child run, 1 waiting for a hook" in text
    assert "next     due " in text
    assert "(in 6 days 23 h)" in text
    assert text.endswith("nothing is stuck\n")


def test_due_runs_without_a_worker_are_stuck(root: Path, call: Command) -> None:
    """Nobody will run them, so it says to start one."""

    async def scene(project: Project) -> None:
        await project.start("quick", run_id="waits")

    play(root, scene)
    found = findings(call, code=1)
    assert found["no-worker"]["runs"] == ["waits"]
    assert found["no-worker"]["help"] == "start one: wfc worker"
    with another_worker(root):
        assert findings(call) == {}


def test_runs_that_workers_leave_lying_are_a_warning(root: Path, call: Command) -> None:
    """There is a worker, and it hasn't taken them for long: it has too much to do."""

    async def scene(project: Project) -> None:
        await project.start("quick")

    play(root, scene)
    with another_worker(root):
        play(root, scene)
        change(root, "update runs set wake_at = wake_at - 3600000000 where owner is null")
        assert findings(call)["busy-workers"]["count"] == 1


def test_what_a_dead_worker_held_is_named(root: Path, call: Command) -> None:
    """As long as no other one is there to take over."""

    async def scene(project: Project) -> None:
        await project.start("quick")

    play(root, scene)
    with another_worker(root) as process:
        assert findings(call) == {}
        change(root, "update workers set seen_at = seen_at - 3600000000")
        assert findings(call, code=1)["stopped-worker"]["count"] == 1
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert set(findings(call, code=1)) == {"dead-worker"}
    assert "has died with 1 run" in call(DOCTOR, code=1).out


def test_a_blocked_run_tells_its_reason(root: Path, call: Command) -> None:
    """Runs that are blocked for the same reason are one finding."""

    async def scene(project: Project) -> None:
        ids = await parked(project, "naps", "naps")
        await project.stop()
        for run_id in ids:
            await project.store.skip_ahead(run_id)
        for run in await project.store.claim("worker_once", 10):
            await project.store.block(run, f"replay of {run.run_id} diverged: it asks for something else")

    play(root, scene)
    found = findings(call, code=1)
    assert set(found) == {"blocked"}
    assert found["blocked"]["count"] == 2
    assert "2 runs of naps are blocked since " in found["blocked"]["message"]
    assert found["blocked"]["message"].endswith("replay of the run diverged: it asks for something else")


def test_runs_whose_build_is_gone_are_named_before_they_are_due(root: Path, call: Command) -> None:
    """A sleeping run would find out in a week."""

    async def scene(project: Project) -> None:
        await parked(project, "naps", "naps")

    play(root, scene)
    shutil.rmtree(root / ".wfc" / "builds" / "b1")
    found = findings(call, code=1)
    assert "2 runs of naps will be blocked when due: build b1 is gone" in found["build-gone"]["message"]


def test_a_step_that_fails_again_and_again_is_named(root: Path, call: Command) -> None:
    """With its last error and when it is tried again; it may still succeed, so it is a warning."""

    async def scene(project: Project) -> None:
        await project.start("retries")
        project.work()
        await probe.noted("failing", 4)

    play(root, scene)
    with another_worker(root):
        found = findings(call)["retrying"]
    assert found["level"] == "warning"
    assert "step failing has failed " in found["message"]
    assert "last error: ConnectionError: nobody answers" in found["message"]


@pytest.mark.raw_store("breaks what wfc promises, so that the doctor can find it")
@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("update runs set wake_at = null where status = 'running'", "it has a timer, and is not due at any time"),
        ("delete from timers; update runs set wake_at = null", "it has no timer, no hook, no child run and no mail"),
        (
            "insert into inbox (run_id, kind, at, data) select run_id, 'cancel', 1, '{}' from runs;"
            "update runs set wake_at = null",
            "it has mail, and is not due",
        ),
    ],
)
def test_a_run_that_nothing_will_wake_is_a_bug(root: Path, call: Command, statement: str, why: str) -> None:
    """Planted into the file: a timer without a due time, nothing at all, mail that nobody looks for."""

    async def scene(project: Project) -> None:
        await parked(project, "naps")

    play(root, scene)
    for part in statement.split(";"):
        change(root, part)
    found = findings(call, code=1)
    assert f"{why}. This is a bug of wfc" in found["forgotten"]["message"]


def test_other_versions_than_those_of_the_start_are_noted(root: Path, call: Command) -> None:
    """A run that began under another Python may differ in its replay; one that has ended doesn't matter."""

    async def scene(project: Project) -> None:
        await parked(project, "naps")

    play(root, scene)
    change(root, 'update events set data = replace(data, \'"wfc":"\', \'"wfc":"9.\') where seq = 1')
    (note,) = findings(call).values()
    assert (note["level"], note["code"], note["count"]) == ("note", "other-version", 1)


@pytest.mark.raw_store("the file is cut in two")
def test_a_damaged_store_is_named(root: Path, call: Command) -> None:
    """Nothing else is looked at then."""

    async def scene(project: Project) -> None:
        await parked(project, "naps")

    play(root, scene)
    path = root / ".wfc" / "state.db"
    data = bytearray(path.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)
    path.with_name("state.db-wal").unlink(missing_ok=True)
    assert set(findings(call, code=1)) == {"damaged-store"}


@pytest.mark.raw_store("no store at all")
def test_what_is_no_store_is_an_error(root: Path, call: Command) -> None:
    """Exit code 3, one line."""
    path = root / ".wfc" / "state.db"
    path.write_bytes(b"no database, and long enough to be looked at" * 100)
    assert "can't read the store" in call(DOCTOR, code=3).err


def survey(**parts: Any) -> Survey:
    file = FileHealth("state.db", 2, 2, 1, 1, (), (3, 51, 3), None, 1 << 40)
    return Survey(1_000_000_000, **{"file": file, **parts})


def codes(found: Survey) -> set[str]:
    return {finding.code for finding in examine(found, Known(lambda *_: True, {}))}


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((3, 6, 9), False),
    ],
)
def test_versions_of_sqlite_with_the_wal_reset_bug(version: tuple[int, int, int], affected: bool) -> None:
    """3.7.0 to 3.51.2, but for the lines in which it was mended."""
    file = FileHealth("state.db", 2, 2, 1, 1, (), version, None, 1 << 40)
    assert ("sqlite-wal-reset" in codes(survey(file=file))) is affected


def test_signs_of_the_file(tmp_path: Path) -> None:
    """A network filesystem, a log that grows and a disk that is nearly full are warnings."""
    file = FileHealth("state.db", 2, 2, 1, 1 << 30, (), (3, 51, 3), "nfs4", 1 << 20)
    assert codes(survey(file=file)) == {"network-filesystem", "large-wal", "little-space"}
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/sda1 / ext4 rw 0 0\nhost:/x {tmp_path}/net\\040work nfs4 rw 0 0\ntmpfs {tmp_path} tmpfs rw\n"
    )
    assert network_filesystem(tmp_path / "net work" / "state.db", mounts) == "nfs4"
    assert network_filesystem(tmp_path / "network" / "state.db", mounts) is None


def test_a_worker_that_takes_over_makes_a_dead_one_no_finding() -> None:
    """The living one sweeps every second."""
    dead = SeenWorker("worker_a", lives=False, seen_at=1, runs=3)
    alive = SeenWorker("worker_b", lives=True, seen_at=999_999_000, runs=0)
    assert codes(survey(workers=[dead])) == {"dead-worker"}
    assert codes(survey(workers=[dead, alive])) == set()


def test_an_attempt_that_is_under_way_is_not_announced() -> None:
    """A due time that has passed means that the next attempt runs."""
    step = RetryingStep("r1", "workflow//a//b", "step//a//pay", 3, None, 1)
    (finding,) = examine(survey(retrying=[step]), Known(lambda *_: True, {}))
    assert "has failed 3 times and is being tried again" in finding.message
