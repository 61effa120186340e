"""The turnstile of a store's file: one write transaction or checkpoint at a time, of all threads and processes.

An OS lock on a file of its own. It is fair (SQLite's own busy handler starves: of eight writers one got 1 commit while
another got 11,733), it is released by the kernel when a process dies, and it means that no commit can run beside a
checkpoint, which is what the WAL-reset bug of SQLite before 3.51.3 needs. It is tried without blocking, and waited for
on the event loop.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import threading
import time
from pathlib import Path

from ...errors import StoreError

PATIENCE = 30.0


class Turnstile:
    """See the module. The lock between this process's threads is taken first: a lock file knows processes only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._one_thread = threading.Lock()
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def try_enter(self) -> bool:
        """Take both locks or none; who has entered calls `leave`."""
        if not self._one_thread.acquire(blocking=False):
            return False
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._one_thread.release()
            return False
        return True

    def leave(self) -> None:
        """Let the next one in."""
        fcntl.flock(self._fd, fcntl.LOCK_UN)
        self._one_thread.release()

    async def enter(self) -> None:
        """Take both locks; the loop goes on meanwhile. Raises StoreError where somebody holds them for too long."""
        deadline = None
        while not self.try_enter():
            now = asyncio.get_running_loop().time()
            deadline = deadline or now + PATIENCE
            if now > deadline:
                raise StoreError(self._held_up())
            await asyncio.sleep(random.uniform(0.0002, 0.002))

    def enter_without_loop(self) -> None:
        """Do what `enter` does, before there is a loop to wait on."""
        deadline = time.monotonic() + PATIENCE
        while not self.try_enter():
            if time.monotonic() > deadline:
                raise StoreError(self._held_up())
            time.sleep(0.002)

    def close(self) -> None:
        """Let go of the file; idempotent. In a child that was forked, the parent's lock stays as it is."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _held_up(self) -> str:
        held = f"another process has held {self._path} for {PATIENCE:.0f} seconds"
        return f"{held}; is one stopped in the middle of a write?"
