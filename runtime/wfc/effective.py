"""Which events of a run's log still count.

Comes in: a whole log, where a retry may have cut the run's failure off. Goes out: the events that the run consists of
now, in order: what a replay goes by, and what a reader takes steps, waits, hooks and attributes from. The log itself
keeps everything, and its numbers have no gap.

    1 .. 8, step_failed(9), run_failed(10), run_reopened(11, cut=8), step_started(12)  ->  1 .. 8, 11, 12
"""

from __future__ import annotations

from collections.abc import Iterable

from .model import Event


def effective(events: Iterable[Event]) -> list[Event]:
    """Return the events that no retry of the run has cut off, the retries themselves included."""
    kept: list[Event] = []
    for event in events:
        if event.type == "run_reopened":
            cut = int(event.data["cut"] or 0)
            while kept and kept[-1].seq > cut:
                kept.pop()
        kept.append(event)
    return kept
