"""What a run has done, as lines for a person: each thing once, at the time at which the workflow asked for it.

Comes in: what `wfc inspect --json` prints. Goes out: text. A step is one line with how long it took, and one for each
attempt that failed; a sleep, a hook or a child run says what it waits for. Times of a run that was fast-forwarded are
its own; what is still to come is told in the host's time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ..history import resume_command
from ..ids import short_name
from ..timewords import ahead, spoken
from .errors import error_line, place_of
from .session import shortened

Json = dict[str, Any]

_SAID = 70
_ATTEMPTS_SHOWN = 5


class Timeline:
    """The lines of one run. `now` is the host's time in microseconds."""

    def __init__(self, history: Json, now: int) -> None:
        self._history = history
        self._now = now
        self._offset = int(history["run"].get("clockOffsetSeconds", 0) * 1e6)
        self._start = at_us(history["events"][0]["createdAt"])
        self._things: dict[str, tuple[Json, Callable[[Json], Iterator[str]]]] = {}
        for kind, id_, tell in (
            ("steps", "stepId", self._step),
            ("waits", "waitId", self._wait),
            ("hooks", "hookId", self._hook),
        ):
            self._things |= {thing[id_]: (thing, tell) for thing in history[kind]}
        self._children = {child["runId"]: child for child in history["children"]}
        self._width = min(32, max((len(step["name"]) for step in history["steps"]), default=0))

    def entries(self) -> list[list[str]]:
        """Return what happened, in order; the first line of each entry has its time."""
        found = []
        for event in self._history["events"]:
            lines = list(self._lines(event))
            if lines:
                elapsed = f"+{spoken(at_us(event['createdAt']) - self._start)}"
                found.append([f"  {elapsed:<14}{lines[0]}", *(f"  {'':<14}{line}" for line in lines[1:])])
        return found

    def _lines(self, event: Json) -> Iterator[str]:
        data = event["data"]
        match event["type"]:
            case "step_created" | "wait_created" | "hook_created":
                thing, tell = self._things.get(event["correlationId"], ({}, _nothing))
                yield from tell(thing)
            case "hook_received":
                late = " (it came too late, and was not delivered)" if data.get("delivered") is False else ""
                yield f"payload {_said(data.get('payload'))}{late}"
            case "child_started":
                child = self._children.get(data["childRunId"])
                if child is not None:
                    yield self._child(child)
            case "attr_set":
                refused = "refused, they are too many: " if data.get("refused") else ""
                yield f"sets attributes {refused}{_said(data.get('changes'))}"
            case "run_cancelling":
                yield f"told to end{_because(data)}"
            case "run_moved":
                yield f"goes on with build {data['to']}"
            case "run_reopened":
                yield f"retried: goes on after event {data['cut']} with build {data['build']}"
            case "run_completed" | "run_failed" | "run_cancelled":
                yield event["type"].removeprefix("run_") + _because(data)

    # --- one thing each

    def _step(self, step: Json) -> Iterator[str]:
        name = f"{shortened(step['name'], self._width):<{self._width}}"
        attempts = step["attempts"]
        many = f", {len(attempts)} attempts" if len(attempts) > 1 else ""
        match step["status"]:
            case "completed":
                said = _said(step["output"])
                yield f"{name}  {_took(step)}{many}  -> {said}"
            case "failed":
                yield f"{name}  failed after {_took(step)}{many}: {error_line(step['error'])}"
            case "running":
                since = max(0, self._now + self._offset - at_us(step["startedAt"]))
                ended = self._history["run"]["completedAt"]
                yield f"{name}  {'left behind' if ended else f'running for {spoken(since)}'}, attempt {step['attempt']}"
            case _ if "retryAt" in step:
                yield f"{name}  tried again {ahead(at_us(step['retryAt']) - self._offset, self._now)}{many}"
            case _:
                yield f"{name}  {'dropped' if self._history['run']['completedAt'] else 'waits for a worker'}"
        yield from self._failures(step)

    def _failures(self, step: Json) -> Iterator[str]:
        failed = [one for one in step["attempts"] if one["status"] == "failed"]
        if step["status"] == "failed" and len(step["attempts"]) == 1:
            place = place_of(failed[-1]["error"]) if failed else ""
            if place:
                yield f"  at {place}"
            return
        if len(failed) > _ATTEMPTS_SHOWN:
            yield f"  {len(failed) - _ATTEMPTS_SHOWN} earlier failures"
        for one in failed[-_ATTEMPTS_SHOWN:]:
            place = place_of(one["error"])
            took = spoken(at_us(one["endedAt"]) - at_us(one["startedAt"]))
            where = f" at {place}" if place else ""
            yield f"  attempt {one['attempt']} failed after {took}{where}: {error_line(one['error'])}"

    def _wait(self, wait: Json) -> Iterator[str]:
        due = at_us(wait["resumeAt"])
        length = spoken(due - at_us(wait["createdAt"]))
        match wait["status"]:
            case "waiting":
                yield f"waits {length}, until {ahead(due - self._offset, self._now)}"
            case "completed":
                yield f"waited {length}"
            case _:
                yield f"a wait of {length} that ended early"

    def _hook(self, hook: Json) -> Iterator[str]:
        name = short_name(hook["hook"].replace(":", "//"))
        if hook["status"] == "waiting":
            since = spoken(max(0, self._now + self._offset - at_us(hook["createdAt"])))
            yield f"hook {name}: waits for {since}, payloads so far: {hook['received']}"
            yield f"  {resume_command(hook['token'])}"
        elif hook["status"] == "refused":
            yield f"hook {name}, token {hook['token']}: refused, {hook['heldBy']} holds the token"
        else:
            yield f"hook {name}, token {hook['token']}: given back, payloads: {hook['received']}"

    def _child(self, child: Json) -> str:
        name = short_name(child["workflow"])
        if child["completedAt"] is None:
            return f"child run {name} {child['runId']}"
        took = spoken(at_us(child["completedAt"]) - at_us(child["createdAt"]))
        return f"child run {name} {child['runId']}: {child['status'] or 'unknown'} after {took}"


def at_us(text: str) -> int:
    """Return the microseconds of a time in JSON."""
    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _said(value: Any) -> str:
    return shortened(json.dumps(value, ensure_ascii=False), _SAID)


def _took(step: Json) -> str:
    return spoken(at_us(step["completedAt"]) - at_us(step["createdAt"]))


def _because(data: Json) -> str:
    return f": {data['reason']}" if data.get("reason") else ""


def _nothing(_: Json) -> Iterator[str]:
    """A thing that a retry has cut off has no line of its own any more."""
    return iter(())
