"""What has to hold of one run's log, whatever has happened to the run.

Comes in: the events. Goes out: what they say when taken together (`History`), and a line for each thing that can't be.
Where next: `invariants.py`, for what the rest of a store must say then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wfc.effective import effective
from wfc.model import Event

ENDS = {"run_completed": "completed", "run_failed": "failed", "run_cancelled": "cancelled"}
# A run that ends gives its tokens back in the same commit, and says which payloads came too late.
AFTER_THE_END = frozenset({"hook_disposed", "hook_received", "run_reopened"})

# What an event of each type has at least: the keys of its data, and whether it has a call and a payload.
_SHAPES: dict[str, tuple[frozenset[str], bool, bool]] = {
    type_: (frozenset(keys.split()), call, payload)
    for type_, keys, call, payload in [
        ("run_created", "workflowName buildId codec wfc python zone utcOffsetSeconds", False, True),
        ("run_started", "", False, False),
        ("run_moved", "from to", False, False),
        ("run_cancelling", "reason", False, False),
        ("run_completed", "", False, True),
        ("run_failed", "", False, True),
        ("run_cancelled", "reason", False, False),
        ("run_reopened", "cut build", False, False),
        ("step_created", "stepName", True, True),
        ("step_started", "attempt", True, False),
        ("step_retrying", "attempt", True, False),
        ("step_cancelling", "reason", True, False),
        ("step_completed", "", True, True),
        ("step_failed", "attempt", True, True),
        ("wait_created", "resumeAt", True, False),
        ("wait_completed", "", True, False),
        ("hook_created", "token hookClass", True, False),
        ("hook_disposed", "token", True, False),
        ("hook_received", "token", True, True),
        ("hook_registered", "", True, False),
        ("hook_conflict", "token conflictingRunId", True, False),
        ("attr_set", "writer", False, True),
        ("child_started", "childRunId workflowName", True, True),
        ("child_status", "childRunId status", True, False),
        ("child_completed", "childRunId status", True, False),
    ]
}


@dataclass
class History:
    """What a log says when its events are taken together."""

    events: Sequence[Event]
    status: str = "pending"
    open_steps: set[str] = field(default_factory=set)
    open_waits: set[str] = field(default_factory=set)
    open_hooks: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Sequence[Event]) -> History:
        """Add a log up."""
        history = cls(events)
        for event in effective(events):
            history._add(event, event.call_id or "")
        return history

    def _add(self, event: Event, id_: str) -> None:
        match event.type:
            case "run_started":
                self.status = "running"
            case "run_completed" | "run_failed" | "run_cancelled":
                self.status = ENDS[event.type]
            case "step_created":
                self.open_steps.add(id_)
            case "step_completed" | "step_failed":
                self.open_steps.discard(id_)
            case "wait_created":
                self.open_waits.add(id_)
            case "wait_completed":
                self.open_waits.discard(id_)
            case "hook_created":
                self.open_hooks[id_] = str(event.data.get("token"))
            case "hook_disposed" | "hook_conflict":
                self.open_hooks.pop(id_, None)


def violations_of_log(history: History) -> Iterator[str]:
    """Say what is broken in a log by itself."""
    events = history.events
    if [event.seq for event in events] != list(range(1, len(events) + 1)):
        yield f"its events aren't numbered from 1 without gaps: {[event.seq for event in events]}"
    if not events or events[0].type != "run_created":
        yield "its log doesn't begin with run_created"
    ended: Event | None = None
    for before, event in zip([None, *events], events, strict=False):
        if before is not None and event.at < before.at:
            yield f"{_named(event)} is older than the event before it"
        if ended is not None and event.type not in AFTER_THE_END:
            yield f"{_named(event)} comes after {ended.type}"
        if ended is not None and event.type == "hook_received" and event.data.get("delivered") is not False:
            yield f"{_named(event)} is delivered after {ended.type}"
        if event.type in ENDS:
            ended = event
        elif event.type == "run_reopened":
            ended = None
        yield from _incomplete(event)
    yield from _wrong_steps(effective(events))
    yield from _wrong_calls(effective(events))


def _named(event: Event) -> str:
    return f"event {event.seq} ({event.type} {event.call_id or ''})"


def _incomplete(event: Event) -> Iterator[str]:
    if event.type not in _SHAPES:
        yield f"{_named(event)} has a type that nobody knows"
        return
    keys, call, payload = _SHAPES[event.type]
    if missing := keys - event.data.keys():
        yield f"{_named(event)} lacks {sorted(missing)}"
    if call and event.call_id is None:
        yield f"{_named(event)} belongs to no call"
    if payload and event.payload is None:
        yield f"{_named(event)} has no payload"


def _wrong_steps(events: Sequence[Event]) -> Iterator[str]:
    """Follow each step: created, then attempts one after the other, then one result and nothing more."""
    attempts: dict[str, int] = {}
    running: set[str] = set()
    again: set[str] = set()
    ended: set[str] = set()
    for event in events:
        id_ = event.call_id or ""
        match event.type:
            case "run_reopened":
                # No body runs from before; the result of one that ended after the cut is delivered again.
                again |= running
                running.clear()
            case "step_completed" if id_ in again and id_ not in running | ended:
                ended.add(id_)
            case "step_created" if id_ in attempts:
                yield f"{_named(event)} was created before"
            case "step_created":
                attempts[id_] = 0
            case "step_started" | "step_retrying" | "step_cancelling" | "step_completed" | "step_failed":
                if id_ not in attempts:
                    yield f"{_named(event)} was never created"
                elif id_ in ended:
                    yield f"{_named(event)} comes after the step's result"
                else:
                    yield from _wrong_attempt(event, id_, attempts, running)
                if event.type in ("step_completed", "step_failed"):
                    ended.add(id_)


def _wrong_attempt(event: Event, id_: str, attempts: dict[str, int], running: set[str]) -> Iterator[str]:
    match event.type:
        case "step_started":
            if id_ in running:
                yield f"{_named(event)} begins while an attempt before it runs"
            attempts[id_] += 1
            running.add(id_)
            if event.data.get("attempt") != attempts[id_]:
                yield f"{_named(event)} has attempt {event.data.get('attempt')}, it is number {attempts[id_]}"
        case "step_retrying" | "step_completed":
            if id_ not in running:
                yield f"{_named(event)} ends an attempt that wasn't started"
            running.discard(id_)
            if event.data.get("spent") is False:
                attempts[id_] -= 1
        case "step_failed":
            running.discard(id_)


def _wrong_calls(events: Sequence[Event]) -> Iterator[str]:
    """Find ends of calls that were not begun, and calls that were begun or ended twice."""
    begins = {"wait_created": "wait_completed", "hook_created": "hook_disposed", "child_started": ""}
    begun: set[str] = set()
    ended: set[str] = set()
    for event in events:
        id_ = event.call_id or ""
        if event.type in begins:
            if id_ in begun:
                yield f"{_named(event)} was created before"
            begun.add(id_)
        elif event.type in ("wait_completed", "hook_disposed"):
            if id_ not in begun or id_ in ended:
                yield f"{_named(event)} ends what isn't open"
            ended.add(id_)
        elif event.type in ("hook_received", "hook_conflict", "hook_registered") and id_ not in begun:
            yield f"{_named(event)} belongs to a hook that was never created"
        elif event.type == "hook_received" and id_ in ended and event.data.get("delivered") is not False:
            yield f"{_named(event)} is delivered to a hook that was disposed"
