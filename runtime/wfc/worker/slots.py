"""How many more step bodies may start here, and which runs wait for a slot."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from .active import ActiveRun

# How long a run may go on from step to step while others wait in line. Handing the slot on after each step would cost a
# second commit for each: one when the step is asked for, one when it starts.
TURN_US = 100_000


class Slots:
    """Counts free slots. A run that found none waits in line; `wake` is called for the first in line.

    A slot is kept for whoever is woken until it takes what it needs. It then has to call `offer`, since there may be
    room for the next one: one body that ends can make room for a run that no longer needs it.
    """

    def __init__(self, count: int, wake: Callable[[ActiveRun], None], clock: Callable[[], int]) -> None:
        self.free = count
        self._wake = wake
        self._clock = clock
        self._waiting: OrderedDict[int, ActiveRun] = OrderedDict()
        self._woken: set[int] = set()

    def room(self, active: ActiveRun) -> int:
        """Return how many bodies this run may start."""
        return max(0, self.free - len(self._woken) + (id(active) in self._woken))

    def take(self, active: ActiveRun, count: int) -> None:
        """Use slots up, the one that was kept for the run among them. It is in line no more: its transition is about to
        be committed, and nobody may wake it before that.
        """
        self._waiting.pop(id(active), None)
        self._woken.discard(id(active))
        self.free -= count

    def give_back(self, count: int = 1) -> None:
        """Return slots, and offer them."""
        self.free += count
        self.offer()

    def give_back_to(self, active: ActiveRun) -> None:
        """Return a slot that this run may need at once for its next step: it offers what it hasn't taken."""
        self.free += 1
        if self._waiting and self._clock() - active.served_at > TURN_US:
            self.offer()

    def offer(self) -> None:
        """Wake the runs that have waited longest, where there is room."""
        while self._waiting and self.free > len(self._woken):
            id_, active = self._waiting.popitem(last=False)
            self._woken.add(id_)
            active.served_at = self._clock()
            self._wake(active)

    def wait(self, active: ActiveRun) -> None:
        """Put a run in line; one that is there keeps its place."""
        self._waiting.setdefault(id(active), active)

    def leave(self, active: ActiveRun) -> None:
        """Take a run out of the line, and give the slot that was kept for it to the next one."""
        self._waiting.pop(id(active), None)
        if id(active) in self._woken:
            self._woken.remove(id(active))
            self.offer()
