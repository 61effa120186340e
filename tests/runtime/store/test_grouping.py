"""Writes that are asked for together share one durable commit, and don't share their fate."""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from wfc.errors import RunNotFoundError, StoreError
from wfc.store.sqlite.connection import Database


class Counting(sqlite3.Connection):
    """Counts commits, and refuses them on demand."""

    commits = 0
    full = False

    def execute(self, statement: str, *args: object) -> sqlite3.Cursor:
        if statement == "commit":
            type(self).commits += 1
            if self.full:
                raise sqlite3.OperationalError("database or disk is full")
        return super().execute(statement, *args)  # type: ignore[arg-type]


def add(word: str) -> Callable[[sqlite3.Connection], str]:
    def body(db: sqlite3.Connection) -> str:
        db.execute("insert into words values (?)", (word,))
        return word.upper()

    return body


def refuse(db: sqlite3.Connection) -> None:
    db.execute("insert into words values ('half')")
    raise RunNotFoundError("nobody")


Test = Callable[[Database], Awaitable[None]]
Run = Callable[[Test], None]


@pytest.fixture
def with_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a test's coroutine with a database that has one table."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **options: connect(path, factory=Counting, **options))

    async def drive(test: Test) -> None:
        database = Database(tmp_path / "state.db")
        await database.write(lambda db: db.execute("create table words (word text unique)"))
        Counting.commits, Counting.full = 0, False
        try:
            await test(database)
        finally:
            database.close()

    return lambda test: asyncio.run(drive(test))


def words(database: Database) -> list[str]:
    return [word for (word,) in database.read("select word from words order by word")]


def test_only_what_asks_for_it_is_not_synced(with_database: Run) -> None:
    """A commit that a power loss may undo leaves the next one as durable as ever, whether its body went well or not."""

    async def test(database: Database) -> None:
        seen: list[int] = []

        def note(db: sqlite3.Connection) -> None:
            seen.append(db.execute("pragma synchronous").fetchone()[0])

        def refused(db: sqlite3.Connection) -> None:
            note(db)
            raise RunNotFoundError("nobody")

        await database.write(note, at_once=True, durable=False)
        with pytest.raises(RunNotFoundError):
            await database.write(refused, at_once=True, durable=False)
        await database.write(note, at_once=True)
        await database.write(note)
        assert seen == [1, 1, 2, 2]

    with_database(test)


def test_a_write_at_once_takes_along_who_waits(with_database: Run) -> None:
    """It neither overtakes an earlier write nor loses it; what is in line is durable, whoever joins it."""

    async def test(database: Database) -> None:
        earlier = asyncio.create_task(database.write(add("earlier")))
        await asyncio.sleep(0)
        await database.write(add("later"), at_once=True, durable=False)
        assert await earlier == "EARLIER"
        assert Counting.commits == 1
        assert words(database) == ["earlier", "later"]

    with_database(test)


def test_what_is_written_together_is_committed_once(with_database: Run) -> None:
    """Each caller gets its own result, in one commit."""

    async def test(database: Database) -> None:
        assert await asyncio.gather(*(database.write(add(f"w{n}")) for n in range(50))) == [f"W{n}" for n in range(50)]
        assert Counting.commits == 1
        assert len(words(database)) == 50

    with_database(test)


def test_a_write_that_raises_undoes_itself_alone(with_database: Run) -> None:
    """Its caller gets the error; what the others have written is kept."""

    async def test(database: Database) -> None:
        results = await asyncio.gather(
            database.write(add("a")),
            database.write(refuse),
            database.write(add("b")),
            database.write(add("a")),
            return_exceptions=True,
        )
        assert [type(result) for result in results] == [str, RunNotFoundError, str, sqlite3.IntegrityError]
        assert words(database) == ["a", "b"]

    with_database(test)


def test_when_the_file_cannot_be_written_all_are_told(with_database: Run) -> None:
    """Nothing of the commit is kept; the next one may succeed."""

    async def test(database: Database) -> None:
        Counting.full = True
        results = await asyncio.gather(database.write(add("a")), database.write(add("b")), return_exceptions=True)
        assert [type(result) for result in results] == [StoreError, StoreError]
        Counting.full = False
        await database.write(add("c"))
        assert words(database) == ["c"]

    with_database(test)


def test_a_caller_that_goes_away_takes_nobody_along(with_database: Run) -> None:
    """What a cancelled task has asked for is written with the rest, or not at all; the others get their results."""

    async def test(database: Database) -> None:
        first = asyncio.create_task(database.write(add("a")))
        second = asyncio.create_task(database.write(add("b")))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == "B"
        assert "b" in words(database)

    with_database(test)


def test_writes_during_a_wait_for_the_file_join_it(with_database: Run) -> None:
    """While another process holds the file, all that is asked for goes into one commit."""

    async def test(database: Database) -> None:
        with database.path.with_suffix(".lock").open() as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            waiting = [asyncio.create_task(database.write(add("a")))]
            for word in ("b", "c"):
                await asyncio.sleep(0)
                waiting.append(asyncio.create_task(database.write(add(word))))
            await asyncio.sleep(0)
            fcntl.flock(other, fcntl.LOCK_UN)
        await asyncio.gather(*waiting)
        assert Counting.commits == 1

    with_database(test)
