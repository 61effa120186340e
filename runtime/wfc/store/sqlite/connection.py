"""The database file: opening it, and one durable write transaction at a time.

Every write transaction and every checkpoint of every wfc process goes through the turnstile (turnstile.py).
Commits are made on the loop's own thread: a writer thread would starve under the GIL whenever the loop is busy.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from ...errors import StoreError, StoreVersionError
from .forks import forget_in_children
from .turnstile import Turnstile

T = TypeVar("T")

SCHEMA_VERSION = 2
# A commit of one run writes two to four pages, and many rows in one commit share pages: the WAL stays at about 4 MB.
_COMMITS_PER_CHECKPOINT = 500
_ROWS_PER_CHECKPOINT = 10_000
_STATEMENTS_KEPT = 256  # prepared ones: preparing an insert of many rows takes longer than running it
_TRUNCATE_ABOVE = 64 * 1024 * 1024
_TABLES = "select name from sqlite_master where type = 'table' order by name limit 5"
_of_the_parent: list[sqlite3.Connection] = []  # what may not even be closed after a fork


@dataclass(frozen=True, slots=True)
class Written:
    """A body that waits for its transaction, and what its caller waits for."""

    body: Callable[[sqlite3.Connection], Any]
    result: asyncio.Future[Any]

    def settle(self, value: Any, error: BaseException | None) -> None:
        """Tell the caller; one that has gone away needn't know."""
        if self.result.done():
            return
        if error is None:
            self.result.set_result(value)
        else:
            self.result.set_exception(error)


class Database:
    """An open store file. Reads need no lock.

    Without `synced` no commit waits for the disk: a power loss may undo the last ones, a crash of the process none.
    """

    _synchronous = "full"
    _file: tuple[int, int] | None = None  # none where it is in memory

    def __init__(self, path: Path, *, synced: bool = True) -> None:
        turnstile, connection = None, None
        if not synced:
            self._synchronous = "normal"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            turnstile = Turnstile(path.with_suffix(".lock"))
            connection = sqlite3.connect(
                path, isolation_level=None, timeout=5.0, check_same_thread=False, cached_statements=_STATEMENTS_KEPT
            )
            self._share(path, connection, turnstile)
            self._prepare()
            self._file = _identity(self.path)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if turnstile is not None:
                turnstile.close()
            if isinstance(error, OSError | sqlite3.Error):
                raise StoreError(_explain(path, error)) from error
            raise
        forget_in_children(self)

    def _share(self, path: Path, connection: sqlite3.Connection, turnstile: Turnstile) -> None:
        """Take the connection, which calls from other threads may use, too, one at a time: those of a host's sync
        framework, or of `def` steps that resume a hook.
        """
        self.path = path
        self._connection = connection
        self._turnstile = turnstile
        self._is_open = True
        self._commits = 0
        self._changed = 0
        self._batches: dict[asyncio.AbstractEventLoop, list[Written]] = {}
        self._flushing: set[asyncio.Task[None]] = set()

    def forget(self) -> None:
        """In a child that was forked: keep the parent's connection untouched, and refuse every call."""
        if self._is_open:
            self._is_open = False
            self._turnstile.close()
            _of_the_parent.append(self._connection)
            self._connection = sqlite3.connect(":memory:")
            self._connection.close()

    async def write(self, body: Callable[[sqlite3.Connection], T], *, at_once: bool = False, durable: bool = True) -> T:
        """Run `body` in a transaction and make it durable before returning. `body` must not await.

        What is written in the same turn of the event loop, or while an earlier write waits for the file, shares one
        commit; where a body raises, nothing of it is kept and the others are not affected. With `at_once` it waits for
        nobody who may still come in this turn: the caller has gathered what there is. Without `durable` a power loss
        may undo it, which no crash of a process does; the next durable commit makes it so, too. Raises StoreError when
        the file can't be written; nothing of the transaction is then kept.
        """
        loop = asyncio.get_running_loop()
        written = Written(body, loop.create_future())
        batch = self._batches.get(loop)
        if batch is not None:
            batch.append(written)
        elif at_once and self._is_open and self._turnstile.try_enter():
            self._write_batch([written], durable=durable)
        else:
            self._batches[loop] = [written]
            flushing = loop.create_task(self._flush(loop), name="wfc-write")
            self._flushing.add(flushing)
            flushing.add_done_callback(self._flushing.discard)
        result: T = await written.result
        return result

    def read(self, statement: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[Any]:
        """Return all rows of a query. Raises StoreError when the file can't be read."""
        self._check_in_place()
        try:
            return self._connection.execute(statement, parameters).fetchall()
        except sqlite3.Error as error:
            raise StoreError(_explain(self.path, error) if self._is_open else self._closed()) from error

    def close(self) -> None:
        """Close the file; idempotent."""
        if self._is_open:
            self._is_open = False
            self._connection.close()
            self._turnstile.close()

    async def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        """Write what has been waiting on this loop, in one transaction."""
        try:
            if not self._is_open:
                raise StoreError(self._closed())
            await self._turnstile.enter()
        except BaseException as error:
            _fail(self._batches.pop(loop), error)
            if not isinstance(error, Exception):
                raise
            return
        self._write_batch(self._batches.pop(loop))

    def _write_batch(self, batch: list[Written], *, durable: bool = True) -> None:
        """Write what stands in line, while the turnstile is ours, and give that back."""
        try:
            self._check_in_place()
            if durable:
                self._transact(batch)
            else:
                self._transact_unsynced(batch)
            self._commits += 1
            changed = self._connection.total_changes
            if self._commits >= _COMMITS_PER_CHECKPOINT or changed - self._changed >= _ROWS_PER_CHECKPOINT:
                self._checkpoint()
                self._changed = changed
        except StoreError as error:
            _fail(batch, error)
        finally:
            self._turnstile.leave()

    def _transact_unsynced(self, batch: list[Written]) -> None:
        self._connection.execute("pragma synchronous=normal")
        try:
            self._transact(batch)
        finally:
            self._connection.execute(f"pragma synchronous={self._synchronous}")

    def _transact(self, batch: list[Written]) -> None:
        """Run bodies in one transaction. Their callers hear of it once it is durable."""
        db = self._connection
        try:
            db.execute("begin immediate")
            try:
                if len(batch) == 1:
                    outcomes = [_outcome(db, batch[0].body)]
                    db.execute("commit" if outcomes[0][1] is None else "rollback")
                else:
                    outcomes = [self._run(written.body) for written in batch]
                    db.execute("commit")
            except BaseException:
                if db.in_transaction:
                    db.execute("rollback")
                raise
        except sqlite3.Error as error:
            raise StoreError(_explain(self.path, error)) from error
        for written, (value, refusal) in zip(batch, outcomes, strict=True):
            written.settle(value, refusal)

    def _run(self, body: Callable[[sqlite3.Connection], Any]) -> tuple[Any, Exception | None]:
        """Run one body of several; what it raises undoes what it has written, and no more."""
        db = self._connection
        db.execute("savepoint body")
        value, failure = _outcome(db, body)
        if failure is not None:
            db.execute("rollback to body")
        db.execute("release body")
        return value, failure

    def _checkpoint(self) -> None:
        self._commits = 0
        wal = self.path.with_name(self.path.name + "-wal")
        large = wal.exists() and wal.stat().st_size > _TRUNCATE_ABOVE
        with contextlib.suppress(sqlite3.Error):  # the commit before it is durable; the next one tries again
            self._connection.execute(f"pragma wal_checkpoint({'truncate' if large else 'passive'})")

    def _check_in_place(self) -> None:
        """Refuse to go on with a file that has been removed or replaced: nobody else would ever see what is written."""
        if self._file is not None and _identity(self.path) != self._file:
            raise StoreError(
                f"the store {self.path} was removed or replaced while this process had it open; put the file back, or "
                "start the process again to go on with what is there now"
            )

    def _closed(self) -> str:
        return f"the store {self.path} was closed, or this process was forked after it was opened: open it here"

    def _prepare(self) -> None:
        self._turnstile.enter_without_loop()
        try:
            for pragma in ("journal_mode=wal", f"synchronous={self._synchronous}", "wal_autocheckpoint=0"):
                self._connection.execute(f"pragma {pragma}")
            if sys.platform == "darwin":
                self._connection.execute("pragma fullfsync=1")  # else a commit doesn't survive power loss there
            self._migrate()
        finally:
            self._turnstile.leave()

    def _migrate(self) -> None:
        version = self._connection.execute("pragma user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise StoreVersionError(
                f"{self.path} was written by a newer wfc (schema {version}; this one knows {SCHEMA_VERSION}): "
                "upgrade wfc, or name another store"
            )
        if version == 0 and (others := self._connection.execute(_TABLES).fetchall()):
            names = ", ".join(name for (name,) in others)
            raise StoreError(f"{self.path} is the database of something else (tables: {names}): name another file")
        for following in range(version + 1, SCHEMA_VERSION + 1):
            # Each in a transaction of its own: a crash in between leaves a file of a version that is known.
            step = files(__package__).joinpath("schema", f"{following}.sql").read_text()
            self._connection.executescript(f"begin immediate; {step}; pragma user_version={following}; commit;")


def _identity(path: Path) -> tuple[int, int] | None:
    """Return which file is at the path, if any."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _outcome(db: sqlite3.Connection, body: Callable[[sqlite3.Connection], Any]) -> tuple[Any, Exception | None]:
    """Run a body; what it raises is its caller's business."""
    try:
        return body(db), None
    except (sqlite3.DataError, sqlite3.IntegrityError) as error:
        return None, error  # the value's fault: the store can still be used
    except sqlite3.Error:
        raise
    except Exception as error:  # noqa: BLE001 - handed to the caller
        return None, error


def _fail(batch: list[Written], error: BaseException) -> None:
    for written in batch:
        written.settle(None, error)


def _explain(path: Path, error: Exception) -> str:
    return f"can't use the store {path}: {error}. Is it a writable path on a local disk, and is there space left?"
