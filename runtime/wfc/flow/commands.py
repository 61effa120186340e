"""What a flow asks for in a turn: the closed union that the engine turns into events.

Order within a turn is the order in which the flow asked. `call_id` is the id of the durable call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CallStep:
    """Run a step with these encoded arguments. `cancellable` says that its body may be told to stop."""

    call_id: str
    step_id: str
    input: bytes
    cancellable: bool = False


@dataclass(frozen=True, slots=True)
class CancelStep:
    """Tell the body of a cancellable step to stop; the flow goes on waiting for how it ends."""

    call_id: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class StartWait:
    """Wake the flow when the run's clock reaches `due_at` (microseconds)."""

    call_id: str
    due_at: int


@dataclass(frozen=True, slots=True)
class CancelWait:
    """Forget a wait of an earlier turn. It leaves no event: a wait that nobody waits for wakes nobody."""

    call_id: str


@dataclass(frozen=True, slots=True)
class CreateHook:
    """Let payloads for `token` reach this run."""

    call_id: str
    token: str
    hook_class: str
    metadata: bytes | None


@dataclass(frozen=True, slots=True)
class DisposeHook:
    """Give the hook's token back."""

    call_id: str
    token: str


@dataclass(frozen=True, slots=True)
class SetAttributes:
    """Change the run's attributes; None removes one."""

    call_id: str
    changes: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class StartChild:
    """Start a run of another workflow. `run_id` is the caller's choice, else made from `call_id`.

    Where `run_id` or `idempotency_key` was chosen, the flow is told what became of it; else nothing can go wrong.
    """

    call_id: str
    run_id: str
    workflow_id: str
    input: bytes
    seed: bytes
    idempotency_key: str | None
    attributes: dict[str, str]
    chosen: bool


@dataclass(frozen=True, slots=True)
class AskRun:
    """Tell the flow the status of a run, or how it ends once it has. Asking leaves no event, the answer is one."""

    call_id: str
    run_id: str
    kind: Literal["status", "end"]


@dataclass(frozen=True, slots=True)
class AskHook:
    """Tell the flow whether the run holds the token of its hook `call_id`."""

    call_id: str


@dataclass(frozen=True, slots=True)
class EndRun:
    """Cancel or terminate another run. It leaves no event: a replay doesn't do it again."""

    run_id: str
    kind: Literal["cancel", "terminate"]
    reason: str | None


@dataclass(frozen=True, slots=True)
class Complete:
    """The workflow returned."""

    output: bytes


@dataclass(frozen=True, slots=True)
class Fail:
    """The workflow raised. `failed_steps` are those whose failure it goes back to, none where it raised by itself."""

    error: bytes
    failed_steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cancel:
    """The workflow let its cancellation through."""

    reason: str | None


Ending = Complete | Fail | Cancel
Unrecorded = CancelWait | AskRun | AskHook | EndRun
Recorded = CallStep | CancelStep | StartWait | CreateHook | DisposeHook | SetAttributes | StartChild
Command = Recorded | Unrecorded | Ending
