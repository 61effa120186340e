"""A replay that isn't the run: the workflow asks for something else than its log says.

Comes in: the event that the log has next, and the command that the workflow has issued instead; either may be missing.
Goes out: an error whose text names both calls. Where they stand in the source is for the caller to find out, who may
read files.
"""

from __future__ import annotations

import json

from ..codec import to_plain
from ..codec.exceptions import describe_exception
from ..errors import WfcError
from ..flow.commands import (
    CallStep,
    CancelStep,
    Command,
    Complete,
    CreateHook,
    DisposeHook,
    Fail,
    SetAttributes,
    StartChild,
    StartWait,
)
from ..model import Event

_LONGEST = 300


class ReplayDivergenceError(WfcError):
    """The flow asks for something else than the log says it asked for. `waiting` is where a flow stands that asks for
    nothing.
    """

    def __init__(self, run_id: str, event: Event | None, command: Command | None, waiting: str = "") -> None:
        self.run_id = run_id
        self.event = event
        self.command = command
        self.waiting = waiting
        super().__init__(self.text())

    def text(self, recorded_at: str = "", issued_at: str = "") -> str:
        """Return both calls, with their places in the user's source where they are known."""
        event, command = self.event, self.command
        recorded = "nothing" if event is None else _describe_event(event)
        now = "asks for nothing" if command is None else _describe_command(command)
        if event is not None and isinstance(command, CallStep | StartChild) and now == f"asks for {recorded}":
            recorded = f"{recorded} with {_shown(event.payload or b'')}"
            now = f"asks for it with {_shown(command.input)}"
        where = "" if event is None else f" at event {event.seq}"
        waiting = f" and waits at {self.waiting}" if self.waiting else ""
        return (
            f"replay of {self.run_id} diverged{where}: the log says that the workflow asked for {recorded}"
            f"{_at(recorded_at)}, now it {now}{_at(issued_at)}{waiting}; the workflow's code is not the one that wrote "
            "the log, or it isn't deterministic"
        )


def _at(place: str) -> str:
    return f" (at {place})" if place else ""


def _shown(payload: bytes) -> str:
    text = json.dumps(to_plain(payload), ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _describe_event(event: Event) -> str:
    what = event.data.get("stepName") or event.data.get("token") or event.data.get("workflowName") or ""
    return f"{event.type.removesuffix('_created')} {event.call_id} {what}".strip()


def _describe_command(command: Command) -> str:
    match command:
        case CallStep(call_id=id_, step_id=step_id):
            return f"asks for step {id_} {step_id}"
        case CancelStep(call_id=id_):
            return f"asks for step_cancelling {id_}"
        case StartWait(call_id=id_):
            return f"asks for wait {id_}"
        case CreateHook(call_id=id_, token=token):
            return f"asks for hook {id_} {token}"
        case DisposeHook(call_id=id_, token=token):
            return f"asks for hook_disposed {id_} {token}"
        case SetAttributes(call_id=id_):
            return f"asks for attr_set {id_}"
        case StartChild(call_id=id_, workflow_id=workflow_id):
            return f"asks for child_started {id_} {workflow_id}"
        case Complete(output=output):
            return f"ends: complete, with {_shown(output)}"
        case Fail(error=error):
            described = describe_exception(error)
            return f"ends: fail, with {described['type']}: {described['message']}"[:_LONGEST]
        case _:
            return f"ends: {type(command).__name__.lower()}"
