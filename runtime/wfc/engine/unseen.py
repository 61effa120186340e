"""The end of a run that can't be brought back: its build is gone, or its code isn't what wrote the log.

Comes in: its row, its log, its live hooks and what is in its inbox. Goes out: the transition that ends it as it was
told to, since being terminated runs none of its code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..model import Event, Hook, InboxItem, Run, Transition


def terminated_unseen(
    run: Run, events: Sequence[Event], hooks: Sequence[Hook], items: Sequence[InboxItem], now: int
) -> Transition | None:
    """Return the end of a run that was told to terminate, or to be cancelled before it began; None where it wasn't."""
    told = next((item for item in items if item.kind == "terminate" or _came_first(run, item)), None)
    if told is None:
        return None
    at = max(now + run.clock_offset, events[-1].at)
    log = [Event(run.next_seq, "run_cancelled", at, data={"reason": told.data.get("reason")})]
    log += [
        Event(run.next_seq + number, "hook_disposed", at, hook.hook_id, {"token": hook.token})
        for number, hook in enumerate(hooks, 1)
    ]
    row = replace(
        run,
        status="cancelled",
        updated_at=now,
        next_seq=run.next_seq + len(log),
        owner=None,
        wake_at=None,
        completed_at=at,
        blocked=None,
    )
    ids = [hook.hook_id for hook in hooks]
    return Transition(run.owner or "", row, log, hook_changes=[*ids], inbox_taken=[told.item_id])


def _came_first(run: Run, item: InboxItem) -> bool:
    return item.kind == "cancel" and run.status == "pending"
