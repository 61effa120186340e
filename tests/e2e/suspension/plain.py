"""Plain asyncio with a clock of its own: what a workflow's source does where nothing is durable.

The loop is asyncio's. When it has nothing left to do, its selector is asked to wait; instead, the next thing happens:
what the scenario says for this move, else the oldest step ends, else the oldest child run, else a hook gets a payload,
else the next timer is due. That is one event at a
time, as a run gets them.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import selectors
from collections.abc import Callable, Coroutine
from typing import Any
from unittest.mock import patch

from tests.e2e.suspension.noise import complaints, silence
from tests.e2e.suspension.notes import asked, left
from tests.e2e.suspension.outside import at_hand
from tests.e2e.suspension.scenario import CHILD, MOST_MOVES, STALLED, Outcome, Scenario, result_of
from wfc.flow.eviction import clear_frames_of

_all_tasks = asyncio.all_tasks


class StalledError(Exception):
    """The workflow waits for nothing that could happen: plain asyncio would wait for ever."""


class OrderedTask(asyncio.Task[Any]):
    """A task that hashes by its number: in a set, asyncio's own tasks come in another order in every process."""

    def __init__(self, number: int, coro: Coroutine[Any, Any, Any], **options: Any) -> None:
        self._number = number
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self._number


class _Idle(selectors.SelectSelector):
    def __init__(self, on_idle: Callable[[], None]) -> None:
        super().__init__()
        self._on_idle = on_idle

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self._on_idle()
        return []


class PlainLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self, scenario: Scenario) -> None:
        self.now = 0.0
        self.moves = 0
        self.main: asyncio.Task[Any] | None = None
        self.before_stall: tuple[str, ...] | None = None
        self._count = 0
        self._scenario = scenario
        super().__init__(_Idle(self._move))
        self.set_task_factory(self._make_task)
        self.set_exception_handler(lambda *_: None)

    def time(self) -> float:
        return self.now

    def create_future(self) -> asyncio.Future[Any]:
        self._count += 1  # as the loop of a run counts
        return super().create_future()

    def _make_task(self, loop: Any, coro: Any, **options: Any) -> asyncio.Task[Any]:
        self._count += 1
        task = OrderedTask(self._count, coro, loop=loop, **options)
        self.main = self.main or task
        return task

    def _move(self) -> None:
        if asked.unheard:
            unheard = asked.unheard.pop(0)
            asked.waiting[:] = [one for one in asked.waiting if one[1] is not unheard]
            unheard.cancel()
            return
        move, self.moves = self.moves, self.moves + 1
        asked.move = self.moves
        assert move < MOST_MOVES, "the workflow doesn't end"
        assert self.main is not None
        if self._scenario.cancels(move):
            self.main.cancel("stop")
        elif asked.waiting:
            self._end_step(move)
        elif asked.children:
            child = asked.children.pop(0)
            if not child.done():
                child.set_result(CHILD)
        elif (hook := next((hook for hook in asked.hooks if hook.takes_more), None)) is not None:
            hook.pay()
        else:
            pending = [timer for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
            if not pending:
                self.before_stall = tuple(left)
                raise StalledError
            self.now = max(self.now, min(timer.when() for timer in pending))

    def _end_step(self, move: int) -> None:
        tag, future = asked.waiting.pop(0)
        if future.done():
            return  # who waited was cancelled; that the step ends all the same is nothing to anybody
        if tag in asked.told:
            future.cancel()
        elif self._scenario.fails(move):
            future.set_exception(ValueError("boom"))
        else:
            future.set_result(result_of(tag))


def run_plainly(function: Callable[[], Coroutine[Any, Any, Any]], scenario: Scenario) -> Outcome:
    """Run a workflow's function under plain asyncio."""
    left.clear()
    asked.forget()
    loops: list[PlainLoop] = []

    def make() -> PlainLoop:
        loops.append(PlainLoop(scenario))
        return loops[0]

    gc.disable()  # as in a run's turns: collecting garbage would run finalizers here or there
    try:
        with silence() as noise, patch("asyncio.tasks.all_tasks", _oldest_first), at_hand():
            end = _end(make, function)
            stalled = loops[0].before_stall
            notes = tuple(left) if stalled is None else stalled
            gc.collect()
    finally:
        gc.enable()
    return Outcome(end, tuple(asked.tags), notes, complaints(noise), loops[0].moves)


def _oldest_first(loop: asyncio.AbstractEventLoop) -> list[asyncio.Task[Any]]:
    """Return the tasks that a runner cancels at the end; asyncio's own order is that of a set."""
    return sorted(_all_tasks(loop), key=hash)


def _end(make: Callable[[], PlainLoop], function: Callable[[], Coroutine[Any, Any, Any]]) -> tuple[str, str]:
    try:
        with asyncio.Runner(loop_factory=make) as runner:  # what asyncio.run does
            return "completed", repr(runner.run(function(), context=contextvars.Context()))
    except asyncio.CancelledError as error:
        clear_frames_of(error)
        return "cancelled", ""
    except StalledError:
        return STALLED
    except BaseException as error:  # noqa: BLE001 - whatever ends the workflow is its outcome
        clear_frames_of(error)  # an exception and its frames hold each other now and then
        return "failed", repr(error)
