"""The values that the engine, the stores and the readers of a run share.

Times are integer microseconds since the Unix epoch. `payload` is always bytes that the codec wrote; `data` is a small
dict of JSON scalars. Event types are those of the Workflow SDK, and run_cancelling, which is wfc's own. Three kinds
matter to replay:

- *delivered* events are handed to the flow, one per turn (the flow reacts to them);
- *issued* events record what the flow asked for in the turn before them (replay compares them with what it asks now);
- the others are notes for readers (attempts of steps, the start and the end of the run).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

RunStatus = Literal["pending", "running", "completed", "failed", "cancelled"]

TERMINAL: frozenset[str] = frozenset({"completed", "failed", "cancelled"})

DELIVERED: frozenset[str] = frozenset(
    {
        "run_started",
        "run_cancelling",
        "step_completed",
        "step_failed",
        "wait_completed",
        "hook_received",
        "hook_conflict",
    }
)
ISSUED: frozenset[str] = frozenset({"step_created", "wait_created", "hook_created", "hook_disposed"})

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a run's log. `seq` counts from 1 without gaps; `call_id` names the durable call it belongs to."""

    seq: int
    type: str
    at: int
    call_id: str | None = None
    data: dict[str, Scalar] = field(default_factory=dict)
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the store holds it.

    `next_seq` is the sequence number of the next event. `owner` is the worker that may append to the log and `fence`
    counts changes of owner: a commit with an old fence is refused. `wake_at` says when the run has something to do
    (None: only once something arrives); `clock_offset` is what fast-forwarding has added to its clock. `blocked` says
    why no worker can continue the run at present.
    """

    run_id: str
    workflow_id: str
    build_id: str
    status: RunStatus
    created_at: int
    updated_at: int
    next_seq: int
    seed: bytes
    fence: int = 0
    owner: str | None = None
    wake_at: int | None = None
    clock_offset: int = 0
    started_at: int | None = None
    completed_at: int | None = None
    output: bytes | None = None
    error: bytes | None = None
    blocked: str | None = None
    idempotency_key: str | None = None

    @property
    def is_terminal(self) -> bool:
        """Has the run ended?"""
        return self.status in TERMINAL


@dataclass(frozen=True, slots=True)
class NewRun:
    """What `start` writes: the run's row and its first event."""

    run_id: str
    workflow_id: str
    build_id: str
    seed: bytes
    input: bytes
    data: dict[str, Scalar]
    idempotency_key: str | None = None


InboxKind = Literal["hook", "hook_conflict", "cancel", "terminate"]


@dataclass(frozen=True, slots=True)
class InboxItem:
    """Something from outside that the owner of a run turns into an event, in the order of `item_id`."""

    item_id: int
    run_id: str
    kind: InboxKind
    at: int
    call_id: str | None = None
    data: dict[str, Scalar] = field(default_factory=dict)
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class Hook:
    """A live hook: who resumes `token` reaches `run_id`. `metadata` is a codec payload."""

    token: str
    hook_id: str
    run_id: str
    hook_class: str
    created_at: int
    metadata: bytes | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """A pending durable wait, due in the run's own time."""

    run_id: str
    wait_id: str
    due_at: int


@dataclass(slots=True)
class Transition:
    """All that one commit changes of one run. The store applies it whole, or not at all when the fence is stale.

    `run` is the row to write; `worker` and `run.fence` must still be those of the owner. `hook_changes` are applied in
    order: a Hook registers, the id of a hook gives it back.
    """

    worker: str
    run: Run
    events: list[Event] = field(default_factory=list)
    timers_added: list[Timer] = field(default_factory=list)
    timers_removed: list[str] = field(default_factory=list)
    hook_changes: list[Hook | str] = field(default_factory=list)
    inbox_taken: list[int] = field(default_factory=list)
