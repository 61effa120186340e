"""Watch what code does to the world outside its process's memory, and let nothing hang.

Python's audit hooks say what is opened, connected, started or waited for, whoever does it. What would leave the
process in a state that other programs suffer from is noted and refused.
"""

from __future__ import annotations

import gc
import os
import platform
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from types import FrameType
from typing import Any

from wfc.flow import loop

# More than any turn of these programs takes, and not long to wait for one that never ends.
_BUSY_SECONDS = 0.3
_CALLBACKS = 5_000
_SECONDS = 1.5
_TOLD = (
    "_thread.start_",
    "builtins.input",
    "os.",
    "shutil.",
    "signal.",
    "socket.",
    "sqlite3.connect",
    "subprocess.",
    "tempfile.",
    "time.sleep",
    "urllib.",
    "webbrowser.",
)
_SILENT = frozenset(
    {"os.listdir", "os.scandir", "socket.gethostname", "os.putenv", "os.unsetenv", "sqlite3.connect/handle"}
)  # imports list folders
_REFUSED = frozenset({"os.fork", "os.forkpty", "os.kill", "os.killpg", "os.exec", "os.system", "signal.pthread_kill"})
_OF_IMPORTS = (".py", ".pyc", ".so", ".pem", ".json", ".toml", ".pth")
_WRITING = "wax+"


class HeldUpError(BaseException):
    """A turn of a workflow took longer than any should."""


class RefusedError(OSError):
    """Something that would have harmed the test's own process."""


@dataclass
class Seen:
    """What code did: audit events of interest, coroutines that nobody awaited, and what it printed."""

    effects: list[str] = field(default_factory=list)
    never_awaited: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)


_watched: list[Seen] = []


def install() -> None:
    """Begin to hear of what this process does, and make blocking sleeps short; can't be undone."""
    sys.addaudithook(_hear)
    signal.signal(signal.SIGALRM, _hold_up)
    signal.signal(signal.SIGVTALRM, _hold_up)
    time.sleep = _told("time.sleep", lambda seconds, sleep=time.sleep: sleep(seconds / 1000))
    loop.CALLBACKS_PER_TURN = _CALLBACKS
    sys.argv[:] = [os.environ["NAME"]] * 2
    socket.gethostname = platform.node = lambda: os.environ["NAME"]
    threading.Thread.start = _told("_thread.start_new_thread", threading.Thread.start)  # type: ignore[method-assign]


def _told(event: str, function: Callable[..., None]) -> Callable[..., None]:
    """Return a function that makes the audit event itself, as its own does only in later Pythons."""

    def told(*args: Any, **options: Any) -> None:
        sys.audit(event)
        function(*args, **options)

    return told


@contextmanager
def watched() -> Iterator[Seen]:
    """Note what is done meanwhile; raises HeldUpError inside what doesn't end."""
    seen = Seen()
    gc.collect()
    gc.freeze()  # what is there by now needn't be looked at again: the modules of hundreds of routes
    _arm(_BUSY_SECONDS, _SECONDS)
    _watched.append(seen)
    try:
        with warnings.catch_warnings(record=True) as told, redirect_stdout(StringIO()) as printed:
            warnings.simplefilter("always")
            yield seen
            gc.collect()
    finally:
        _watched.pop()
        if _watched:
            _arm(_BUSY_SECONDS, _SECONDS)
        else:
            _arm(0, 0)
    seen.printed += printed.getvalue().splitlines()
    seen.never_awaited += [str(item.message) for item in told if "was never awaited" in str(item.message)]


def _arm(busy: float, seconds: float) -> None:
    """Have HeldUpError raised after so much time of the processor, or of the clock; zero for never."""
    signal.setitimer(signal.ITIMER_VIRTUAL, busy, 0.1)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)


def _hold_up(number: int, frame: FrameType | None) -> None:
    raise HeldUpError


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if not _watched:
        return
    if event == "open":
        if not _is_an_import(args[0], args[1]):
            _watched[-1].effects.append(f"open {args[1]}")
    elif event.startswith(_TOLD) and event not in _SILENT and args[:1] != (":memory:",):
        _watched[-1].effects.append(event)
    if event in _REFUSED:
        raise RefusedError(f"{event} is refused here")


def _is_an_import(path: object, mode: object) -> bool:
    if not isinstance(path, str):
        return False
    return (path.endswith(_OF_IMPORTS) or "/zoneinfo/" in path) and not set(str(mode)) & set(_WRITING)
