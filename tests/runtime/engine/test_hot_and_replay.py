"""A run that stays in memory and one that is replayed can't be told apart.

Random programs are run on the real engine, everything that happens to them chosen by a seed. After every transition
the log so far is replayed, and what the flow asked for in each turn, in full, must be the same. So that this test can
be trusted, each mistake that an engine could make here is planted once, and must be noticed.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.runtime.engine.programs import interpreter, random_program
from tests.runtime.memory_run import MemoryRun, RecordingRun, let_go
from wfc.engine.deliveries import Delivery, TimerDue
from wfc.engine.divergence import ReplayDivergenceError
from wfc.errors import WfcError
from wfc.flow.commands import Command
from wfc.model import Event

SEEDS = 250
MOVES = 60


class DifferenceError(AssertionError):
    """What was asked for when hot isn't what a replay asks for."""


def drive(seed: int, flow_class: type[RecordingRun] = RecordingRun) -> MemoryRun:
    """Run a random program to its end, or for some moves, replaying the log after each transition."""
    draw = random.Random(seed)
    run = MemoryRun(interpreter(random_program(seed)), max_retries=draw.randint(0, 1), flow_class=flow_class).begin()
    for _ in range(MOVES):
        compare(run)
        if run.ended:
            break
        deliveries = choose(run, draw)
        if not deliveries:
            break
        plan = getattr(run.flow, "plan", None)
        if plan is not None:
            plan(len(deliveries))
        run.take(*deliveries)
    return run


def compare(run: MemoryRun) -> None:
    try:
        again = run.replayed()
    except ReplayDivergenceError as error:
        raise DifferenceError(str(error)) from None
    if again.flow.turns != run.flow.turns:
        raise DifferenceError("the turns differ")
    before, after = run.state, again.state
    if (before.steps, before.tokens, before.last_at) != (after.steps, after.tokens, after.last_at) and not run.ended:
        raise DifferenceError("the engine's books differ")
    again.state.flow.evict()


def choose(run: MemoryRun, draw: random.Random) -> list[Delivery]:
    """Choose what happens next: one to three things that are possible now, in a random order of arrival."""
    run.now += draw.randint(1, 900_000)
    possible: list[Delivery] = [
        run.failure(step, ValueError(step.call_id))
        if draw.random() < 0.2 and "quick" not in run.argument(step)
        else run.success(step, draw.randint(0, 99))
        for step in run.running
    ]
    for hook_id, token in run.state.tokens.items():
        possible.append(run.arrival("hook", hook_id, {"token": token}, {"n": draw.randint(0, 99)}))
    if draw.random() < 0.02:
        possible.append(run.arrival("cancel", data={"reason": "test"}))
    draw.shuffle(possible)
    chosen = possible[: draw.randint(1, 3)]
    due = run.state.flow.next_due()
    if due is not None and (not chosen or draw.random() < 0.3):
        run.now = max(run.now, due[0])
        chosen = [*chosen, *(TimerDue(at, wait) for at, wait in run.state.flow.due_by(run.now))]
    if not chosen and run.state.steps:  # nothing but retries that wait for their time
        run.now = max(step.available_at for step in run.state.steps.values())
        run.take()
        return choose(run, draw)
    return chosen


@pytest.mark.parametrize("start", range(0, SEEDS, 50))
def test_hot_and_replay_are_the_same(start: int) -> None:
    """250 random programs: after every transition a replay asks for the same in every turn."""
    asked = ended = 0
    for seed in range(start, start + 50):
        try:
            run = drive(seed)
        except (DifferenceError, WfcError) as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        asked += len(run.tags)
        ended += run.ended
        let_go()
    assert asked > 200, "the programs ask for next to nothing: the test would see nothing"
    assert ended > 30


class TwoEventsThenIdle(RecordingRun):
    """Sets two completions of one group commit before it runs the loop."""

    held = 0

    def plan(self, deliveries: int) -> None:
        self.held = deliveries - 1

    def deliver(self, event: Event) -> list[Command]:
        if self.held <= 0 or event.type == "run_started":
            return super().deliver(event)
        self.held -= 1
        self.clock_us = event.at
        self._apply(event)
        self.turns.append((event.seq, []))
        return []


class MemoryOrder(RecordingRun):
    """Sees the first two events of a transition in the other order than the log has them."""

    held: Event | None = None
    swap = False

    def plan(self, deliveries: int) -> None:
        self.swap = deliveries > 1

    def deliver(self, event: Event) -> list[Command]:
        if self.swap and self.held is None:
            self.held = event
            self.turns.append((event.seq, []))
            return []
        commands = super().deliver(event)
        if self.held is not None:
            held, self.held, self.swap = self.held, None, False
            commands += super().deliver(held)
        return commands


class NotIdle(RecordingRun):
    """Takes the next event of a transition before the loop is idle."""

    held = 0

    def plan(self, deliveries: int) -> None:
        self.held = deliveries - 1

    def deliver(self, event: Event) -> list[Command]:
        if self.held <= 0:
            return super().deliver(event)
        self.held -= 1
        self.clock_us = event.at
        self._apply(event)
        with self.loop:
            if self.loop._ready and not (handle := self.loop._ready.popleft()).cancelled():
                handle._run()
        commands = self._take_commands()
        self.turns.append((event.seq, commands))
        return commands


class AnsweredInTheTurn(RecordingRun):
    """Answers some durable calls in the turn that asks, when hot; a replay waits for the event."""

    async def call_step(self, step: Any, args: Any, kwargs: Any) -> Any:
        if not str(args[0]).startswith("quick"):
            return await super().call_step(step, args, kwargs)
        waiting = super().call_step(step, args, kwargs)
        waiting.send(None)  # up to the future that the event would complete
        waiting.close()
        return 0


class WallClock(RecordingRun):
    """Reads the host's clock when hot, which has moved on since the event was written."""

    def deliver(self, event: Event) -> list[Command]:
        return super().deliver(Event(event.seq, event.type, event.at + 7, event.call_id, event.data, event.payload))


class TimersTogether(RecordingRun):
    """Fires all timers of the same due time in one turn, as asyncio does."""

    def _apply(self, event: Event) -> None:
        if event.type == "wait_completed":
            due = self.due_at(event.call_id or "")
            for wait_id in [id_ for id_, timer in self._timers.items() if timer.due_us == due]:
                super()._apply(Event(event.seq, event.type, event.at, wait_id))
        else:
            super()._apply(event)


MISTAKES = [TwoEventsThenIdle, MemoryOrder, NotIdle, AnsweredInTheTurn, WallClock, TimersTogether]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_noticed(mistake: type[RecordingRun]) -> None:
    """Each of these mistakes makes at least one of the first programs differ."""
    for seed in range(SEEDS):
        try:
            drive(seed, mistake)
        except DifferenceError:
            return
        except Exception:  # noqa: BLE001 - a mistake may also break the engine outright; that isn't what is asked here
            continue
        finally:
            let_go()
    raise AssertionError(f"{mistake.__doc__} Nobody noticed in {SEEDS} programs.")
