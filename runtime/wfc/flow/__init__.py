"""Flows: the deterministic side of a run, and what lowered flow code imports as `_flow`.

`flowrun.py` is the centre: one event in, commands out. `loop.py` is the asyncio loop underneath, `eviction.py` puts a
run aside. What emitted code calls is in `guards.py`, `catching.py`, `collected.py`, `namespace.py`, `output.py` and
`waiting.py`; `time.py`, `random.py`, `uuid.py` and `dates.py` stand for what the standard library has of that name.
"""

from . import random, time, uuid
from .catching import caught, fatal
from .collected import WeakMethod, finalize, in_turn, proxy, ref
from .dates import date, datetime
from .guards import AsyncContextDecorator, AsyncExitStack, ExitStack, cm, run
from .namespace import dir, locals, vars
from .output import print
from .route import FlowRoute
from .waiting import as_completed, wait_for

__all__ = [
    "AsyncContextDecorator",
    "AsyncExitStack",
    "ExitStack",
    "FlowRoute",
    "WeakMethod",
    "as_completed",
    "caught",
    "cm",
    "date",
    "datetime",
    "dir",
    "fatal",
    "finalize",
    "in_turn",
    "locals",
    "print",
    "proxy",
    "random",
    "ref",
    "run",
    "time",
    "uuid",
    "vars",
    "wait_for",
]
