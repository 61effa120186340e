"""A store across a fork, and a store that can't be opened: nothing of a process is held by what isn't it."""

from __future__ import annotations

import asyncio
import fcntl
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.asynchronous import on_a_loop
from tests.runtime.store.clock import new_run
from wfc.errors import StoreError, StoreVersionError
from wfc.store.sqlite.store import SqliteStore

pytestmark = pytest.mark.raw_store("its workers do nothing")

FORKS = """
import asyncio, os, sys
from pathlib import Path
from wfc.store.sqlite.store import SqliteStore

async def main():
    store = SqliteStore(Path(sys.argv[1]))
    store.subscribe()
    await store.register("parent")
    assert len(await store.claim("parent", 10)) == 1
    ready, says_so = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(says_so, b"1")
        os.read(0, 1)
        os._exit(0)
    os.read(ready, 1)
    print(child, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def test_a_worker_that_died_is_dead_though_its_child_lives(tmp_path: Path) -> None:
    """The child has inherited the lock's file, and lets go of it; the worker's runs are free at once."""
    path = tmp_path / "state.db"
    store = SqliteStore(path)
    asyncio.run(_create(store, "r1"))
    process = subprocess.Popen(
        [sys.executable, "-c", FORKS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        assert asyncio.run(store.release_dead("me")) == 0
        fifos = len(list((tmp_path / "wake").iterdir()))
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.kill(child, 0)  # it lives
        assert asyncio.run(store.release_dead("me")) == 1
        asyncio.run(_create(store, "r2"))  # rings at the dead worker's bell, and removes it
        assert len(list((tmp_path / "wake").iterdir())) == fifos - 1
    finally:
        os.kill(child, signal.SIGKILL)
        process.communicate()
        asyncio.run(store.close())


def _in_child(path: Path, store: SqliteStore, told: Any) -> None:
    said = []
    for call in (lambda: store.run("r1"), lambda: store.create_run(new_run("r2"))):
        try:
            asyncio.run(call())
        except StoreError as error:
            said.append(str(error))

    async def own() -> int:
        fresh = SqliteStore(path)
        await fresh.create_run(new_run("of the child"))
        found = await fresh.live_runs()
        await fresh.close()
        return found

    told.put((said, asyncio.run(own())))


def test_a_forked_child_opens_a_store_of_its_own(tmp_path: Path) -> None:
    """The parent's is refused there, by name, and goes on working in the parent."""
    path = tmp_path / "state.db"
    store = SqliteStore(path)
    asyncio.run(_create(store, "r1"))
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    child = context.Process(target=_in_child, args=(path, store, told))
    child.start()
    said, live = told.get(timeout=30)
    child.join(30)
    assert child.exitcode == 0
    assert len(said) == 2
    assert all("this process was forked after it was opened" in text for text in said)
    assert live == 2
    asyncio.run(_create(store, "r3"))
    asyncio.run(store.close())
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)


async def _create(store: SqliteStore, run_id: str) -> None:
    await store.create_run(new_run(run_id))


def test_a_store_that_can_not_be_opened_holds_nothing(tmp_path: Path) -> None:
    """Neither its lock nor its files, whatever is wrong with it."""
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma user_version = 999")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with pytest.raises(StoreVersionError):
            SqliteStore(path)
    path.write_bytes(b"no database" * 1000)
    for _ in range(5):
        with pytest.raises(StoreError):
            SqliteStore(path)
    assert len(os.listdir("/proc/self/fd")) <= before
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


@on_a_loop
async def test_a_store_that_fails_lets_others_write(tmp_path: Path) -> None:
    """Its error comes out, and the turnstile is free again for who can write."""
    path = tmp_path / "state.db"
    broken, sound = SqliteStore(path), SqliteStore(path)
    broken._database._connection.close()
    with pytest.raises(StoreError):
        await broken.create_run(new_run("r1"))
    await sound.create_run(new_run("r2"))
    await broken.close()
    await sound.close()


def test_opening_waits_for_a_writer_only_so_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was stopped in the middle of a write would hold everybody up for ever."""
    monkeypatch.setattr("wfc.store.sqlite.turnstile.PATIENCE", 0.05)
    path = tmp_path / "state.db"
    asyncio.run(SqliteStore(path).close())
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="stopped in the middle of a write"):
            SqliteStore(path)
    asyncio.run(SqliteStore(path).close())
