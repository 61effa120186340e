"""How a worker works: what its command line, or the program that embeds it, can choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..model import Event, Run

Observer = Callable[[Run, Event], None]


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """`concurrency` bounds step bodies at a time, `parked` the runs that are kept warm after they were parked.

    `grace` is how many seconds bodies get to finish when the worker stops, `turn_seconds` how long a workflow may work
    between two awaits. `fast_forward` is the id of a run whose clock is moved to what it waits for. `observer` is told
    every committed event of the runs of this worker. `sweep` is the longest rest, in seconds, before it looks for dead
    workers and lost wake-ups, and `heartbeat` the pause between the worker's own signs of life: `math.inf` where nobody
    else is there. `retention_us` is how long runs that have ended are kept, in microseconds; None for ever.
    """

    concurrency: int = 64
    parked: int = 250  # some 10 kB each
    grace: float = 30.0
    turn_seconds: float = 2.0
    fast_forward: str | None = None
    observer: Observer | None = None
    sweep: float = 1.0
    heartbeat: float = 15.0
    retention_us: int | None = None
