"""A run that knows which line of the workflow each of its calls comes from.

For messages only: a replay that has diverged is done once more with it. A run that works has no time for this.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from .flowrun import FlowRun
from .loop import FlowLoop
from .places import NOT_THE_USERS, place_of_frame

if TYPE_CHECKING:
    from ..model import Event
    from .commands import Command

_ORIGIN_DEPTH = 10


class PlacedRun(FlowRun):
    """See the module."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._places: list[tuple[Command, str]] = []

    def deliver(self, event: Event) -> list[Command]:
        """Deliver an event, while coroutines remember where they are made."""
        before = sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(_ORIGIN_DEPTH)
        try:
            return super().deliver(event)
        finally:
            sys.set_coroutine_origin_tracking_depth(before)

    def issue(self, command: Command) -> None:
        """Ask for something, and note by which line."""
        self._places.append((command, _place(self.loop)))
        super().issue(command)

    def place_of(self, command: Command) -> str:
        """Return `file:line` of the code that asked for this, empty where it isn't known."""
        return next((place for known, place in self._places if known is command), "")


def _place(loop: FlowLoop) -> str:
    """Return the innermost line of user code that runs in this turn; else where the task's coroutine was made.

    The latter is for `gather(charge(order))`: the task runs the step's call, with no frame of the workflow around it.
    """
    running = place_of_frame(sys._getframe(2), until=FlowLoop.run_to_idle.__code__)
    if running:
        return running
    task = asyncio.current_task(loop)
    origin = getattr(task.get_coro(), "cr_origin", None) if task is not None else None
    return next((f"{file}:{line}" for file, line, _ in origin or () if not file.startswith(NOT_THE_USERS)), "")
