"""The heart of the engine: what has happened to a run in, one transition out.

Pure but for the run's own state: no clock, no randomness, no store; times come with the deliveries, draws from the
caller. Each delivery becomes an event in its final form, is handed to the flow in a turn of its own, and the commands
of that turn follow it in the log. Several turns may share one transition, since no body starts and nothing is printed
before the commit.

    StepSucceeded(charge) -> step_completed, [flow runs] -> step_created(ship), step_started(ship)   : one commit
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import assert_never

from ..codec.exceptions import encode_exception
from ..flow.commands import (
    AskHook,
    AskRun,
    CallStep,
    Cancel,
    CancelStep,
    CancelWait,
    Command,
    Complete,
    CreateHook,
    DisposeHook,
    Ending,
    EndRun,
    Fail,
    SetAttributes,
    StartChild,
    StartWait,
)
from ..limits import MOST_EVENTS, too_many_events
from ..model import Event, Hook, InboxItem, Post, Question, Run, RunStatus, Scalar, Timer, Transition
from .children import child_of
from .deliveries import Arrived, Begin, Delivery, StepRaised, StepReturned, StepSucceeded, TimerDue
from .lost import cancelled
from .policy import StepPolicy
from .state import Advanced, RunState, StepState


@dataclass(slots=True)
class Surroundings:
    """What a transition depends on besides the run: who commits it, when, and what the build says of steps.

    `slots` is how many bodies the worker can start now; `draw` gives numbers in [0, 1) for the jitter of retries;
    `origin_of` is what run_created says of a workflow of the run's build. A run whose next attempt is due within
    `linger_us` stays with its owner: parking and claiming it would cost two commits.
    """

    worker: str
    now: int
    slots: int
    policy_of: Callable[[str], StepPolicy]
    draw: Callable[[], float]
    origin_of: Callable[[str], dict[str, Scalar]]
    linger_us: int = 0


def advance(state: RunState, deliveries: Iterable[Delivery], around: Surroundings) -> Advanced:
    """Turn deliveries into events, run the flow, and return all that has to be committed.

    Deliveries are taken in the order of their times, so that a result that arrived before a deadline wins over it.
    Ones that no longer matter (a cancelled wait, an attempt that was superseded) leave no trace. After an ending,
    what is left is refused in the log or dropped.
    """
    turns = _Turns(state, around)
    turns.note_move()
    for delivery in sorted(deliveries, key=attrgetter("at")):
        turns.take(delivery)
        if state.idle:
            turns.end_unheard()
    turns.start_steps()
    return turns.finish()


class _Turns:
    """One transition in the making."""

    def __init__(self, state: RunState, around: Surroundings) -> None:
        self._state = state
        self._around = around
        self._seq = state.run.next_seq
        self._change = Transition(around.worker, state.run)
        self._status: RunStatus = state.run.status
        self._started: list[StepState] = []
        self._stopped: list[StepState] = []
        self._disposed: set[str] = set()
        self._output = state.run.output
        self._error = state.run.error
        self._started_at = state.run.started_at

    def note_move(self) -> None:
        """Say in the log that another build goes on with the run from here."""
        before, self._state.moved_from = self._state.moved_from, None
        self._moved = before is not None
        if before is not None:
            at = max(self._around.now + self._state.run.clock_offset, self._state.last_at)
            self._append("run_moved", at, None, {"from": before, "to": self._state.run.build_id})

    # --- one delivery

    def take(self, delivery: Delivery) -> None:
        """Append the delivery's event and hand it to the flow."""
        at = max(delivery.at + self._state.run.clock_offset, self._state.last_at)
        if self._ended:
            self._refuse(delivery, at)
            return
        match delivery:
            case Begin():
                self._begin(at)
            case StepSucceeded() | StepRaised() | StepReturned():
                self._take_step(delivery, at)
            case TimerDue(wait_id=wait_id):
                due = self._state.flow.due_at(wait_id)
                if due is not None:
                    self._change.timers_removed.append(wait_id)
                    self._deliver("wait_completed", max(at, due), wait_id)
            case Arrived(item=item):
                self._take_item(item, at)
            case _:
                assert_never(delivery)

    def _begin(self, at: int) -> None:
        if self._status != "pending":
            return
        self._status = "running"
        self._started_at = at
        self._deliver("run_started", at)

    def _take_step(self, delivery: StepSucceeded | StepRaised | StepReturned, at: int) -> None:
        step = self._state.steps.get(delivery.call_id)
        if step is None or not step.running or step.attempt != delivery.attempt:
            return
        self._state.rest_step(step)
        match delivery:
            case StepSucceeded(result=result):
                self._state.drop_step(step.call_id)
                self._deliver("step_completed", at, step.call_id, payload=result)
            case StepRaised():
                self._take_failure(step, delivery, at)
            case StepReturned():
                step.attempt -= 1
                step.available_at = at
                self._append("step_retrying", at, step.call_id, {"attempt": delivery.attempt, "spent": False})

    def _take_failure(self, step: StepState, failure: StepRaised, at: int) -> None:
        # A step that the build lacks fails like this: it has no policy to ask for.
        policy = None if failure.fatal else self._around.policy_of(step.step_id)
        attempt = step.attempt - step.forgiven
        if policy is None or step.cancelling or policy.is_last(attempt):
            self._state.drop_step(step.call_id)
            if failure.lost and step.cancelling:
                failure = cancelled(self._state, step, failure.at)
            self._deliver("step_failed", at, step.call_id, {"attempt": step.attempt}, failure.error)
            return
        pause = failure.delay_us
        if pause is None:
            pause = policy.pause_us(attempt, self._around.draw())
        step.available_at = at + pause
        data: dict[str, Scalar] = {"attempt": step.attempt, "retryAfter": step.available_at}
        self._append("step_retrying", at, step.call_id, data, failure.error)

    def _take_item(self, item: InboxItem, at: int) -> None:
        self._change.inbox_taken.append(item.item_id)
        match item.kind:
            case "hook":
                self._take_payload(item, at)
            case "hook_conflict":
                self._state.tokens.pop(item.call_id or "", None)
                self._deliver("hook_conflict", at, item.call_id, item.data)
            case "cancel" if self._status == "pending":
                self._end(Cancel(_reason(item)), at)
            case "cancel" if self._state.cancelling:
                return  # a second one would interrupt the clean-up that the first began
            case "cancel":
                self._state.cancelling = True
                self._deliver("run_cancelling", at, None, item.data)
            case "terminate":
                self._end(Cancel(_reason(item)), at)
            case "attributes":
                self._take_attributes(item, at)
            case "step_completed":
                if item.call_id in self._state.steps:
                    self._state.drop_step(item.call_id)
                    self._deliver("step_completed", at, item.call_id, payload=item.payload)
            case "hook_registered" | "child_status" | "child_completed":
                self._deliver(item.kind, at, item.call_id, item.data, item.payload)
            case _:
                assert_never(item.kind)

    def _take_payload(self, item: InboxItem, at: int) -> None:
        token = self._state.tokens.get(item.call_id or "")
        if token is not None:
            self._deliver("hook_received", at, item.call_id, {"token": token}, item.payload)
        elif item.call_id in self._disposed:
            self._append("hook_received", at, item.call_id, {**item.data, "delivered": False}, item.payload)
        # Else the store refused it in the log when it removed the hook, in an earlier commit.

    def _take_attributes(self, item: InboxItem, at: int) -> None:
        flow = self._state.flow
        changes = flow.route.codec.decode(item.payload or b"")
        kept = flow.attributes.take(changes)
        if kept:
            self._change.attributes.update(changes)
        data: dict[str, Scalar] = {**item.data, "writer": "step"}
        self._append("attr_set", at, None, data if kept else {**data, "refused": True}, item.payload)

    def _refuse(self, delivery: Delivery, at: int) -> None:
        if not isinstance(delivery, Arrived):
            return
        item = delivery.item
        self._change.inbox_taken.append(item.item_id)
        if item.kind == "hook":
            self._take_payload(item, at)

    # --- one turn of the flow

    def _deliver(
        self,
        type_: str,
        at: int,
        call_id: str | None = None,
        data: dict[str, Scalar] | None = None,
        payload: bytes | None = None,
    ) -> None:
        event = self._append(type_, at, call_id, data, payload)
        for command in self._state.flow.deliver(event):
            self._record(command, at)
        if self._seq > MOST_EVENTS + 1 and not self._ended:
            flow = self._state.flow
            self._end(Fail(encode_exception(too_many_events(flow.loop.places()), flow.route.codec)), at)

    def _record(self, command: Command, at: int) -> None:
        state, change = self._state, self._change
        match command:
            case CallStep(call_id=id_, step_id=step_id, input=encoded, cancellable=cancellable):
                state.add_step(StepState(id_, step_id, encoded, available_at=at, cancellable=cancellable))
                flag: dict[str, Scalar] = {"cancellable": True} if cancellable else {}
                self._append("step_created", at, id_, {"stepName": step_id, **flag}, encoded)
            case CancelStep(call_id=id_, reason=reason):
                step = state.steps[id_]
                step.cancelling, step.reason = True, reason
                if step.running:
                    self._stopped.append(step.snapshot())
                self._append("step_cancelling", at, id_, {"reason": reason})
            case StartWait(call_id=id_, due_at=due):
                change.timers_added.append(Timer(state.run.run_id, id_, due))
                self._append("wait_created", at, id_, {"resumeAt": due})
            case CancelWait(call_id=id_):
                change.timers_removed.append(id_)
            case CreateHook(call_id=id_, token=token, hook_class=cls, metadata=metadata):
                state.tokens[id_] = token
                change.hook_changes.append(Hook(token, id_, state.run.run_id, cls, at, metadata))
                self._append("hook_created", at, id_, {"token": token, "hookClass": cls}, metadata)
            case DisposeHook(call_id=id_, token=token):
                state.tokens.pop(id_, None)
                self._disposed.add(id_)
                change.hook_changes.append(id_)
                self._append("hook_disposed", at, id_, {"token": token})
            case SetAttributes(call_id=id_, changes=changes):
                change.attributes.update(changes)
                self._append("attr_set", at, id_, {"writer": "workflow"}, state.flow.route.codec.encode(changes))
            case StartChild():
                self._start_child(command, at)
            case AskRun(call_id=id_, run_id=target, kind=kind):
                change.questions.append(Question(id_, kind, target))
            case AskHook(call_id=id_):
                change.questions.append(Question(id_, "hook", id_))
            case EndRun(run_id=target, kind=kind, reason=reason):
                change.posts.append(Post(target, kind, {"reason": reason}))
            case Complete() | Fail() | Cancel():
                self._end(command, at)
            case _:
                assert_never(command)

    def _start_child(self, command: StartChild, at: int) -> None:
        new = child_of(self._state.run, command, self._around.origin_of(command.workflow_id))
        if command.chosen:
            self._change.questions.append(Question(command.call_id, "start", new.run_id, new))
        else:
            self._change.children.append(new)
        data: dict[str, Scalar] = {"childRunId": new.run_id, "workflowName": new.workflow_id}
        self._append("child_started", at, command.call_id, data, command.input)

    def _end(self, ending: Ending, at: int) -> None:
        state = self._state
        match ending:
            case Complete(output=output):
                self._status, self._output = "completed", output
                self._append("run_completed", at, payload=output)
            case Fail(error=error, failed_steps=steps):
                self._status, self._error = "failed", error
                self._append("run_failed", at, None, {"failedSteps": ",".join(steps)} if steps else {}, error)
            case Cancel(reason=reason):
                self._status = "cancelled"
                self._append("run_cancelled", at, data={"reason": reason})
        for hook_id, token in state.tokens.items():
            self._change.hook_changes.append(hook_id)
            self._append("hook_disposed", at, hook_id, {"token": token})
        self._disposed.update(state.tokens)
        state.tokens.clear()
        self._stopped += [step.snapshot() for step in state.steps.values() if step.cancellable and step.running]
        state.drop_steps()

    def _append(
        self,
        type_: str,
        at: int,
        call_id: str | None = None,
        data: dict[str, Scalar] | None = None,
        payload: bytes | None = None,
    ) -> Event:
        event = Event(self._seq, type_, at, call_id, data or {}, payload)
        self._seq += 1
        self._state.last_at = at
        self._change.events.append(event)
        return event

    # --- the end of the transition

    def end_unheard(self) -> None:
        """End the steps that were told to stop while no body of theirs was running, each in a turn of its own."""
        while unheard := next((step for step in self._state.idle.values() if step.cancelling), None):
            self._state.drop_step(unheard.call_id)
            end = cancelled(self._state, unheard, self._around.now)
            self._deliver("step_failed", self._state.last_at, end.call_id, {"attempt": end.attempt}, end.error)

    def start_steps(self) -> None:
        """Start the attempts that are due, as far as the worker has room for them."""
        if not self._state.idle:
            return
        now = max(self._around.now + self._state.run.clock_offset, self._state.last_at)
        ready = (step for step in self._state.idle.values() if step.available_at <= now)
        for step in [*islice(ready, self._around.slots)]:
            self._state.start_step(step)
            self._started.append(step.snapshot())
            self._append("step_started", now, step.call_id, {"attempt": step.attempt})

    def finish(self) -> Advanced:
        """Work out the run's new row: its status, when it has to be woken, and whether its owner keeps it."""
        state, now = self._state, self._around.now
        attempt = state.next_attempt
        wake_at = None if self._ended else self._next_wake(attempt)
        keep = not self._ended and (
            state.bodies > 0 or (wake_at is not None and wake_at <= now) or self._lingers(attempt)
        )
        before = state.run
        # Its owner, its start and its build are in the row already, and it isn't blocked any more.
        self._change.only_grows = keep and before.status == self._status and before.blocked is None and not self._moved
        self._change.run = state.run = Run(  # `replace` takes ten times as long
            before.run_id,
            before.workflow_id,
            before.build_id,
            self._status,
            before.created_at,
            now,
            self._seq,
            before.seed,
            before.fence,
            self._around.worker if keep else None,
            wake_at,
            before.clock_offset,
            self._started_at,
            (before.completed_at or state.last_at) if self._ended else None,
            self._output,
            self._error,
            None,
            before.idempotency_key,
            before.parent_run_id,
        )
        return Advanced(self._change, self._started, self._stopped, state.flow.take_effects())

    def _next_wake(self, attempt: int | None) -> int | None:
        """Return when something is due next, in the store's time: a wait, or an attempt that hasn't been started."""
        due = [time for time in (self._state.next_wait, attempt) if time is not None]
        return min(due) - self._state.run.clock_offset if due else None

    def _lingers(self, attempt: int | None) -> bool:
        return (
            attempt is not None and attempt - self._state.run.clock_offset <= self._around.now + self._around.linger_us
        )

    @property
    def _ended(self) -> bool:
        return self._status not in ("pending", "running")


def _reason(item: InboxItem) -> str | None:
    reason = item.data.get("reason")
    return reason if isinstance(reason, str) else None
