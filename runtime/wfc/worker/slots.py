"""How many more step bodies may start here, and which runs wait for a slot."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from .active import ActiveRun


class Slots:
    """Counts free slots. A run that found none waits in line; `wake` is called for the first in line.

    Whoever is woken takes what it needs and then has to call `offer`, since there may be room for the next one: one
    body that ends can make room for a run that no longer needs it.
    """

    def __init__(self, count: int, wake: Callable[[ActiveRun], None]) -> None:
        self.free = count
        self._wake = wake
        self._waiting: OrderedDict[int, ActiveRun] = OrderedDict()

    def take(self, count: int) -> None:
        """Use slots up."""
        self.free -= count

    def give_back(self, count: int = 1) -> None:
        """Return slots, and offer them."""
        self.free += count
        self.offer()

    def offer(self) -> None:
        """Wake the run that has waited longest, where there is room."""
        if self.free > 0 and self._waiting:
            _, active = self._waiting.popitem(last=False)
            self._wake(active)

    def wait(self, active: ActiveRun) -> None:
        """Put a run in line; one that is there keeps its place."""
        self._waiting.setdefault(id(active), active)

    def leave(self, active: ActiveRun) -> None:
        """Take a run out of the line."""
        self._waiting.pop(id(active), None)
