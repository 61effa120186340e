"""What has happened to a run: the input of the engine. `at` is the store's time in microseconds."""

from __future__ import annotations

from dataclasses import dataclass

from ..model import InboxItem


@dataclass(frozen=True, slots=True)
class Begin:
    """A pending run was claimed for the first time."""

    at: int


@dataclass(frozen=True, slots=True)
class StepSucceeded:
    """A body returned; `result` is encoded."""

    at: int
    call_id: str
    attempt: int
    result: bytes


@dataclass(frozen=True, slots=True)
class StepRaised:
    """A body raised; `error` is encoded. `fatal` forbids another attempt, `delay_us` overrides the policy's pause.

    `lost` says that nobody knows how the body ended: its worker has died.
    """

    at: int
    call_id: str
    attempt: int
    error: bytes
    fatal: bool = False
    delay_us: int | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class StepReturned:
    """A body was stopped by a worker that shuts down: its attempt isn't spent."""

    at: int
    call_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class TimerDue:
    """A durable wait has reached its time."""

    at: int
    wait_id: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """Something from the run's inbox."""

    at: int
    item: InboxItem


Delivery = Begin | StepSucceeded | StepRaised | StepReturned | TimerDue | Arrived
