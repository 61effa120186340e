"""The database file: opening it, and one durable write transaction at a time.

Every write transaction and every checkpoint of every wfc process takes an OS lock on `state.lock` first. That is fair
(SQLite's own busy handler starves: of eight writers one got 1 commit while another got 11,733), it is released by the
kernel when a process dies, and it means that no commit can run beside a checkpoint, which is what the WAL-reset bug of
SQLite before 3.51.3 needs. The lock is tried without blocking, and waited for on the event loop.

Commits are made on the loop's own thread: a writer thread would starve under the GIL whenever the loop is busy.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import random
import sqlite3
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from ...errors import StoreError, StoreVersionError

T = TypeVar("T")

SCHEMA_VERSION = 2
_COMMITS_PER_CHECKPOINT = 500  # a commit writes two to four pages: the WAL stays at about 4 MB
_TRUNCATE_ABOVE = 64 * 1024 * 1024
_LOCK_PATIENCE = 30.0


class Database:
    """An open store file. Reads need no lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._commits = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            # Calls may come from other threads: those of a host's sync framework, or of `def` steps that resume a hook.
            self._one_thread = threading.Lock()
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(_explain(path, error)) from error

    async def write(self, body: Callable[[sqlite3.Connection], T]) -> T:
        """Run `body` in one transaction and make it durable before returning. `body` must not await.

        Raises StoreError when the file can't be written; nothing of the transaction is then kept.
        """
        await self._enter()
        try:
            result = self._transact(body)
            self._commits += 1
            if self._commits >= _COMMITS_PER_CHECKPOINT:
                self._checkpoint()
            return result
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            self._one_thread.release()

    def read(self, statement: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[Any]:
        """Return all rows of a query. Raises StoreError when the file can't be read."""
        try:
            return self._connection.execute(statement, parameters).fetchall()
        except sqlite3.Error as error:
            raise StoreError(_explain(self.path, error)) from error

    def close(self) -> None:
        """Close the file; idempotent."""
        if self._lock >= 0:
            self._connection.close()
            os.close(self._lock)
            self._lock = -1

    def _transact(self, body: Callable[[sqlite3.Connection], T]) -> T:
        try:
            self._connection.execute("begin immediate")
            try:
                result = body(self._connection)
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")
                raise
        except (sqlite3.DataError, sqlite3.IntegrityError):
            raise  # the value's fault: the store can still be used
        except sqlite3.Error as error:
            raise StoreError(_explain(self.path, error)) from error
        return result

    async def _enter(self) -> None:
        """Take the turnstile. The loop goes on meanwhile."""
        if self._lock < 0:
            raise StoreError(f"the store {self.path} was closed")
        deadline = None
        while True:
            if self._try_lock():
                return
            now = asyncio.get_running_loop().time()
            deadline = deadline or now + _LOCK_PATIENCE
            if now > deadline:
                raise StoreError(
                    f"another process has held {self.path.with_suffix('.lock')} for {_LOCK_PATIENCE:.0f} seconds; "
                    "is one stopped in the middle of a write?"
                )
            await asyncio.sleep(random.uniform(0.0002, 0.002))

    def _try_lock(self) -> bool:
        """Take the lock between this process's threads, then the one between processes; both or none."""
        if not self._one_thread.acquire(blocking=False):
            return False
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._one_thread.release()
            return False
        return True

    def _checkpoint(self) -> None:
        self._commits = 0
        wal = self.path.with_name(self.path.name + "-wal")
        large = wal.exists() and wal.stat().st_size > _TRUNCATE_ABOVE
        with contextlib.suppress(sqlite3.Error):  # the commit before it is durable; the next one tries again
            self._connection.execute(f"pragma wal_checkpoint({'truncate' if large else 'passive'})")

    def _prepare(self) -> None:
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            for pragma in ("journal_mode=wal", "synchronous=full", "wal_autocheckpoint=0"):
                self._connection.execute(f"pragma {pragma}")
            if sys.platform == "darwin":
                self._connection.execute("pragma fullfsync=1")  # else a commit doesn't survive power loss there
            self._migrate()
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _migrate(self) -> None:
        version = self._connection.execute("pragma user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise StoreVersionError(
                f"{self.path} was written by a newer wfc (schema {version}; this one knows {SCHEMA_VERSION}): "
                "upgrade wfc, or name another store"
            )
        for following in range(version + 1, SCHEMA_VERSION + 1):
            # Each in a transaction of its own: a crash in between leaves a file of a version that is known.
            step = files(__package__).joinpath("schema", f"{following}.sql").read_text()
            self._connection.executescript(f"begin immediate; {step}; pragma user_version={following}; commit;")


def _explain(path: Path, error: Exception) -> str:
    return f"can't use the store {path}: {error}. Is it a writable path on a local disk, and is there space left?"
