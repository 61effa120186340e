"""One run on the real engine, with its log in a list instead of a store.

Comes in: a coroutine function (lowered by hand where it has guards), or the route of a compiled flow, and what a test
wants to happen to it. Goes out: the events that a worker would have committed, and what the flow asked for in each
turn. `replayed` brings the run back from a prefix of its log, as a worker would after a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import wfc
from wfc.codec import Codec, SignatureCodec, encode_exception, rebuild_exception
from wfc.effective import effective
from wfc.engine.advance import Surroundings, advance
from wfc.engine.deliveries import Arrived, Begin, Delivery, StepRaised, StepSucceeded, TimerDue
from wfc.engine.policy import StepPolicy
from wfc.engine.reopening import Cut, find_cut, reopen
from wfc.engine.replay import rebuild
from wfc.engine.state import Advanced, RunState, StepState
from wfc.flow.commands import Command
from wfc.flow.flowrun import FlowRun
from wfc.flow.output import hold_back_log_records
from wfc.flow.route import FlowRoute
from wfc.manifest import RetryPolicy
from wfc.model import Event, Hook, InboxItem, InboxKind, Run, Scalar, Transition

SECOND = 1_000_000
START = 1_700_000_000 * SECOND

wf = wfc.Workflows()


@wf.step
async def work(tag: str, note: Any = None) -> Any:
    """Stand for any step: tests say how it ends."""


@wf.step(cancellable=True)
async def careful(tag: str, note: Any = None) -> Any:
    """Stand for a step whose body can be told to stop: tests say how it ends."""


_made: list[MemoryRun] = []


def let_go() -> None:
    """Put every run that was made aside, so that no coroutine of a test outlives it."""
    while _made:
        _made.pop().state.flow.evict()


class InlineRoute(FlowRoute):
    """A flow route of a function that is defined in a test."""

    def __init__(self, function: Callable[..., Any]) -> None:
        hold_back_log_records()
        self.workflow_id = f"workflow//tests//{function.__name__}"
        self.function = function
        self.codec = Codec()
        self.signature = SignatureCodec(function, self.codec)
        self._signatures: dict[str, SignatureCodec] = {}


class RecordingRun(FlowRun):
    """A FlowRun that remembers what each turn asked for."""

    def __init__(self, route: FlowRoute, run_id: str, seed: bytes, input: bytes) -> None:
        super().__init__(route, run_id, seed, input)
        self.turns: list[tuple[int, list[Command]]] = []

    def deliver(self, event: Event) -> list[Command]:
        commands = super().deliver(event)
        self.turns.append((event.seq, commands))
        return commands


class MemoryRun:
    """See the module. Times are microseconds; the clock stands still unless a test moves `now`.

    `input` stands for recorded arguments, where `args` don't.
    """

    def __init__(
        self,
        function: Callable[..., Any] | FlowRoute,
        *args: Any,
        input: bytes | None = None,
        seed: bytes = bytes(range(32)),
        max_retries: int = 0,
        slots: int = 1000,
        run_id: str = "memory",
        flow_class: type[RecordingRun] = RecordingRun,
    ) -> None:
        self.route = function if isinstance(function, FlowRoute) else InlineRoute(function)
        self.now = START
        self.slots = slots
        self.policy = StepPolicy(max_retries, RetryPolicy(initial_seconds=1.0, jitter=False))
        self.foreign_tokens: set[str] = set()
        self.effects: list[Callable[[], object]] = []
        self.advanced: list[Advanced] = []
        self.reopenings: list[Transition] = []
        encoded = self.route.signature.encode_args(args, {}) if input is None else input
        run = Run(run_id, self.route.workflow_id, "b", "pending", START, START, 2, seed, fence=1, owner="me")
        self.state = RunState(run, flow_class(self.route, run_id, seed, encoded), last_at=START)
        self.log = [Event(1, "run_created", START, payload=encoded)]
        self._items = 0
        _made.append(self)

    # --- what happens to the run

    def begin(self) -> MemoryRun:
        self.take(Begin(self.now))
        return self

    def take(self, *deliveries: Delivery) -> Advanced:
        """Advance by these deliveries, in one transition, and keep what a worker would have committed."""
        around = Surroundings("me", self.now, self.slots, lambda _: self.policy, lambda: 0.5, lambda _: {})
        advanced = advance(self.state, deliveries, around)
        change = advanced.transition
        assert [e.seq for e in change.events] == list(range(len(self.log) + 1, len(self.log) + 1 + len(change.events)))
        self.log.extend(change.events)
        self.effects.extend(advanced.effects)
        self.advanced.append(advanced)
        for hook in change.hook_changes:
            if isinstance(hook, Hook) and hook.token in self.foreign_tokens:
                self.take(self.arrival("hook_conflict", hook.hook_id, _held(hook)))
        return advanced

    def arrival(
        self, kind: InboxKind, call_id: str | None = None, data: dict[str, Scalar] | None = None, payload: Any = None
    ) -> Arrived:
        """Return a new inbox item as a delivery."""
        self._items += 1
        encoded = None if payload is None else self.route.codec.encode(payload)
        item = InboxItem(self._items, self.state.run.run_id, kind, self.now, call_id, data or {}, encoded)
        return Arrived(self.now, item)

    def success(self, step: StepState, value: Any = None) -> StepSucceeded:
        return StepSucceeded(self.now, step.call_id, step.attempt, self.route.codec.encode(value))

    def failure(self, step: StepState, error: BaseException, *, fatal: bool = False) -> StepRaised:
        return StepRaised(self.now, step.call_id, step.attempt, encode_exception(error, self.route.codec), fatal)

    def succeed(self, value: Any = None, *, index: int = 0) -> Advanced:
        """Let the running step at this place (from the oldest) return a value."""
        return self.take(self.success(self.running[index], value))

    def fail(self, error: BaseException, *, index: int = 0, fatal: bool = False) -> Advanced:
        return self.take(self.failure(self.running[index], error, fatal=fatal))

    def fire(self) -> Advanced:
        """Let the time pass to the next wait, which fires."""
        due = self.state.flow.next_due()
        assert due is not None, "no wait is pending"
        self.now = max(self.now, due[0])
        return self.take(TimerDue(due[0], due[1]))

    def pay(self, payload: Any, *, token: str | None = None) -> Advanced:
        """Deliver a payload to the hook that holds the token (without one: to the only hook)."""
        hook_id = next(id_ for id_, held in self.state.tokens.items() if token in (None, held))
        return self.take(self.arrival("hook", hook_id, {"token": self.state.tokens[hook_id]}, payload))

    def cancel(self, reason: str | None = None) -> Advanced:
        return self.take(self.arrival("cancel", data={"reason": reason}))

    def finish(self) -> MemoryRun:
        """Let everything happen in a fixed order until the run ends: the oldest step, else the next wait."""
        for _ in range(1000):
            if self.ended:
                return self
            if self.running:
                self.succeed(f"result of {self.argument(self.running[0])}")
            elif self.state.tokens:
                self.pay({"n": len(self.log)})
            else:
                self.fire()
        raise AssertionError("the run doesn't end")

    def retry(self, *, force: bool = False, flow: Callable[..., Any] | FlowRoute | None = None) -> Cut:
        """Let the failed run go on, as `wfc retry` and then the next worker do."""
        cut = find_cut(self.log)
        assert force or not cut.done, cut.done
        if flow is not None:
            self.route = flow if isinstance(flow, FlowRoute) else InlineRoute(flow)
        at_cut = rebuild(self.route, self.state.run, cut.kept)
        change, items = reopen(at_cut, cut, worker="retry", now=self.now, origin_of=lambda _: {})
        at_cut.flow.evict()
        self.state.flow.evict()
        self.log.extend(change.events)
        with patch("wfc.engine.replay.FlowRun", RecordingRun):
            self.state = rebuild(self.route, replace(change.run, owner="me"), self.log)
        self.reopenings.append(change)
        arrived = [self._again(item) for item in items]
        taken = [h for h in change.hook_changes if isinstance(h, Hook) and h.token in self.foreign_tokens]
        arrived += [self.arrival("hook_conflict", hook.hook_id, _held(hook)) for hook in taken]
        due = [TimerDue(at, wait) for at, wait in self.state.flow.due_by(self.now)]
        self.take(*([Begin(self.now)] if change.run.status == "pending" else []), *arrived, *due)
        return cut

    def _again(self, item: InboxItem) -> Arrived:
        self._items += 1
        return Arrived(item.at, replace(item, item_id=self._items))

    def put_aside(self) -> None:
        """Evict the run and let go of all that it holds in memory, as a worker does; `replayed` brings it back."""
        self.state.flow.evict()
        fresh = RecordingRun(self.route, self.state.run.run_id, self.state.run.seed, b"")
        self.state = RunState(self.state.run, fresh, last_at=self.state.last_at)
        self.effects, self.advanced = [], []
        _made.remove(self)

    # --- what a test looks at

    @property
    def flow(self) -> RecordingRun:
        assert isinstance(self.state.flow, RecordingRun)
        return self.state.flow

    @property
    def running(self) -> list[StepState]:
        return [step for step in self.state.steps.values() if step.running]

    @property
    def ended(self) -> bool:
        return self.state.run.is_terminal

    @property
    def types(self) -> list[str]:
        """Types of the log's events, the first (run_created) left out."""
        return [event.type for event in self.log[1:]]

    @property
    def tags(self) -> list[str]:
        """First arguments of all steps that were asked for, in order."""
        return [self._tag(event.payload or b"") for event in self.log if event.type == "step_created"]

    def argument(self, step: StepState) -> str:
        return self._tag(step.input)

    def _tag(self, encoded: bytes) -> str:
        return str(self.route.codec.decode(encoded)["tag"])

    @property
    def result(self) -> Any:
        """What the workflow returned; raises what it raised."""
        run = self.state.run
        if run.status == "completed":
            return self.route.codec.decode(run.output or b"")
        if run.status == "failed":
            raise rebuild_exception(run.error or b"", self.route.codec)
        raise AssertionError(f"the run is {run.status}")

    def replayed(self, length: int | None = None, *, flow: Callable[..., Any] | FlowRoute | None = None) -> MemoryRun:
        """Bring the run back from the first `length` events of its log; `flow` is another version of the workflow."""
        other = MemoryRun.__new__(MemoryRun)
        other.__dict__.update(self.__dict__)
        other.log = list(self.log[:length])
        other.effects, other.advanced = [], []
        if flow is not None:
            other.route = flow if isinstance(flow, FlowRoute) else InlineRoute(flow)
        row = replace(self.state.run, next_seq=len(other.log) + 1, status=_status(other.log), output=None, error=None)
        with patch("wfc.engine.replay.FlowRun", RecordingRun):
            other.state = rebuild(other.route, row, other.log)
        _made.append(other)
        return other


def _held(hook: Hook) -> dict[str, Scalar]:
    return {"token": hook.token, "conflictingRunId": "wrun_other"}


def _status(log: Sequence[Event]) -> Any:
    for event in reversed(effective(log)):
        if event.type in ("run_completed", "run_failed", "run_cancelled"):
            return event.type.removeprefix("run_")
    return "running" if len(log) > 1 else "pending"
