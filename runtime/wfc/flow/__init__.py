"""Flows: the deterministic side of a run, and what lowered flow code imports as `_flow`.

`flowrun.py` is the centre: one event in, commands out. `loop.py` is the asyncio loop underneath, `guards.py`,
`output.py` and `waiting.py` are what emitted code calls, `eviction.py` puts a run aside. `time.py`, `random.py`,
`uuid.py` and `dates.py` stand for what the standard library has of that name.
"""

from ..errors import fatal_match as fatal
from . import random, time, uuid
from .dates import date, datetime
from .guards import AsyncExitStack, ExitStack, cm, run
from .output import print
from .route import FlowRoute
from .waiting import as_completed, wait_for

__all__ = [
    "AsyncExitStack",
    "ExitStack",
    "FlowRoute",
    "as_completed",
    "cm",
    "date",
    "datetime",
    "fatal",
    "print",
    "random",
    "run",
    "time",
    "uuid",
    "wait_for",
]
