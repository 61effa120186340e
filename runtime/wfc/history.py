"""A run's log as its readers want it: steps with their attempts, waits, and plain JSON of everything.

Comes in: a run's row, its events, and what is pending. Goes out: the objects that `wfc inspect --json` prints; text
output is made from the same ones.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Container, Sequence
from typing import Any

from .clock import datetime_of
from .codec import to_plain
from .codec.exceptions import describe_exception
from .effective import effective
from .ids import short_name
from .model import Event, Hook, Run, Scalar, Stream, Timer, attributes_of

Json = dict[str, Any]

_RESULTS = {
    "step_completed": "result",
    "run_completed": "output",
    "hook_received": "payload",
    "child_completed": "result",
}
_INPUTS = {
    "run_created": "input",
    "step_created": "input",
    "hook_created": "metadata",
    "attr_set": "changes",
    "child_started": "input",
}
_ERRORS = frozenset({"step_retrying", "step_failed", "run_failed"})


def iso(at: int) -> str:
    """Write a time as ISO 8601 in UTC, with the microseconds it has."""
    return datetime_of(at).isoformat().replace("+00:00", "Z")


def describe_run(run: Run) -> Json:
    """Return the run's row as plain JSON; `result` or `error` only where there is one."""
    described: Json = {
        "runId": run.run_id,
        "workflow": run.workflow_id,
        "status": run.status,
        "buildId": run.build_id,
        "attributes": {},
        "createdAt": iso(run.created_at),
        "startedAt": None if run.started_at is None else iso(run.started_at),
        "completedAt": None if run.completed_at is None else iso(run.completed_at),
    }
    if run.clock_offset:
        described["clockOffsetSeconds"] = run.clock_offset / 1e6
    if run.parent_run_id is not None:
        described["parentRunId"] = run.parent_run_id
    if run.output is not None:
        described["result"] = to_plain(run.output)
    if run.error is not None:
        described["error"] = describe_exception(run.error)
    if run.blocked is not None:
        described["blocked"] = run.blocked
    return described


def describe_event(event: Event) -> Json:
    """Return one event as plain JSON, payloads included."""
    data: Json = dict(event.data)
    if "failedSteps" in data:
        data["failedSteps"] = str(data["failedSteps"]).split(",")
    if event.type == "run_created" and "attributes" in data:
        data["attributes"] = attributes_of(event)
    for key in ("resumeAt", "retryAfter"):
        if isinstance(data.get(key), int):
            data[key] = iso(data[key])
    if event.payload is not None:
        if event.type in _ERRORS or data.get("status") == "failed":
            data["error"] = describe_exception(event.payload)
        else:
            data[_RESULTS.get(event.type) or _INPUTS[event.type]] = to_plain(event.payload)
    return {
        "seq": event.seq,
        "type": event.type,
        "correlationId": event.call_id,
        "createdAt": iso(event.at),
        "data": data,
    }


def describe_attributes(events: Sequence[Event]) -> dict[str, str]:
    """Return the attributes that a run has at the end of its log."""
    found: dict[str, str | None] = {}
    for event in effective(events):
        if event.type == "run_created":
            found.update(attributes_of(event))
        elif event.type == "attr_set" and not event.data.get("refused"):
            found.update(to_plain(event.payload or b""))
    return {key: value for key, value in sorted(found.items()) if value is not None}


def describe_steps(events: Sequence[Event]) -> list[Json]:
    """Return the steps that a log tells of, in the order in which they were asked for."""
    steps: dict[str, Json] = {}
    for event in effective(events):
        if event.type == "step_created":
            name = str(event.data["stepName"])
            steps[event.call_id or ""] = {
                "stepId": event.call_id,
                "name": short_name(name),
                "step": name,
                "status": "pending",
                "attempt": 0,
                "input": to_plain(event.payload or b""),
                "createdAt": iso(event.at),
                "attempts": [],
            }
        elif event.call_id in steps:
            _note(steps[event.call_id], event)
    return list(steps.values())


def _note(step: Json, event: Event) -> None:
    match event.type:
        case "step_started":
            step.update(status="running", attempt=event.data["attempt"], startedAt=iso(event.at))
            step["attempts"].append(
                {"attempt": event.data["attempt"], "status": "running", "startedAt": iso(event.at), "endedAt": None}
            )
        case "step_retrying":
            step.update(status="pending")
            if event.payload is None:
                _end_attempt(step, event, "returned")
                return
            step.update(error=describe_exception(event.payload))
            if retry_at := event.data.get("retryAfter"):
                step["retryAt"] = iso(int(retry_at))
            _end_attempt(step, event, "failed")
        case "step_completed":
            step.update(status="completed", output=to_plain(event.payload or b""), completedAt=iso(event.at))
            step.pop("error", None)
            step.pop("retryAt", None)
            _end_attempt(step, event, "completed")
        case "step_failed":
            step.update(status="failed", error=describe_exception(event.payload or b""), completedAt=iso(event.at))
            step.pop("retryAt", None)
            _end_attempt(step, event, "failed")


def _end_attempt(step: Json, event: Event, status: str) -> None:
    """Say how the last attempt ended. `returned` is one that a worker gave back when it left; it isn't counted."""
    if not step["attempts"]:
        return  # told to stop before it began
    attempt = step["attempts"][-1]
    attempt.update(status=status, endedAt=iso(event.at))
    if status == "failed":
        attempt["error"] = describe_exception(event.payload or b"")


def describe_waits(events: Sequence[Event], pending: Sequence[Timer]) -> list[Json]:
    """Return the waits of a log: `waiting`, `completed`, or `cancelled` where nobody waits any more."""
    live = {timer.wait_id for timer in pending}
    done = {event.call_id for event in events if event.type == "wait_completed"}
    waits = []
    for event in events:
        if event.type == "wait_created":
            status = "completed" if event.call_id in done else "waiting" if event.call_id in live else "cancelled"
            due = iso(int(event.data["resumeAt"] or 0))
            waits.append({"waitId": event.call_id, "status": status, "resumeAt": due, "createdAt": iso(event.at)})
    return waits


def describe_hooks(events: Sequence[Event], live: Sequence[Hook]) -> list[Json]:
    """Return the hooks of a log: waiting, refused since another run (`heldBy`) holds the token, or disposed of.

    Each with how many payloads it was given.
    """
    open_ids = {hook.hook_id for hook in live}
    holders = {event.call_id: event.data["conflictingRunId"] for event in events if event.type == "hook_conflict"}
    taken = (event for event in events if event.type == "hook_received" and event.data.get("delivered") is not False)
    received = Counter(event.call_id for event in taken)
    return [
        {
            "hookId": event.call_id,
            "token": event.data["token"],
            "hook": event.data["hookClass"],
            "status": _hook_status(event.call_id, open_ids, holders),
            **({"heldBy": holders[event.call_id]} if event.call_id in holders else {}),
            "received": received[event.call_id],
            "createdAt": iso(event.at),
        }
        for event in events
        if event.type == "hook_created"
    ]


def _hook_status(hook_id: str | None, waiting: Container[str | None], refused: Container[str | None]) -> str:
    if hook_id in refused:
        return "refused"
    return "waiting" if hook_id in waiting else "disposed"


def describe_children(events: Sequence[Event]) -> list[Json]:
    """Return the runs that a run has started; how one has ended is known where the workflow has waited for it."""
    children: dict[Scalar, Json] = {}
    for event in events:
        if event.type == "child_started":
            started = {"runId": event.data["childRunId"], "workflow": event.data["workflowName"], "status": None}
            children[event.data["childRunId"]] = {**started, "createdAt": iso(event.at), "completedAt": None}
        elif event.type == "child_completed" and event.data.get("childRunId") in children:
            children[event.data["childRunId"]].update(status=event.data["status"], completedAt=iso(event.at))
    return list(children.values())


def describe_history(
    run: Run, events: Sequence[Event], hooks: Sequence[Hook], timers: Sequence[Timer], streams: Sequence[Stream]
) -> Json:
    """Return everything about a run, as `wfc inspect --json` prints it."""
    return {
        "run": {**describe_run(run), "attributes": describe_attributes(events)},
        "steps": describe_steps(events),
        "events": [describe_event(event) for event in events],
        "hooks": describe_hooks(effective(events), hooks),
        "waits": describe_waits(effective(events), timers),
        "children": describe_children(effective(events)),
        "streams": [{"name": one.name, "chunks": one.chunks, "closed": one.closed} for one in streams],
    }


def resume_command(token: str) -> str:
    """Return what to type to resume a hook, as a shell takes it."""
    quoted = shlex.quote(token)
    return f"wfc resume --data JSON -- {quoted}" if token.startswith("-") else f"wfc resume {quoted} --data JSON"
