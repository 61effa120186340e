"""One run of a workflow: a coroutine that advances one event at a time.

Comes in: events of the run's log, in order, in their final form. Goes out: the commands that the flow issued in that
turn. Nothing else: no clock, no store, no socket. The engine calls `deliver` in the same way for an event that has just
happened and for one that is replayed, which is why the two can't differ (the invariant that this package rests on):

    A turn takes exactly one event, sets the run's clock to its time, delivers it, runs the loop to idle and collects
    the commands. Effects of the turn (prints, log records) are handed over for after the commit.

A run that waits can be put aside with `evict`: its coroutines are closed, and none of the workflow's own code runs
(guards in the emitted code, see guards.py; primitives that never complete, below). A replay brings it back.
"""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..codec.exceptions import encode_exception
from ..codec.raised import rebuild_exception
from ..context import current_run
from ..errors import HookConflictError, mark_exhausted
from ..ids import stem_of_call_ids
from .attributes import Attributes
from .channel import HookChannel
from .children import Children
from .commands import (
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
    Fail,
    StartChild,
    StartWait,
)
from .draws import Draws
from .eviction import clear_frames_of, close_coroutines
from .failures import ended_by, failed_steps, settable
from .leaving import left_behind
from .loop import FlowLoop, FlowTask, FlowTimer, RunawayTurnError, StalledError
from .output import HeldBackOutput
from .overdue import run_watched
from .places import place_of

if TYPE_CHECKING:
    from ..codec import SignatureCodec
    from ..model import Event
    from .route import FlowRoute, StepLike

Effect = Callable[[], object]


class FlowRun:
    """See the module. `seed` feeds the run's random streams; `input` is the workflow's encoded arguments."""

    def __init__(self, route: FlowRoute, run_id: str, seed: bytes, input: bytes) -> None:
        self.route = route
        self.run_id = run_id
        self._stem = stem_of_call_ids(run_id)
        self.live = True
        self.clock_us = 0
        self.started_us = 0
        self.url = ""
        self.loop = FlowLoop(self)  # type: ignore[abstract]  # what it lacks is filled in by name
        self.draws = Draws(seed)
        self._input = input
        self._calls = 0
        self._commands: list[Command] = []
        self._effects: list[Effect] = []
        self._steps: dict[str, tuple[asyncio.Future[Any], SignatureCodec]] = {}
        self._cancelled_steps: set[str] = set()
        self._timers: dict[str, FlowTimer] = {}
        self._fresh_waits: set[str] = set()
        self._hooks: dict[str, HookChannel] = {}
        mine = weakref.proxy(self)  # what holds a run is freed with it
        self.children, self.attributes = Children(mine), Attributes(mine)
        self._main: FlowTask[Any] | None = None
        self._ending: Ending | None = None
        self._cancel_reason: str | None = None
        self._told_to_leave: set[FlowTask[Any]] = set()
        self._raised: BaseException | None = None

    # --- for the engine

    def deliver(self, event: Event) -> list[Command]:
        """Deliver one event, run to idle and return what the flow asked for, in order.

        The last command of a run is its ending: Complete, Fail or Cancel. Nothing may be delivered after it. Raises
        OverdueTurnError where a watchdog has ended the turn; the run is then of no use.
        """
        self.clock_us = event.at
        outside = current_run.set(self)  # values are decoded here: their default factories belong to the run
        try:
            with HeldBackOutput(), self.loop:
                run_watched(lambda: self._take(event))
        except RunawayTurnError as error:
            self._ending = self._failure(error)
        except (SystemExit, KeyboardInterrupt) as error:
            self._ending = self._failure(ended_by(error))
        finally:
            current_run.reset(outside)
        return self._take_commands()

    def take_effects(self) -> list[Effect]:
        """Return what turns since the last call want to show the world, in order, and forget it."""
        effects, self._effects = self._effects, []
        return effects

    def next_due(self) -> tuple[int, str] | None:
        """Return (due time, id) of the wait that is due first; of equal ones the oldest. None when there is none."""
        if not self._timers:
            return None
        wait_id, timer = min(self._timers.items(), key=lambda item: item[1].due_us)
        return timer.due_us, wait_id

    def due_by(self, now_us: int) -> list[tuple[int, str]]:
        """Return (due time, id) of the waits that are due at this time of the run's clock, in the order they fire."""
        due = [(timer.due_us, wait_id) for wait_id, timer in self._timers.items() if timer.due_us <= now_us]
        return sorted(due, key=lambda item: item[0])

    def due_at(self, wait_id: str) -> int | None:
        """Return when a live wait is due, None when it was cancelled or has fired."""
        timer = self._timers.get(wait_id)
        return None if timer is None else timer.due_us

    def unanswered(self) -> list[StartChild | AskRun | AskHook]:
        """Return what the run has asked the store and not been told yet."""
        return [*self.children.unanswered, *(AskHook(id_) for id_, hook in self._hooks.items() if hook.is_curious)]

    def evict(self) -> None:
        """Put the run aside: close its coroutines without running the workflow's code. Idempotent."""
        if not self.live:
            return
        self.live = False
        with self.loop:
            close_coroutines(self.loop.unfinished())
        self.loop.clear()
        self._main = self._raised = None
        for kept in (self._timers, self._effects, self._commands, self._steps, self._hooks, self._told_to_leave):
            kept.clear()

    # --- for the authoring API, called from the flow's own code

    async def call_step(self, step: StepLike, args: Any, kwargs: Any) -> Any:
        """Ask for a step and wait for its result. The id is taken when the call is first driven, as in asyncio."""
        future: asyncio.Future[Any] = self.loop.create_future()
        if self.live:
            signature = self.route.signature_of(step)
            encoded = signature.encode_args(args, kwargs)
            id_ = self.new_id("step")
            self._steps[id_] = (future, signature)
            self.issue(CallStep(id_, step.id, encoded, step.cancellable))
            if step.cancellable:
                return await self._wait_cancellable(id_, future)
        try:
            return await future
        finally:
            del future  # or an exception would hold its frames until the garbage collector comes

    async def _wait_cancellable(self, id_: str, future: asyncio.Future[Any]) -> Any:
        """Wait for a step's end. A cancellation is passed on to its body, once, and the waiting goes on."""
        try:
            while not future.done():
                told: asyncio.Future[None] = self.loop.create_future()
                future.add_done_callback(lambda _, told=told: _finish(told))  # type: ignore[misc]
                try:
                    await told
                except asyncio.CancelledError as error:
                    if not self.live or future.done():
                        raise
                    if id_ not in self._cancelled_steps:
                        self._cancelled_steps.add(id_)
                        self.issue(CancelStep(id_, _text(error.args[0] if error.args else None)))
            return future.result()
        finally:
            del future

    async def sleep_until(self, due_us: int) -> None:
        """Wait until the run's clock reaches `due_us`; a time that has passed only yields."""
        if self.live and due_us <= self.clock_us:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = self.loop.create_future()
        if not self.live:
            await future
        timer = self.loop.call_at_us(due_us, _finish, future)
        try:
            await future
        finally:
            if self.live:
                timer.cancel()

    def create_hook(
        self, hook_class: str, decode: Callable[[bytes], Any], *, token: str | None, metadata: bytes | None
    ) -> HookChannel:
        """Register a hook. Without a token it gets one that can't be guessed (128 bits of the run's secret seed)."""
        id_ = self.new_id("hook")
        own = token if token is not None else self.draws.digest(f"token:{id_}", 16).hex()
        channel = HookChannel(
            self.loop,
            own,
            decode,
            dispose=lambda: self.issue(DisposeHook(id_, own)),
            ask=lambda: self.issue(AskHook(id_)),
        )
        if self.live:
            self._hooks[id_] = channel
            self.issue(CreateHook(id_, own, hook_class, metadata))
        return channel

    def add_effect(self, effect: Effect) -> None:
        """Keep something to do once the present turn is durable."""
        self._effects.append(effect)

    # --- for the parts of this package that ask on its behalf

    def new_id(self, kind: str) -> str:
        """Return the id of the next durable call."""
        self._calls += 1
        return f"{kind}_{self._stem}_{self._calls}"

    def issue(self, command: Command) -> None:
        """Ask the engine for something, with the other commands of this turn."""
        self._commands.append(command)

    # --- for the loop

    def add_timer(self, handle: FlowTimer) -> None:
        """Record a timer as a durable wait."""
        handle.wait_id = id_ = self.new_id("wait")
        if not self.live:
            return
        self._timers[id_] = handle
        self._fresh_waits.add(id_)
        self.issue(StartWait(id_, handle.due_us))

    def cancel_timer(self, handle: FlowTimer) -> None:
        """Forget a timer. One of the same turn leaves no trace but its number."""
        id_ = handle.wait_id
        if id_ is None or self._timers.pop(id_, None) is None or not self.live:
            return
        if id_ not in self._fresh_waits:
            self.issue(CancelWait(id_))

    # --- the turn

    def _take(self, event: Event) -> None:
        self._apply(event)
        self.loop.run_to_idle()
        self._settle()

    def _apply(self, event: Event) -> None:
        id_ = event.call_id or ""
        match event.type:
            case "run_started":
                self._start()
            case "run_cancelling":
                self._cancel_reason = _text(event.data.get("reason"))
                if self._main is not None:
                    self._main.cancel(self._cancel_reason)
            case "step_completed" | "step_failed":
                self._finish_step(id_, event)
            case "wait_completed":
                timer = self._timers.pop(id_, None)
                if timer is not None:
                    self.loop.fire(timer)
            case "hook_received":
                if id_ in self._hooks and event.payload is not None:
                    self._hooks[id_].receive(event.payload)
            case "hook_registered":
                self._hooks[id_].confirm()
            case "child_status" | "child_completed":
                self.children.answer(event)
            case "hook_conflict":
                holder = str(event.data.get("conflictingRunId"))
                self._hooks[id_].refuse(HookConflictError(self._hooks[id_].token, holder))
            case _:
                raise AssertionError(f"{event.type} is not an event that a flow is given")

    def _start(self) -> None:
        self.started_us = self.clock_us
        context = contextvars.Context()  # not the worker's: what it holds differs between processes
        context.run(current_run.set, self)
        self._main = self.loop.create_task(self._main_coroutine(), name="workflow", context=context)
        self._main.add_done_callback(self.loop.stop_after_round)

    async def _main_coroutine(self) -> Any:
        args, kwargs = self.route.signature.decode_args(self._input)
        try:
            return await self.route.function(*args, **kwargs)
        except BaseException as error:
            self._raised = error
            raise

    def _finish_step(self, id_: str, event: Event) -> None:
        future, signature = self._steps.pop(id_)
        if future.done():
            return  # the task that waited was cancelled; the step's end no longer matters to it
        payload = event.payload or b""
        if event.type == "step_failed":
            error = rebuild_exception(payload, self.route.codec)
            if isinstance(error, asyncio.CancelledError) and id_ in self._cancelled_steps:
                future.cancel(*error.args[:1])
                return
            mark_exhausted(error, id_)
            future.set_exception(settable(error))
            return
        try:
            future.set_result(signature.decode_result(payload))
        except Exception as error:  # noqa: BLE001 - the awaiter gets whatever decoding raised
            future.set_exception(settable(error))

    def _settle(self) -> None:
        """Once the workflow has returned: do what asyncio.run does with what it left behind, then end the run."""
        main = self._main
        if main is None or not main.done():
            self._check_stalled()
            return
        if not left_behind(self.loop, main.flow_context, self._told_to_leave):
            self._ending = self._ending_of(main)
            self._let_frames_go()
        else:
            self._check_stalled()

    def _let_frames_go(self) -> None:
        """Clear the frames that the workflow's exception holds: generators that they hold open close in this turn."""
        error, self._raised = self._raised, None
        if error is not None:
            clear_frames_of(error)

    def _ending_of(self, main: FlowTask[Any]) -> Ending:
        if main.cancelled():
            return Cancel(self._cancel_reason)
        error = main.exception()
        if error is not None:
            return self._failure(error)
        try:
            return Complete(self.route.signature.encode_result(main.result()))
        except Exception as unwritable:  # noqa: BLE001 - a result that can't be written fails the run
            return self._failure(unwritable)

    def _check_stalled(self) -> None:
        if self._steps or self._timers or self.children.awaited or any(h.is_awaited for h in self._hooks.values()):
            return
        waiting = ", ".join(f"`{task.get_name()}` at {place_of(task)}" for task in self.loop.unfinished())
        text = f"the workflow can't go on: {waiting} waits, and no step, sleep or hook is pending that could wake it"
        self._ending = self._failure(StalledError(text))

    def _failure(self, error: BaseException) -> Fail:
        return Fail(encode_exception(error, self.route.codec), failed_steps(error))

    def _take_commands(self) -> list[Command]:
        commands = [
            command
            for command in self._commands
            if not (isinstance(command, StartWait) and command.call_id not in self._timers)
        ]
        if self._ending is not None:
            commands.append(self._ending)
        self._commands = []
        self._fresh_waits.clear()
        return commands


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
