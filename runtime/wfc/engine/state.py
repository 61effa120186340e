"""A run in the memory of the worker that owns it, and what a step forward of it gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..flow.flowrun import Effect, FlowRun
from ..model import Run, Transition


@dataclass(slots=True)
class StepState:
    """A step that hasn't ended. `attempt` counts the attempts that were started and not given back.

    Of them, `forgiven` were spent before the run was retried: they don't count towards the step's last attempt.
    `available_at` is in the run's time; `running` says that a body was started and not heard of since. Once it is
    `cancelling` there is no further attempt; `reason` is what its body is told.
    """

    call_id: str
    step_id: str
    input: bytes
    attempt: int = 0
    running: bool = False
    available_at: int = 0
    cancellable: bool = False
    cancelling: bool = False
    reason: str | None = None
    forgiven: int = 0

    def snapshot(self) -> StepState:
        """Return the step as it is now, for the worker."""
        return StepState(
            self.call_id,
            self.step_id,
            self.input,
            self.attempt,
            self.running,
            self.available_at,
            self.cancellable,
            self.cancelling,
            self.reason,
            self.forgiven,
        )


@dataclass(slots=True)
class RunState:
    """A run with its live coroutine. Only the engine changes it; a failed commit makes it worthless.

    `moved_from` is the build that the run was on until now. `idle` are those of the `steps` that have no body running,
    in the order in which their next attempts may start.
    """

    run: Run
    flow: FlowRun
    last_at: int
    steps: dict[str, StepState] = field(default_factory=dict)
    idle: dict[str, StepState] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    cancelling: bool = False
    moved_from: str | None = None

    def add_step(self, step: StepState) -> None:
        """Take note of a step that was asked for."""
        self.steps[step.call_id] = self.idle[step.call_id] = step

    def start_step(self, step: StepState) -> None:
        """Take note that an attempt begins."""
        step.running = True
        step.attempt += 1
        self.idle.pop(step.call_id, None)

    def rest_step(self, step: StepState) -> None:
        """Take note that the body of a step, which hasn't ended, runs no more."""
        step.running = False
        self.idle[step.call_id] = step

    def forgive_step(self, step: StepState, at: int) -> None:
        """Take note that the run is retried: the step, which hasn't ended, may use all its attempts again, from now."""
        self.rest_step(step)
        step.forgiven, step.available_at = step.attempt, at

    def drop_step(self, call_id: str) -> None:
        """Forget a step that has ended, or that nobody has heard of."""
        self.steps.pop(call_id, None)
        self.idle.pop(call_id, None)

    def drop_steps(self) -> None:
        """Forget all steps: the run has ended."""
        self.steps.clear()
        self.idle.clear()

    @property
    def bodies(self) -> int:
        """How many step bodies are running."""
        return len(self.steps) - len(self.idle)

    @property
    def next_wait(self) -> int | None:
        """When the next durable wait is due, in the run's time."""
        timer = self.flow.next_due()
        return None if timer is None else timer[0]

    @property
    def next_attempt(self) -> int | None:
        """When the next attempt that hasn't been started may start, in the run's time."""
        return min((step.available_at for step in self.idle.values()), default=None) if self.idle else None


@dataclass(slots=True)
class Advanced:
    """What `advance` gives: a transition to commit, and what to do once it is durable and not before.

    `started` are attempts whose bodies begin then, `stopped` ones whose bodies are cancelled, `effects` what the
    workflow printed or logged.
    """

    transition: Transition
    started: list[StepState] = field(default_factory=list)
    stopped: list[StepState] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
