"""The compiled workflow on the real engine, put aside and replayed wherever a test wants.

Comes in: a route of a build, a scenario, and the moves before which the run is put aside. Goes out: the outcome and
the log. Whatever shows that putting the run aside was noticed is an AssertionError: code of the workflow that ran, a
command, a warning, an unraisable exception, a coroutine, generator, task or frame that is left in memory.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections import Counter
from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from types import FrameType

from tests.e2e.suspension.noise import complaints, silence
from tests.e2e.suspension.notes import left
from tests.e2e.suspension.scenario import CHILD, MOST_MOVES, MOST_PAYLOADS, STALLED, Outcome, Scenario, result_of
from tests.runtime.memory_run import MemoryRun, let_go
from wfc.flow import FlowRoute
from wfc.flow.loop import FlowTask, StalledError
from wfc.model import Event

NEVER: Container[int] = ()
ALWAYS: Container[int] = range(MOST_MOVES)

Log = list[Event]


class DurableRun:
    """A run of a compiled workflow, one move after the other. `code` is the folder of the workflow's own files."""

    def __init__(self, route: FlowRoute, scenario: Scenario, code: Path, run_id: str = "memory") -> None:
        self.code = code
        self.moves = 0
        self._scenario = scenario
        self._paid: Counter[str] = Counter()
        self._taken()
        self._run = MemoryRun(route, run_id=run_id).begin()
        self.notes = self._taken()

    @property
    def ended(self) -> bool:
        return self._run.ended

    def move(self) -> None:
        """Let the next thing happen."""
        run, move = self._run, self.moves
        self.moves += 1
        assert move < MOST_MOVES, "the workflow doesn't end"
        if self._scenario.cancels(move):
            run.cancel("stop")
        elif run.running:
            self._end_step(move)
        elif run.flow.children.unanswered:
            asked = run.flow.children.unanswered[0].call_id
            run.take(run.arrival("child_completed", asked, {"childRunId": "child", "status": "completed"}, CHILD))
        elif (hook := next((id_ for id_ in run.state.tokens if self._paid[id_] < MOST_PAYLOADS), None)) is not None:
            self._paid[hook] += 1
            run.pay({"n": self._paid[hook]}, token=run.state.tokens[hook])
        else:
            run.fire()
        self.notes += self._taken()

    def _end_step(self, move: int) -> None:
        run = self._run
        if run.running[0].cancelling:
            run.fail(asyncio.CancelledError())
        elif self._scenario.fails(move) and _waits_for(run):
            run.fail(ValueError("boom"))
        else:
            run.succeed(result_of(run.argument(run.running[0])))

    def put_aside(self) -> None:
        """Evict the run and drop what it held in memory; nothing of the workflow's may run."""
        with silence() as noise:
            flow = self._run.state.flow
            flow.evict()
            assert flow.take_effects() == []
            assert flow._take_commands() == []
            del flow
            self._run.put_aside()
            gc.collect()
        assert self._taken() == [], "putting the run aside ran code of the workflow"
        assert noise == [], "putting the run aside was noticed"

    def bring_back(self) -> None:
        """Replay the run; what its code does again is none of the world's business."""
        self._run = self._run.replayed()
        self._taken()

    def outcome(self) -> tuple[Outcome, Log]:
        """Return what came of the run, and its log."""
        run = self._run
        return Outcome(_end(run), tuple(run.tags), tuple(self.notes), frozenset(), self.moves), run.log

    @staticmethod
    def _taken() -> list[str]:
        found = left.copy()
        left.clear()
        return found


def run_durably(
    route: FlowRoute, scenario: Scenario, evict_before: Container[int] = NEVER, *, code: Path
) -> tuple[Outcome, Log]:
    """Run a workflow to its end; before these moves it is put aside, and all of it must be gone from memory."""
    with silence() as noise:
        run = DurableRun(route, scenario, code)
        while not run.ended:
            if run.moves in evict_before:
                run.put_aside()
                assert alive(code) == []
                run.bring_back()
            run.move()
        outcome, log = run.outcome()
        del run
        let_go()
        gc.collect()
    assert left == [], "code of the workflow ran after its end"
    return replace(outcome, noise=complaints(noise)), log


def _waits_for(run: MemoryRun) -> bool:
    """Say whether anybody still waits for the oldest step."""
    return not run.flow._steps[run.running[0].call_id][0].done()


def _end(run: MemoryRun) -> tuple[str, str]:
    status = run.state.run.status
    if status == "cancelled":
        return status, ""
    try:
        return status, repr(run.result)
    except BaseException as error:  # noqa: BLE001 - whatever ended the workflow is its outcome
        return STALLED if isinstance(error, StalledError) else (status, repr(error))


def alive(code: Path) -> list[str]:
    """Return what is left in memory of workflows whose source is in this folder."""
    return [
        repr(found)
        for found in gc.get_objects()
        if isinstance(found, FlowTask) or ((file := _code_file(found)) is not None and Path(file).is_relative_to(code))
    ]


def _code_file(found: object) -> str | None:
    if inspect.iscoroutine(found):
        return found.cr_code.co_filename
    if inspect.isgenerator(found):
        return found.gi_code.co_filename
    if inspect.isasyncgen(found):
        return found.ag_code.co_filename
    return found.f_code.co_filename if isinstance(found, FrameType) else None
