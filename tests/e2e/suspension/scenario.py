"""What happens to a workflow, move by move, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_MOVES = 200
STALLED = ("stalled", "")
CHILD = "end of a child"  # what every child run returns
MOST_PAYLOADS = 4  # what every hook gets while it is open


@dataclass(frozen=True)
class Scenario:
    """Everything goes well, but at one move the run is cancelled, or the oldest step fails."""

    cancel_at: int | None = None
    fail_at: int | None = None

    def cancels(self, move: int) -> bool:
        return move == self.cancel_at

    def fails(self, move: int) -> bool:
        return move == self.fail_at


@dataclass(frozen=True)
class Outcome:
    """How a workflow ended, the steps that it called, and what its code did in the process, both in order.

    `noise` is what the interpreter had to complain of: a generator that yields while it is closed, for one.
    """

    end: tuple[str, str]
    steps: tuple[str, ...]
    notes: tuple[str, ...]
    noise: frozenset[str]
    moves: int = field(compare=False)


def result_of(tag: str) -> str:
    """Return what the step of this tag returns."""
    return f"result of {tag}"
