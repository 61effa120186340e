"""The line in which runs wait for slots: who is woken, what is kept for whom, and how long one may go on."""

from __future__ import annotations

from typing import Any, cast

import pytest

from wfc.worker.active import ActiveRun
from wfc.worker.slots import Slots


class Line:
    """Slots, and the runs that were woken, in order."""

    def __init__(self, count: int) -> None:
        self.woken: list[Any] = []
        self.now = 0
        self.slots = Slots(count, self.woken.append, lambda: self.now)

    def runs(self, count: int) -> list[ActiveRun]:
        return [ActiveRun(cast("Any", None), cast("Any", None)) for _ in range(count)]


def test_no_more_runs_are_woken_than_there_is_room_for() -> None:
    """However often slots are offered, one free slot wakes one run."""
    line = Line(1)
    first, second = line.runs(2)
    line.slots.take(first, 1)
    line.slots.wait(first)
    line.slots.wait(second)
    line.slots.give_back()
    line.slots.offer()
    assert line.woken == [first]


def test_a_slot_is_kept_for_who_was_woken() -> None:
    """Between being woken and taking the slot nobody else finds it free."""
    line = Line(1)
    holder, waiting, passing = line.runs(3)
    line.slots.take(holder, 1)
    line.slots.wait(waiting)
    line.slots.give_back()
    assert (line.slots.room(passing), line.slots.room(waiting)) == (0, 1)
    line.slots.take(waiting, 1)
    assert (line.slots.room(passing), line.slots.room(waiting), line.slots.free) == (0, 0, 0)


def test_who_leaves_gives_the_kept_slot_to_the_next() -> None:
    """A run that was woken and ends, or needs no slot any more, holds nothing back."""
    line = Line(1)
    holder, first, second = line.runs(3)
    line.slots.take(holder, 1)
    line.slots.wait(first)
    line.slots.wait(second)
    line.slots.give_back()
    line.slots.leave(first)
    assert line.woken == [first, second]
    line.slots.leave(second)
    assert line.slots.room(holder) == 1


@pytest.mark.parametrize(("passed_us", "woken"), [(50_000, 0), (200_000, 1)])
def test_a_run_goes_on_for_its_turn_only(passed_us: int, woken: int) -> None:
    """Who comes from step to step keeps its slot for a tenth of a second while others wait."""
    line = Line(1)
    holder, waiting = line.runs(2)
    line.slots.take(holder, 1)
    line.slots.wait(waiting)
    line.now = passed_us
    line.slots.give_back_to(holder)
    assert len(line.woken) == woken
    assert line.slots.room(holder) == 1 - woken
    line.slots.offer()
    assert line.woken == [waiting]
