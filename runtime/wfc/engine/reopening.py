"""Retry a run that has failed: find where its log is taken up again, and make the transition that does it.

    run_created .. step_failed(charge), step_created(mail) .. run_failed
                  ^ cut: `charge` is tried again, with all its attempts; what comes after no longer counts

Comes in: a failed run's log; then its state at the cut, brought back by a replay. Goes out: one transition that appends
`run_reopened` and takes hooks, timers and questions up again, and what has to be delivered once more. For nothing that
was done for calls before the cut is lost or done twice: a step that has completed keeps its result, a payload that
was accepted is delivered. Ids stay, so that a step's id is the same idempotency key as before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ..effective import effective
from ..flow.commands import AskHook, StartChild
from ..history import describe_attributes
from ..ids import short_name
from ..model import Event, Hook, InboxItem, Question, Run, Scalar, Timer, Transition
from .children import child_of
from .state import RunState


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a failed run goes on. `kept` are the events that still count then, `dropped` those that no longer do.

    `step` is the name of the step that is tried again, None where the workflow itself raised. `done` names what has
    been done since the failure for calls that are cut off, and that the workflow may ask for again: steps that have
    completed, runs that were started.
    """

    kept: tuple[Event, ...]
    dropped: tuple[Event, ...]
    step: str | None
    done: tuple[str, ...]

    @property
    def child(self) -> str | None:
        """The run whose failure the workflow was told of in its last turn, and raised."""
        last = self.dropped[0]
        failed = last.type == "child_completed" and last.data.get("status") == "failed"
        return str(last.data["childRunId"]) if failed else None

    @property
    def seq(self) -> int:
        """The number of the last event that counts."""
        return self.kept[-1].seq


def find_cut(events: Iterable[Event]) -> Cut:
    """Return where a failed run goes on: before the failure of the step that its error goes back to.

    Of several steps (an exception group) before the first. Where the workflow itself raised, before the event of its
    last turn, which is then delivered again.
    """
    log = effective(events)
    failed = max(index for index, event in enumerate(log) if event.type == "run_failed")
    blamed = str(log[failed].data.get("failedSteps", "")).split(",")
    causes = [index for index, event in enumerate(log) if event.type == "step_failed" and event.call_id in blamed]
    turns = [index for index in range(failed) if log[index].is_delivered]
    at = causes[0] if causes else turns[-1]
    kept, dropped = tuple(log[:at]), tuple(log[at:])
    names = {event.call_id: short_name(str(event.data["stepName"])) for event in log if event.type == "step_created"}
    step = names[log[at].call_id] if log[at].type == "step_failed" else None
    return Cut(kept, dropped, step, _done(kept, dropped, names))


def _done(kept: Sequence[Event], dropped: Sequence[Event], names: dict[str | None, str]) -> tuple[str, ...]:
    before = _created(kept)
    done = []
    for event in dropped:
        if event.type == "step_completed" and event.call_id not in before:
            done.append(f"step {names[event.call_id]}")
        elif event.type == "child_started":
            done.append(f"run {event.data['childRunId']} of {short_name(str(event.data['workflowName']))}")
    return tuple(dict.fromkeys(done))


def _created(events: Iterable[Event]) -> set[str | None]:
    return {event.call_id for event in events if event.type == "step_created"}


def reopen(
    state: RunState, cut: Cut, *, worker: str, now: int, origin_of: Callable[[str], dict[str, Scalar]]
) -> tuple[Transition, list[InboxItem]]:
    """Return what reopens a run, and what is put into its inbox again, oldest first.

    `state` is the run's at the cut, on the build that goes on with it. The transition has the fence that comes after
    that of the failed run.
    """
    run = state.run
    at = max(now + run.clock_offset, cut.dropped[-1].at)
    begun = any(event.type == "run_started" for event in cut.kept)
    row = replace(
        run,
        status="running" if begun else "pending",
        updated_at=now,
        next_seq=run.next_seq + 1,
        fence=run.fence + 1,
        owner=None,
        wake_at=now,
        started_at=run.started_at if begun else None,
        completed_at=None,
        output=None,
        error=None,
        blocked=None,
    )
    event = Event(run.next_seq, "run_reopened", at, data={"cut": cut.seq, "build": run.build_id})
    change = Transition(worker, row, [event], attributes={**describe_attributes(cut.kept)})
    change.timers_added += [Timer(run.run_id, wait_id, due) for due, wait_id in state.flow.due_by(sys.maxsize)]
    hooks = _live_hooks(state, cut)
    change.hook_changes += hooks
    change.questions += _questions(state, origin_of)
    return change, _items(run, cut, {hook.hook_id for hook in hooks})


def _live_hooks(state: RunState, cut: Cut) -> list[Hook]:
    return [
        Hook(
            str(event.data["token"]),
            event.call_id,
            state.run.run_id,
            str(event.data["hookClass"]),
            event.at,
            event.payload,
        )
        for event in cut.kept
        if event.type == "hook_created" and event.call_id in state.tokens
    ]


def _questions(state: RunState, origin_of: Callable[[str], dict[str, Scalar]]) -> list[Question]:
    """Ask again what was not answered before the cut: the answer may be another one now."""
    found = []
    for command in state.flow.unanswered():
        match command:
            case StartChild(call_id=id_, run_id=target):
                new = child_of(state.run, command, origin_of(command.workflow_id))
                found.append(Question(id_, "start", target, new))
            case AskHook(call_id=id_):
                found.append(Question(id_, "hook", id_))
            case _:
                found.append(Question(command.call_id, command.kind, command.run_id))
    return found


def _items(run: Run, cut: Cut, live: set[str]) -> list[InboxItem]:
    """Return what has arrived after the cut for calls before it, at its own time: a deadline that came later is late.

    Not the failures of steps, which are tried again, nor the answers to questions, which are asked again.
    """
    created = _created(cut.kept)
    kept = {event.call_id for event in cut.dropped if event.type == "step_completed"} & created
    items = []
    for event in cut.dropped:
        arrived = InboxItem(0, run.run_id, "hook", event.at - run.clock_offset, event.call_id, {}, event.payload)
        if event.type == "step_completed" and event.call_id in kept:
            items.append(replace(arrived, kind="step_completed"))
        elif event.type == "hook_received" and event.call_id in live:
            items.append(replace(arrived, data={"token": event.data["token"]}))
        elif event.type == "attr_set" and event.data.get("stepId") in kept and not event.data.get("refused"):
            writer = {key: event.data[key] for key in ("stepId", "attempt")}
            items.append(replace(arrived, kind="attributes", data=writer))
    return items
