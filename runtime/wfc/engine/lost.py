"""Attempts that nobody will hear of again: how they end.

Comes in: a run's state. Goes out: deliveries, as the body would have made them.
"""

from __future__ import annotations

from asyncio import CancelledError

from ..codec.exceptions import encode_exception
from ..errors import StepInterruptedError
from .deliveries import StepRaised
from .state import RunState, StepState


def lost_attempts(state: RunState, now: int) -> list[StepRaised]:
    """Return a failure for each body that a dead worker was running: its attempt is spent.

    A step that is told to stop before the failure is delivered ends as cancelled instead (`advance`).
    """
    found = []
    for step in state.steps.values():
        if step.running:
            text = f"the worker died while attempt {step.attempt} of {step.step_id} was running"
            error = encode_exception(StepInterruptedError(text), state.flow.route.codec)
            found.append(StepRaised(now, step.call_id, step.attempt, error, delay_us=0, lost=True))
    return found


def cancelled(state: RunState, step: StepState, now: int) -> StepRaised:
    """Return the end of a step that was told to stop and has no body to hear it."""
    error = encode_exception(CancelledError(*filter(None, [step.reason])), state.flow.route.codec)
    return StepRaised(now, step.call_id, step.attempt, error, fatal=True)
