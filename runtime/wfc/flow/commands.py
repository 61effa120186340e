"""What a flow asks for in a turn: the closed union that the engine turns into events.

Order within a turn is the order in which the flow asked. `call_id` is the id of the durable call.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallStep:
    """Run a step with these encoded arguments."""

    call_id: str
    step_id: str
    input: bytes


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
class Complete:
    """The workflow returned."""

    output: bytes


@dataclass(frozen=True, slots=True)
class Fail:
    """The workflow raised."""

    error: bytes


@dataclass(frozen=True, slots=True)
class Cancel:
    """The workflow let its cancellation through."""

    reason: str | None


Ending = Complete | Fail | Cancel
Command = CallStep | StartWait | CancelWait | CreateHook | DisposeHook | Ending
