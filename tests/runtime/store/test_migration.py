"""A store that an older wfc wrote is brought forward, and its runs go on where they were."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.runtime.handmade import open_project, write_build
from wfc.store.sqlite.connection import SCHEMA_VERSION
from wfc.store.sqlite.store import SqliteStore

HISTORIES = Path(__file__).parent / "histories"
STEPS = """
@wf.step
async def double(n: int) -> int:
    return 2 * n
"""
# What the run in every history was started with, and is in the middle of.
FLOWS = """
@dataclass
class Ping(wfc.BaseHook):
    n: int

@wf.workflow
async def main(n: int) -> list[int]:
    found = [await double(n)]
    await wfc.sleep("1 hour")
    hook = Ping.wait(token="t")
    found.append((await hook).n)
    found.append(await double(found[1]))
    return found
"""


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_a_run_goes_on_in_a_store_of_an_older_version(tmp_path: Path, version: int) -> None:
    """The run that slept when the store was written wakes up, takes a payload and ends."""
    write_build(tmp_path, STEPS, FLOWS)
    with sqlite3.connect(tmp_path / ".wfc" / "state.db") as database:
        database.executescript((HISTORIES / f"{version}.sql").read_text())

    async def finish() -> list[int]:
        async with open_project(tmp_path) as project:
            await project.store.skip_ahead("sleeper")
            project.work()
            await project.until(lambda: project.store.hooks("sleeper"), "the hook")
            await project.store.post_payload("t", b'{"n":5}')
            outcome: list[int] = await project.outcome(await project.store.run("sleeper"))
            return outcome

    assert asyncio.run(finish()) == [6, 5, 10]


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_a_store_that_is_brought_forward_is_like_a_new_one(tmp_path: Path, version: int) -> None:
    """It has the same tables, columns and indexes."""
    with sqlite3.connect(tmp_path / "old.db") as database:
        database.executescript((HISTORIES / f"{version}.sql").read_text())
    for name in ("old.db", "new.db"):
        asyncio.run(SqliteStore(tmp_path / name).close())
    assert schema(tmp_path / "old.db") == schema(tmp_path / "new.db")


def schema(path: Path) -> list[tuple[str, ...]]:
    """Return what a database consists of."""
    with sqlite3.connect(path) as database:
        return database.execute("select type, name, sql from sqlite_master order by type, name").fetchall()
