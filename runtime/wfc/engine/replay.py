"""Bring a run back into memory from its log.

Comes in: the run's row and its events. Goes out: the state that the worker which wrote them had, with a live
coroutine. Delivered events go to the flow one by one, exactly as when they happened; what the flow asks for in each
turn must be what the log says it asked for, in the same order, with the same arguments. Anything else is a
divergence: the code is not the code that wrote the log, or it isn't deterministic. A divergence ends nothing: the run
is blocked, with both calls shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import get_args

from ..effective import effective
from ..errors import WfcError
from ..flow.commands import (
    CallStep,
    CancelStep,
    Command,
    CreateHook,
    DisposeHook,
    Ending,
    SetAttributes,
    StartChild,
    StartWait,
    Unrecorded,
)
from ..flow.flowrun import FlowRun
from ..flow.route import FlowRoute
from ..model import Event, Run, attributes_of
from .divergence import ReplayDivergenceError
from .state import RunState, StepState

_UNRECORDED = frozenset(get_args(Unrecorded))


def rebuild(
    route: FlowRoute, run: Run, events: Iterable[Event], *, make_flow: Callable[..., FlowRun] | None = None
) -> RunState:
    """Replay a run's log. Raises ReplayDivergenceError; the state is then of no use. `make_flow` stands for FlowRun."""
    log = iter(effective(events))
    created = next(log)
    flow = (make_flow or FlowRun)(route, run.run_id, run.seed, created.payload or b"")
    flow.attributes.take(attributes_of(created))
    flow.url = str(created.data.get("url") or "")
    state = RunState(run, flow, last_at=created.at)
    issued: deque[Command] = deque()
    try:
        for event in log:
            if event.type in ("run_completed", "run_failed", "run_cancelled"):
                if issued and isinstance(issued[0], Ending):
                    issued.popleft()  # a run that was terminated has no ending of its own
                break
            _replay_event(state, event, issued)
        _expect_nothing_more(run, issued)
    except BaseException:
        flow.evict()
        raise
    flow.take_effects()
    return state


def _replay_event(state: RunState, event: Event, issued: deque[Command]) -> None:
    state.last_at = event.at
    if event.is_delivered:
        if issued:
            _expect_nothing_more(state.run, issued)
        _note_delivered(state, event)
        for command in state.flow.deliver(event):
            if type(command) not in _UNRECORDED:
                issued.append(command)
    elif event.is_issued:
        if not issued:
            raise ReplayDivergenceError(state.run.run_id, event, None, state.flow.loop.places())
        command = issued.popleft()
        if not _matches(state, event, command):
            raise ReplayDivergenceError(state.run.run_id, event, command)
        _note_issued(state, event)
    else:
        _note_attempt(state, event)


def _note_delivered(state: RunState, event: Event) -> None:
    match event.type:
        case "step_completed" | "step_failed":
            state.drop_step(event.call_id or "")
        case "hook_conflict":
            state.tokens.pop(event.call_id or "", None)
        case "run_cancelling":
            state.cancelling = True


def _note_issued(state: RunState, event: Event) -> None:
    id_ = event.call_id or ""
    match event.type:
        case "step_created":
            step_id = str(event.data["stepName"])
            cancellable = event.data.get("cancellable") is True
            state.add_step(
                StepState(id_, step_id, event.payload or b"", available_at=event.at, cancellable=cancellable)
            )
        case "step_cancelling":
            reason = event.data.get("reason")
            state.steps[id_].cancelling = True
            state.steps[id_].reason = reason if isinstance(reason, str) else None
        case "hook_created":
            state.tokens[id_] = str(event.data["token"])
        case "hook_disposed":
            state.tokens.pop(id_, None)


def _note_attempt(state: RunState, event: Event) -> None:
    if event.type == "attr_set" and not event.data.get("refused"):
        state.flow.attributes.take(state.flow.route.codec.decode(event.payload or b""))
    if event.type == "run_reopened":
        for left in [*state.steps.values()]:
            state.forgive_step(left, event.at)
    step = state.steps.get(event.call_id or "")
    if step is None:
        return
    if event.type == "step_started":
        state.start_step(step)
    elif event.type == "step_retrying":
        state.rest_step(step)
        retry_after = event.data.get("retryAfter")
        step.available_at = int(retry_after) if isinstance(retry_after, int) else event.at
        if event.data.get("spent") is False:
            step.attempt -= 1


def _matches(state: RunState, event: Event, command: Command) -> bool:
    data = event.data
    match command:
        case CallStep():
            same = event.type == "step_created" and data.get("stepName") == command.step_id
            return same and event.call_id == command.call_id and _same_input(state, event.payload, command.input)
        case CancelStep():
            return event.type == "step_cancelling" and event.call_id == command.call_id
        case StartWait():
            # Not the due time: `sleep(config.PAUSE)` may change between builds without changing the order of calls.
            return event.type == "wait_created" and event.call_id == command.call_id
        case CreateHook():
            same = event.type == "hook_created" and data.get("token") == command.token
            return same and event.call_id == command.call_id
        case DisposeHook():
            return event.type == "hook_disposed" and event.call_id == command.call_id
        case SetAttributes():
            same = event.type == "attr_set" and event.call_id == command.call_id
            return same and state.flow.route.codec.decode(event.payload or b"") == command.changes
        case StartChild():
            same = event.type == "child_started" and data.get("workflowName") == command.workflow_id
            return same and event.call_id == command.call_id and _same_input(state, event.payload, command.input)
        case _:
            return False


def _same_input(state: RunState, recorded: bytes | None, issued: bytes) -> bool:
    """Compare arguments by their bytes, else by value: a library upgrade may change how a value is written."""
    if recorded == issued:
        return True
    codec = state.flow.route.codec
    try:
        return bool(codec.decode(recorded or b"") == codec.decode(issued))
    except WfcError:
        return False


def _expect_nothing_more(run: Run, issued: deque[Command]) -> None:
    if issued:
        raise ReplayDivergenceError(run.run_id, None, issued[0])
