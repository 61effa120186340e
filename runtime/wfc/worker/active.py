"""A run that this worker owns at present."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from ..builds import Build
from ..engine.deliveries import Delivery
from ..engine.state import RunState, StepState
from ..model import InboxItem


@dataclass(slots=True, eq=False)
class ActiveRun:
    """The run's state and what is waiting to be delivered to it.

    `committing` says that a transition is on its way to the store: nothing is delivered meanwhile. `seen` is the newest
    inbox item that was put into the mailbox, `told_to_stop` the attempts whose bodies the run itself has cancelled,
    `served_at` when it came to the front of the line for slots.
    """

    state: RunState
    build: Build
    mailbox: list[Delivery] = field(default_factory=list)
    bodies: dict[str, asyncio.Task[Any]] = field(default_factory=dict)
    committing: bool = False
    scheduled: bool = False
    told_to_stop: set[tuple[str, int]] = field(default_factory=set)
    seen: int = 0
    alarm: asyncio.TimerHandle | None = None
    served_at: int = 0

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.state.run.run_id

    def is_new(self, item: InboxItem) -> bool:
        """Was this item not put into the mailbox before? Items are numbered in order of arrival."""
        if item.item_id <= self.seen:
            return False
        self.seen = item.item_id
        return True

    def stop_body(self, step: StepState) -> None:
        """Raise CancelledError in the body of an attempt, with the reason that the workflow gave."""
        self.told_to_stop.add((step.call_id, step.attempt))
        body = self.bodies.get(step.call_id)
        if body is not None:
            body.cancel(step.reason)

    def silence(self) -> None:
        """Cancel the alarm."""
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None
