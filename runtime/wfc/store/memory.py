"""The embedded store on a database in memory: the schema and the statements of SQLite's, without any file.

For tests and simulations. A `Memory` is what a disk and a machine are to the other store: the rows, and which workers
live. Several stores may share one, as several processes share a file, each with a clock of its own; closing a store is
the end of its process, after which none of its calls does anything. All is gone with the `Memory`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..clock import wall_clock_us
from ..errors import StoreError
from .sqlite.bell import Bell
from .sqlite.connection import Database
from .sqlite.liveness import WorkerLocks
from .sqlite.store import SqliteStore
from .sqlite.turnstile import Turnstile

_NOWHERE = Path(":memory:")


class Memory:
    """What stores share: rows, the workers that live, and who wants to hear of changes."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(_NOWHERE, isolation_level=None, check_same_thread=False)
        self.one_thread = threading.Lock()
        self.living: set[str] = set()
        self.bell = _Bell(_NOWHERE)

    def close(self) -> None:
        """Forget everything."""
        self.connection.close()


class MemoryStore(SqliteStore):
    """A process's store. Made without a `Memory` it has one of its own."""

    def __init__(self, memory: Memory | None = None, clock: Callable[[], int] = wall_clock_us) -> None:
        self.memory = memory or Memory()
        self._database = _Database(self.memory)
        self._clock = clock
        self._bell = self.memory.bell
        self._locks = _Locks(self.memory.living)


class _Database(Database):
    """The shared connection, as long as the store is open."""

    def __init__(self, memory: Memory) -> None:
        self._share(_NOWHERE, memory.connection, _Turnstile(memory.one_thread))
        self._migrate()

    def read(self, statement: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[Any]:
        if not self._is_open:
            raise StoreError("the store was closed")
        return super().read(statement, parameters)

    def close(self) -> None:
        self._is_open = False

    def _checkpoint(self) -> None:
        self._commits = 0


class _Turnstile(Turnstile):
    """One for all that share a `Memory`: held for the time of a transaction, so that no clock need move for it."""

    def __init__(self, one_thread: threading.Lock) -> None:
        self._one_thread = one_thread

    def try_enter(self) -> bool:
        return self._one_thread.acquire()

    def leave(self) -> None:
        self._one_thread.release()

    def close(self) -> None:
        pass


class _Locks(WorkerLocks):
    """Lock files without files: a worker holds its own for as long as it is among the living."""

    def __init__(self, living: set[str]) -> None:
        self._living = living
        self._own: set[str] = set()

    def hold(self, worker: str) -> None:
        self._own.add(worker)
        self._living.add(worker)

    def drop(self, worker: str) -> None:
        self._own.discard(worker)
        self._living.discard(worker)

    def is_dead(self, worker: str) -> bool:
        return worker not in self._living

    def close(self) -> None:
        for worker in list(self._own):
            self.drop(worker)


class _Bell(Bell):
    """Everybody is in this process."""

    def _open(self) -> None:
        pass

    def ring(self) -> None:
        self._tell_listeners()
