"""The wake-up between processes: a FIFO for each, in `wake/` beside the database.

SQLite notifies nobody. A process that wants to hear of changes makes a FIFO and reads it on its event loop; whoever
has changed something writes a byte into every FIFO there. It is a hint and nothing else: a byte may be lost, so
listeners also look by themselves once a second. A FIFO whose process died has no reader, which the next ringer
notices and removes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

from ...ids import ulid
from .forks import forget_in_children


class Bell:
    """This process's FIFO, and everybody's bell button."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / ulid()
        self._fd = -1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        forget_in_children(self)

    def forget(self) -> None:
        """In a child that was forked: it hears nothing, and must not look like a reader. The loop is the parent's."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._loop = -1, None
        self._listeners.clear()

    def subscribe(self) -> asyncio.Event:
        """Return an event that every ring sets; the listener clears it."""
        if self._fd < 0:
            self._open()
        event = asyncio.Event()
        self._listeners.append((asyncio.get_running_loop(), event))
        return event

    def unsubscribe(self, event: asyncio.Event) -> None:
        """Stop setting the event."""
        self._listeners = [(loop, listener) for loop, listener in self._listeners if listener is not event]

    def ring(self) -> None:
        """Tell every listener, here and in other processes, that something has changed."""
        self._tell_listeners()
        try:
            entries = list(os.scandir(self._directory))
        except FileNotFoundError:
            return
        for entry in entries:
            if entry.path != str(self._path) and not entry.name.startswith("."):
                _poke(entry.path)

    def close(self) -> None:
        """Remove this process's FIFO."""
        if self._fd < 0:
            return
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._fd)
        os.close(self._fd)
        self._fd = -1
        self._path.unlink(missing_ok=True)

    def _open(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        # Under a name that ringers pass over until it is open: they remove a FIFO that nobody reads.
        hidden = self._path.with_name(f".{self._path.name}")
        os.mkfifo(hidden, 0o600)
        # Opened for both directions, so that it never reads as closed while nobody else has it open.
        self._fd = os.open(hidden, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        hidden.rename(self._path)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._hear)

    def _hear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while len(os.read(self._fd, 4096)) == 4096:
                continue
        self._tell_listeners()

    def _tell_listeners(self) -> None:
        here = asyncio._get_running_loop()
        for loop, event in self._listeners:
            if loop is here:
                event.set()
                continue
            with contextlib.suppress(RuntimeError):  # that loop was closed
                loop.call_soon_threadsafe(event.set)


def _poke(path: str) -> None:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # ENXIO: nobody reads it any more
        with contextlib.suppress(OSError):
            os.unlink(path)
        return
    with contextlib.suppress(BlockingIOError):  # full: it will be read anyway
        os.write(fd, b"\0")
    os.close(fd)
