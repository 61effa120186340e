"""What happens to a run, move by move, until it ends or nothing more can happen."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.e2e.breaking.plays import Play
from tests.e2e.breaking.values import another, value_for
from tests.e2e.breaking.watching import HeldUpError
from tests.runtime.memory_run import START, MemoryRun
from wfc.builds import Build
from wfc.codec import encode_exception
from wfc.context import StepContext
from wfc.engine.deliveries import StepRaised, StepSucceeded
from wfc.errors import SerializationError
from wfc.flow.commands import CreateHook
from wfc.flow.loop import RunawayTurnError, StalledError
from wfc.route import StepRoute

MOST_MOVES = 40
OTHER = "other"


def play_on(run: MemoryRun, play: Play, build: Build, cuts: list[int], *, moves: int = MOST_MOVES) -> tuple[str, str]:
    """Let a run go on, for so many moves at most, and return what came of it; note the log's length at each wait."""
    try:
        if run.state.run.status == "pending":
            run.begin()
            cuts.append(len(run.log))
            moves -= 1
        for _ in range(moves):
            if run.ended or not _move(run, play, build):
                return end_of(run)
            cuts.append(len(run.log))
    except HeldUpError:
        return "held up", ""
    except SerializationError as error:
        return "unsendable", str(error)
    return end_of(run) if run.ended else ("endless", "")


def end_of(run: MemoryRun) -> tuple[str, str]:
    """Return how a run has ended, or that it waits."""
    status = run.state.run.status
    if not run.ended or status == "cancelled":
        return ("cancelled" if run.ended else "waits"), ""
    try:
        return status, repr(run.result)
    except StalledError as error:
        return "stalled", str(error)
    except RunawayTurnError as error:
        return "runaway", str(error)
    except BaseException as error:  # noqa: BLE001 - whatever ended the workflow is its outcome
        if type(error).__name__ == HeldUpError.__name__:
            return "held up", ""
        return status, f"{type(error).__name__}: {error}"


def run_body(route: StepRoute, input: bytes, attempt: int = 1) -> bytes:
    """Run the body of a step in its route."""
    context = StepContext("first", "workflow", "step_1", route.step_id, attempt, START)
    return asyncio.run(route.run(input, context, None))


def _move(run: MemoryRun, play: Play, build: Build) -> bool:
    """Let the next thing happen: a step ends, an awaited hook is resumed, a child run ends, a timer fires."""
    about = play.circumstances
    flow = run.flow
    asks = list(flow.children._answers)
    awaited = [(id_, token) for id_, token in run.state.tokens.items() if flow._hooks[id_].is_awaited]
    if not (run.running or asks or awaited or flow.next_due()):
        return False
    steps_first = run.running and not (about.steps_last and (asks or awaited or flow.next_due()))
    if about.cancel_at is not None and len(flow.turns) == about.cancel_at + 1:
        run.cancel("enough")
    elif steps_first and about.steps_fail and not _records(run):
        run.fail(LookupError("failed"), fatal=True)
    elif steps_first and about.bodies:
        _perform(run, build)
    elif steps_first:
        run.succeed(_result(run, play))
    elif awaited:
        run.pay(value_for(run.route.hook_class(_hook_class(run, awaited[0][0]))), token=awaited[0][1])
    elif asks:
        run.take(run.arrival("child_completed", asks[0], {"status": "completed", "childRunId": "wrun_child"}, "text"))
    else:
        run.fire()
    return True


def _records(run: MemoryRun) -> bool:
    """Say whether the oldest step is that of the workflow around the program's."""
    return run.running[0].step_id.endswith("//record")


def _result(run: MemoryRun, play: Play) -> Any:
    if play.circumstances.steps_return is not None and not _records(run):
        return play.circumstances.steps_return
    value = value_for(run.flow._steps[run.running[0].call_id][1]._hints.get("return", str))
    return another(value) if run.state.run.run_id == OTHER and not _records(run) else value


def _perform(run: MemoryRun, build: Build) -> None:
    """Run the body of the oldest step, in its own route."""
    step = run.running[0]
    route = build.step(step.step_id)
    ended: Any
    try:
        ended = StepSucceeded(run.now, step.call_id, step.attempt, run_body(route, step.input, step.attempt))
    except Exception as error:  # noqa: BLE001 - whatever the body raises is for the workflow
        ended = StepRaised(run.now, step.call_id, step.attempt, encode_exception(error, route.codec), fatal=True)
    run.take(ended)


def _hook_class(run: MemoryRun, hook_id: str) -> str:
    commands = [command for _, commands in run.flow.turns for command in commands]
    return next(item.hook_class for item in commands if isinstance(item, CreateHook) and item.call_id == hook_id)
