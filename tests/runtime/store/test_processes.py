"""Several processes on one SQLite file: death, wake-up, contention, refusal."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.store.clock import new_run
from wfc.errors import StoreError, StoreVersionError
from wfc.store.sqlite.store import SqliteStore

pytestmark = pytest.mark.raw_store("its transitions are made up: no engine has written them")

HEAD = """
import asyncio, sys
from pathlib import Path
from tests.runtime.store.clock import event, new_run, step_forward
from wfc.store.sqlite.store import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
"""
HOLDS = """
async def main():
    await store.register("other")
    print(len(await store.claim("other", 10)), flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
CREATES = """
async def main():
    sys.stdin.readline()
    await store.create_run(new_run("r1"))
    print("created", flush=True)
    sys.stdin.readline()
asyncio.run(main())
"""
WRITES = """
async def main():
    name = sys.argv[2]
    for n in range(60):
        await store.create_run(new_run(f"{name}-{n}"))
        for run in await store.claim(name, 2):
            (done,) = await store.commit([step_forward(run, event(run), event(run, offset=1), status="completed",
                                                       owner=None)])
            assert done.run is not None
    await store.close()
asyncio.run(main())
"""


def spawn(code: str, path: Path, *args: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", HEAD + code, str(path), *args]
    return subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_the_runs_of_a_killed_process_are_free_at_once(tmp_path: Path) -> None:
    """kill -9: the next look of another worker finds the runs, without waiting for any lease."""

    async def main() -> None:
        store = SqliteStore(tmp_path / "state.db")
        for n in range(3):
            await store.create_run(new_run(f"r{n}"))
        holder = spawn(HOLDS, tmp_path / "state.db")
        assert line_of(holder) == "3"
        assert await store.release_dead("me") == 0
        assert await store.claim("me", 10) == []
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert await store.release_dead("me") == 3
        assert len(await store.claim("me", 10)) == 3
        assert list((tmp_path / "workers").iterdir()) == []
        await store.close()
        assert holder.stdin is not None
        holder.stdin.close()

    asyncio.run(main())


def test_a_change_in_one_process_wakes_another(tmp_path: Path) -> None:
    """A subscriber hears of a run that another process has created; nobody polls."""

    async def main() -> None:
        store = SqliteStore(tmp_path / "state.db")
        news = store.subscribe()
        other = spawn(CREATES, tmp_path / "state.db")
        news.clear()
        tell(other)
        async with asyncio.timeout(20):
            await news.wait()
        assert (await store.run("r1")).status == "pending"
        tell(other)
        other.communicate()
        await store.close()
        assert list((tmp_path / "wake").iterdir()) == []

    asyncio.run(main())


def test_the_bell_of_a_dead_process_is_removed(tmp_path: Path) -> None:
    """A FIFO that nobody reads any more is cleaned up by whoever rings next; a hidden one is left alone."""

    async def main() -> None:
        store = SqliteStore(tmp_path / "state.db")
        (tmp_path / "wake").mkdir()
        os.mkfifo(tmp_path / "wake" / "dead")
        os.mkfifo(tmp_path / "wake" / ".opening")
        await store.create_run(new_run())
        assert [path.name for path in (tmp_path / "wake").iterdir()] == [".opening"]
        await store.close()

    asyncio.run(main())


def test_four_processes_write_at_once(tmp_path: Path) -> None:
    """Nothing is lost, claimed twice or locked out, and the file stays sound."""
    writers = [spawn(WRITES, tmp_path / "state.db", f"w{n}") for n in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    for writer in writers:
        writer.communicate()
    database = sqlite3.connect(tmp_path / "state.db")
    assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    assert database.execute("select count(*) from runs").fetchone() == (240,)
    gaps = "select run_id from events group by run_id having count(*) <> max(seq)"
    assert database.execute(gaps).fetchall() == []
    fences = "select count(*) from runs where status = 'completed' and fence = 1"
    completed = "select count(*) from runs where status = 'completed'"
    assert database.execute(fences).fetchone() == database.execute(completed).fetchone()
    database.close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """A file of a later wfc isn't touched; the message says what to do."""
    asyncio.run(SqliteStore(tmp_path / "state.db").close())
    with sqlite3.connect(tmp_path / "state.db") as database:
        database.execute("pragma user_version = 99")
    with pytest.raises(StoreVersionError, match=r"newer wfc \(schema 99; this one knows 2\): upgrade wfc"):
        SqliteStore(tmp_path / "state.db")


def unwritable(tmp_path: Path, case: str) -> Path:
    if case == "below a file":
        (tmp_path / "file").write_text("")
        return tmp_path / "file" / "state.db"
    if case == "a folder":
        (tmp_path / "folder.db").mkdir()
        return tmp_path / "folder.db"
    (tmp_path / "other.db").write_bytes(b"this is no database, but long enough to look at" * 50)
    return tmp_path / "other.db"


@pytest.mark.parametrize("case", ["below a file", "a folder", "another file"])
def test_a_path_that_cannot_be_used(tmp_path: Path, case: str) -> None:
    """The error names the path, the reason and what to look at."""
    path = unwritable(tmp_path, case)
    with pytest.raises(StoreError, match=r"can't use the store .*\. Is it a writable path on a local disk") as caught:
        SqliteStore(path)
    assert str(path) in str(caught.value)


def test_a_file_that_breaks_while_it_is_open(tmp_path: Path) -> None:
    """Reads and writes of a damaged file are StoreErrors, not the driver's."""

    async def main() -> None:
        store = SqliteStore(tmp_path / "state.db")
        store._database._connection.execute("drop table events")
        store._database._connection.execute("drop table runs")
        with pytest.raises(StoreError, match="no such table"):
            await store.run("r1")
        with pytest.raises(StoreError, match="no such table"):
            await store.create_run(new_run())
        await store.close()
        with pytest.raises(StoreError, match="was closed"):
            await store.create_run(new_run())

    asyncio.run(main())
