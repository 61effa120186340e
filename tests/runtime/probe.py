"""What step bodies of hand-made builds tell their test, and what they wait for. Bodies import this module."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict

notes: list[str] = []
gates: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
thread_gates: defaultdict[str, threading.Event] = defaultdict(threading.Event)
_changed: list[asyncio.Event] = []


def note(what: str) -> None:
    """Say that something has happened; tests count it."""
    notes.append(what)
    for event in _changed:
        event.set()


async def noted(what: str, times: int = 1) -> None:
    """Wait until a body on this loop has noted something so many times."""
    event = asyncio.Event()
    _changed.append(event)
    try:
        async with asyncio.timeout(20):
            while notes.count(what) < times:
                event.clear()
                await event.wait()
    finally:
        _changed.remove(event)


async def gate(name: str) -> None:
    """Wait until the test opens the gate."""
    note(f"at {name}")
    await gates[name].wait()


def reset() -> None:
    """Forget everything; threads that wait at a gate go on."""
    for thread_gate in thread_gates.values():
        thread_gate.set()
    notes.clear()
    gates.clear()
    thread_gates.clear()
    _changed.clear()
