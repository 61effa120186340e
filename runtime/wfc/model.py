"""The values that the engine, the stores and the readers of a run share.

Times are integer microseconds since the Unix epoch. `payload` is always bytes that the codec wrote; `data` is a small
dict of JSON scalars. Event types are those of the Workflow SDK; run_cancelling, run_reopened, run_moved,
step_cancelling, child_started, child_status, child_completed and hook_registered are wfc's own. Three kinds matter to
replay:

- *delivered* events are handed to the flow, one per turn (the flow reacts to them);
- *issued* events record what the flow asked for in the turn before them (replay compares them with what it asks now);
- the others tell how the run got on: attempts of steps, which a replay counts, and its start, moves and end.
"""

from __future__ import annotations

import json
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
        "hook_registered",
        "child_status",
        "child_completed",
    }
)
ISSUED: frozenset[str] = frozenset(
    {"step_created", "step_cancelling", "wait_created", "hook_created", "hook_disposed", "attr_set", "child_started"}
)

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

    @property
    def is_delivered(self) -> bool:
        """Was this event handed to the flow?"""
        return self.type in DELIVERED and self.data.get("delivered") is not False

    @property
    def is_issued(self) -> bool:
        """Does this event record what the flow asked for? Attributes may also be set by a step."""
        return self.type in ISSUED and self.data.get("writer") != "step"


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
    parent_run_id: str | None = None

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
    parent_run_id: str | None = None
    clock_offset: int = 0
    attributes: dict[str, str] = field(default_factory=dict)


def with_attributes(data: dict[str, Scalar], attributes: dict[str, str]) -> dict[str, Scalar]:
    """Return the data of a run_created that starts with attributes."""
    return {**data, "attributes": json.dumps(attributes)} if attributes else data


def attributes_of(created: Event) -> dict[str, str]:
    """Return the attributes that a run was started with."""
    written = created.data.get("attributes")
    return dict(json.loads(written)) if isinstance(written, str) else {}


InboxKind = Literal[
    "hook",
    "hook_conflict",
    "hook_registered",
    "cancel",
    "terminate",
    "attributes",
    "child_status",
    "child_completed",
    "step_completed",
]


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
class Chunk:
    """A piece of a run's stream; indexes count from 0 without gaps."""

    index: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """A run's stream: how many chunks it has, and whether it was closed."""

    run_id: str
    name: str
    chunks: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Timer:
    """A pending durable wait, due in the run's own time."""

    run_id: str
    wait_id: str
    due_at: int


@dataclass(frozen=True, slots=True)
class Question:
    """What a run wants to know, answered through its inbox in the commit that asks, or as soon as it is known.

    - `start`: was `new` written, or which run has its id or key? Answered by child_status, with a `conflict` where that
      run has another workflow or input.
    - `status`: the status of the run `target`. Answered by child_status.
    - `end`: how the run `target` ends. Answered by child_completed once it has.
    - `hook`: does the run hold the token of its hook `call_id`? Answered by hook_registered; a conflict is told anyway.
    """

    call_id: str
    kind: Literal["start", "status", "end", "hook"]
    target: str
    new: NewRun | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A message for another run, which takes it unless it has ended."""

    run_id: str
    kind: Literal["cancel", "terminate"]
    data: dict[str, Scalar]


@dataclass(slots=True)
class Transition:
    """All that one commit changes of one run. The store applies it whole, or not at all when the fence is stale.

    `run` is the row to write; `worker` and `run.fence` must still be those of the owner. `hook_changes` are applied in
    order: a Hook registers, the id of a hook gives it back. `children` are runs to start, whose ids nobody else can
    have; `attributes` are the run's own, None to remove one. `only_grows` says that nothing of its row changes but
    `next_seq`, `updated_at` and `wake_at`, which is what a store may write for less.
    """

    worker: str
    run: Run
    events: list[Event] = field(default_factory=list)
    timers_added: list[Timer] = field(default_factory=list)
    timers_removed: list[str] = field(default_factory=list)
    hook_changes: list[Hook | str] = field(default_factory=list)
    inbox_taken: list[int] = field(default_factory=list)
    children: list[NewRun] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    attributes: dict[str, str | None] = field(default_factory=dict)
    only_grows: bool = False
