"""Which workers live: an OS lock that each holds on a file of its own for as long as its process lives.

The kernel gives the lock back the moment a process dies, so a dead worker's runs are taken over at once, and a live
one whose thread stalls for a minute under the GIL isn't taken for dead. Only a stopped process (SIGSTOP) holds its
lock and does nothing: for that there is a heartbeat with a long deadline, in the `workers` table.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from .forks import forget_in_children


class WorkerLocks:
    """The lock files in `workers/` beside the database."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._held: dict[str, int] = {}
        forget_in_children(self)

    def forget(self) -> None:
        """In a child that was forked: the locks are the parent's alone."""
        for fd in self._held.values():
            os.close(fd)
        self._held.clear()

    def hold(self, worker: str) -> None:
        """Lock the worker's file until `drop` or the end of this process."""
        self._directory.mkdir(parents=True, exist_ok=True)
        fd = os.open(self._path(worker), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        self._held[worker] = fd

    def drop(self, worker: str) -> None:
        """Remove the worker's file."""
        fd = self._held.pop(worker, None)
        if fd is not None:
            self._path(worker).unlink(missing_ok=True)
            os.close(fd)

    def is_dead(self, worker: str) -> bool:
        """Is the worker's process gone? Cleans up after it."""
        if worker in self._held:
            return False
        try:
            fd = os.open(self._path(worker), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            self._path(worker).unlink(missing_ok=True)
            return True
        finally:
            os.close(fd)

    def is_held(self, worker: str) -> bool:
        """Does a process hold the worker's lock? Changes nothing; asking at the same time as others is no harm."""
        try:
            fd = os.open(self._path(worker), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(fd)
        return False

    def close(self) -> None:
        """Drop all locks of this process."""
        for worker in list(self._held):
            self.drop(worker)

    def _path(self, worker: str) -> Path:
        return self._directory / worker
