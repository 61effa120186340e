"""A disk that is full, files that can't be written, processes that die while they write, and eight of them at once.

Whatever happens, who was told that something is durable finds it again, who wasn't hears a clear error, and the file is
sound.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.runtime.handmade import open_project, write_build
from tests.runtime.store.clock import new_run
from wfc.errors import StoreError
from wfc.model import Run
from wfc.store.sqlite.store import SqliteStore

HEAD = """
import asyncio, os, resource, sys
from pathlib import Path
from tests.runtime.handmade import open_project
from tests.runtime.store.clock import new_run
from wfc.errors import HookNotFoundError, StoreError
from wfc.store.sqlite.store import SqliteStore
path = Path(sys.argv[1])
"""
# Starts runs for as long as it can, and says of each that it is durable.
STARTS = """
async def main():
    try:
        store = SqliteStore(path)
        number = 0
        while True:
            number += 1
            await store.create_run(new_run(f"{os.getpid()}-{number}"))
            print(f"{os.getpid()}-{number}", flush=True)
    except StoreError as error:
        print(f"error: {error}", flush=True)
asyncio.run(main())
"""
FULL = "resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))\n"
AS_NOBODY = """
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
"""
ROLES = """
async def main():
    role, numbers = sys.argv[2], range(12)
    async with open_project(path) as project:
        if role.startswith("start"):
            for number in numbers:
                await project.start(run_id=f"{role}-{number}", token=f"{role}-{number}")
        elif role.startswith("resume"):
            for number in numbers:
                token = f"start{role[-1]}-{number}"
                await project.until(lambda: project.store.hooks(token), f"the hook {token}")
                await project.store.post_payload(token, b'{"n":%d}' % number)
        else:
            project.work(concurrency=4)
            await asyncio.to_thread(sys.stdin.readline)
            await project.stop()
asyncio.run(main())
"""
STEPS = """
@wf.step
async def grow(n: int) -> str:
    return n * "x"

@wf.step
async def double(n: int) -> int:
    return 2 * n
"""
FLOWS = """
@dataclass
class Ping(wfc.BaseHook):
    n: int

@wf.workflow
async def main(token: str) -> int:
    await double(1)
    return await double((await Ping.wait(token=token)).n)

@wf.workflow
async def large(token: str) -> int:
    return len(await grow((await Ping.wait(token=token)).n))
"""


@contextmanager
def spawned(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Start a process that runs this code, and make sure that it ends."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", HEAD + code, *map(str, arguments)]
    with subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def output(process: subprocess.Popen[str]) -> list[str]:
    return process.communicate(timeout=60)[0].splitlines()


def is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as database:
        found: tuple[str] = database.execute("pragma integrity_check").fetchone()
    return found == ("ok",)


def run_ids(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        return {run_id for (run_id,) in database.execute("select run_id from runs")}


MADE_UP = pytest.mark.raw_store("its runs are made up: no engine has begun them")


def test_the_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """Its owner wants no tables of runs in it."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table orders (id)")
    with pytest.raises(StoreError, match=r"shop\.db is the database of something else \(tables: orders\)"):
        SqliteStore(path)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("select name from sqlite_master").fetchall() == [("orders",)]


@MADE_UP
@pytest.mark.parametrize("replaced", [False, True])
def test_a_store_that_was_removed_or_replaced_is_not_written_to_any_more(tmp_path: Path, replaced: bool) -> None:
    """What went on in the removed file nobody would ever see: neither what is started there, nor what a worker does."""
    path = tmp_path / "state.db"

    async def start_after_removal() -> None:
        store = SqliteStore(path)
        await store.create_run(new_run("seen"))
        for file in ("state.db", "state.db-wal", "state.db-shm"):
            os.unlink(tmp_path / file)
        if replaced:
            await SqliteStore(path).create_run(new_run("another"))
        with pytest.raises(StoreError, match=r"state\.db was removed or replaced while .* start the process again"):
            await store.create_run(new_run("lost"))
        with pytest.raises(StoreError, match="was removed or replaced"):
            await store.run("seen")

    asyncio.run(start_after_removal())
    assert not replaced or run_ids(path) == {"another"}


@MADE_UP
def test_a_full_disk_is_an_error_and_costs_nothing(tmp_path: Path) -> None:
    """No file may grow further: what was durable stays, and with space again all goes on."""
    path = tmp_path / "state.db"
    with spawned(FULL + STARTS, path) as process:
        *durable, error = output(process)
    assert error.startswith(f"error: can't use the store {path}: ")
    assert error.endswith("Is it a writable path on a local disk, and is there space left?")
    assert len(durable) > 10
    assert is_sound(path)
    assert run_ids(path) == set(durable)
    with spawned(STARTS, path) as process:
        assert process.stdout is not None
        again = process.stdout.readline().strip()
    assert again in run_ids(path)


def test_a_worker_whose_disk_is_full_ends_and_the_next_one_goes_on(tmp_path: Path) -> None:
    """It raises the store's error; the run is as it was last durable, and ends once there is space."""
    write_build(tmp_path, STEPS, FLOWS, retries={"grow": 1})

    async def fill() -> Run:
        async with open_project(tmp_path) as project:
            run = await project.start("large", token="t")
            project.work()
            await project.until(lambda: project.store.hooks(run.run_id), "the hook")
            await project.stop()
            await project.store.post_payload("t", b'{"n":500000}')
            store = SqliteStore(tmp_path / ".wfc" / "state.db")
            project.store = store
            store._database._connection.execute("pragma max_page_count = 1")
            project.work()
            with pytest.raises(StoreError, match="database or disk is full"):
                async with asyncio.timeout(20):
                    await project.workers.pop()[1]
            await store.close()
            return run

    async def go_on(run: Run) -> object:
        async with open_project(tmp_path) as project:
            project.work()
            return await project.outcome(run)

    assert asyncio.run(go_on(asyncio.run(fill()))) == 500_000
    assert is_sound(tmp_path / ".wfc" / "state.db")


@pytest.mark.parametrize("case", ["a read-only file", "a read-only folder", "an empty read-only folder"])
def test_what_cannot_be_written_is_an_error(case: str) -> None:
    """It names the file and what to look at; nothing of it is changed. Root can write anything: be nobody."""
    with TemporaryDirectory() as name:
        folder = Path(name, "store")
        folder.mkdir()
        path = folder / "state.db"
        if case != "an empty read-only folder":
            asyncio.run(SqliteStore(path).close())
        for file in folder.iterdir():
            file.chmod(0o444)
        Path(name).chmod(0o755)
        folder.chmod(0o777 if case == "a read-only file" else 0o555)
        before = {file.name: file.read_bytes() for file in folder.iterdir()}
        with spawned(AS_NOBODY + STARTS, path) as process:
            (line,) = output(process)
        assert line.startswith(f"error: can't use the store {path}: "), line
        assert "Is it a writable path" in line
        assert {file.name: file.read_bytes() for file in folder.iterdir() if file.name in before} == before
        folder.chmod(0o755)


@MADE_UP
def test_a_process_killed_while_it_writes_loses_nothing_durable(tmp_path: Path) -> None:
    """Four processes write and are killed one after the other; the file is sound and holds all they were promised."""
    path = tmp_path / "state.db"
    for _ in range(2):
        promised = []
        with spawned(STARTS, path) as one, spawned(STARTS, path) as other:
            for process, lines in ((one, 40), (other, 80)):
                assert process.stdout is not None
                promised += [process.stdout.readline().strip() for _ in range(lines)]
                process.send_signal(signal.SIGKILL)
                promised += output(process)
        assert is_sound(path)
        assert set(promised) <= run_ids(path)


def test_eight_processes_at_once(tmp_path: Path) -> None:
    """Three start runs, three send payloads, two work: every run ends with what it was sent."""
    write_build(tmp_path, STEPS, FLOWS)
    outsiders = [f"{role}{number}" for role in ("start", "resume") for number in range(3)]

    async def outcomes() -> list[object]:
        async with open_project(tmp_path) as project:
            runs = [await project.store.run(f"start{role}-{number}") for role in range(3) for number in range(12)]
            return [await project.outcome(run) for run in runs]

    with spawned(ROLES, tmp_path, "work") as first, spawned(ROLES, tmp_path, "work") as second:
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
        command = [sys.executable, "-c", HEAD + ROLES, str(tmp_path)]
        processes = [subprocess.Popen([*command, role], env=env) for role in outsiders]
        assert [process.wait(60) for process in processes] == [0] * 6
        assert asyncio.run(outcomes()) == [2 * number for number in range(12)] * 3
        for worker in (first, second):
            worker.communicate("stop\n", timeout=60)
            assert worker.returncode == 0
    assert is_sound(tmp_path / ".wfc" / "state.db")
