"""A deterministic asyncio event loop for one run.

Comes in: callbacks that the flow's tasks schedule, and the run's clock. Goes out: nothing by itself; `run_to_idle`
executes what is ready, in order, and returns when only an event can make progress. There is no thread, no socket and no
waiting here: a timer is a durable wait that the run records, and time passes only when an event is delivered.

Two things differ from asyncio's own loops on purpose. Tasks and futures hash by a counter of the run, so that a set of
tasks (TaskGroup's, `asyncio.wait`'s, the user's own) iterates in the same order in every process. And a timer that is
already due is an ordinary callback: `sleep(0)` yields, and leaves no event.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import sys
import weakref
from asyncio import events
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from ..context import current_run
from .places import place_of

if TYPE_CHECKING:
    from .flowrun import FlowRun

T = TypeVar("T")
Context = contextvars.Context

CALLBACKS_PER_TURN = 100_000
_LONGEST_SECONDS = 8_000 * 366 * 86_400  # the store keeps microseconds in 64 bits

_log = logging.getLogger("wfc.flow")


class RunawayTurnError(RuntimeError):
    """A turn ran callbacks without end; the workflow waits for something by spinning."""


class StalledError(RuntimeError):
    """The workflow waits for something that no event can bring about."""


class TimerSink(Protocol):
    """What the loop needs of its run: the clock, and somewhere to record timers."""

    live: bool
    clock_us: int
    started_us: int

    def add_timer(self, handle: FlowTimer) -> None:
        """Record a timer that is due after the present turn."""

    def cancel_timer(self, handle: FlowTimer) -> None:
        """Forget a timer that was recorded."""


class _Gone:
    """What is left of a run that was put aside: its time, for tasks that outlive it."""

    live = False

    def __init__(self, run: TimerSink) -> None:
        self.clock_us = run.clock_us
        self.started_us = run.started_us

    def add_timer(self, handle: FlowTimer) -> None:
        """Record nothing: it never fires."""

    def cancel_timer(self, handle: FlowTimer) -> None:
        """Forget nothing."""


class Turn:
    """Whether the run's code is being run for its own sake: in a turn of the run, and not to put it aside.

    Between turns it is not: what the garbage collector closes then would run at a moment that no replay can repeat.
    """

    __slots__ = ("live",)

    def __init__(self) -> None:
        self.live = False


class FlowFuture(asyncio.Future[T]):
    """A future that hashes by the order in which its run made it."""

    def __init__(self, order: int, loop: asyncio.AbstractEventLoop) -> None:
        self._order = order
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        return self._order


class FlowTask(asyncio.Task[T]):
    """A task that hashes by the order in which its run made it, and that remembers its context for eviction."""

    def __init__(
        self, order: int, coro: Coroutine[Any, Any, T], *, loop: FlowLoop, name: str, context: Context
    ) -> None:
        self._order = order  # before Task.__init__, which puts the task into a set
        self.flow_context = context
        super().__init__(coro, loop=loop, name=name, context=context)

    def __hash__(self) -> int:
        return self._order


class FlowTimer(asyncio.TimerHandle):
    """A timer of a run: due at an exact microsecond of the run's clock."""

    def __init__(
        self, due_us: int, when: float, callback: Callable[..., object], args: Any, *, loop: FlowLoop, context: Any
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self.due_us = due_us
        self.wait_id: str | None = None


class OpenGenerators:
    """The async generators that were started: held weakly, so that one left by `break` is finalized at once."""

    def __init__(self) -> None:
        self._started: dict[int, weakref.ref[AsyncGenerator[Any, Any]]] = {}
        self._kept: dict[int, AsyncGenerator[Any, Any]] = {}

    def add(self, agen: AsyncGenerator[Any, Any]) -> None:
        """Note that a generator is iterated for the first time."""
        self.discard(agen)  # the id may be that of one that is gone: the order must be that of the start
        self._started[id(agen)] = weakref.ref(agen)

    def discard(self, agen: AsyncGenerator[Any, Any]) -> None:
        """Forget a generator."""
        self._started.pop(id(agen), None)

    def keep(self, agen: AsyncGenerator[Any, Any]) -> None:
        """Keep a generator that is being collected."""
        self._kept[id(agen)] = agen

    def take_open(self) -> list[AsyncGenerator[Any, Any]]:
        """Return those that aren't exhausted, in the order in which they were started, and forget all."""
        found = [self._kept.get(id_) or started() for id_, started in self._started.items()]
        self.clear()
        return [agen for agen in found if agen is not None and agen.ag_frame is not None]  # type: ignore[attr-defined]

    def clear(self) -> None:
        """Forget all."""
        self._started.clear()
        self._kept.clear()


class FlowLoop(asyncio.AbstractEventLoop):
    """See the module. Everything that asyncio offers beyond tasks, futures and timers is refused by name."""

    def __init__(self, run: TimerSink) -> None:
        self._run = run
        self._ready: deque[asyncio.Handle] = deque()
        self._order = 0
        self._stopping = False
        self.tasks: list[FlowTask[Any]] = []
        self._asyncgens = OpenGenerators()
        self._asyncgen_hooks: tuple[Any, Any] = (self._asyncgens.add, self._finalize_asyncgen)
        self._in_turn = False
        self._outside: tuple[Any, Any, bool] = (None, (None, None), False)
        self.turn = Turn()

    # --- what a turn does

    def run_to_idle(self) -> None:
        """Run ready callbacks until none is left, or to the end of the round in which the loop was stopped.

        A round is what was ready when it began, as in asyncio. Raises RunawayTurnError past the limit of a turn.
        """
        ready = self._ready
        count = 0
        while ready and not self._stopping:
            count += len(ready)
            if count > CALLBACKS_PER_TURN:
                raise RunawayTurnError(self._describe_runaway())
            for _ in range(len(ready)):
                handle = ready.popleft()
                if not handle._cancelled:
                    handle._run()
        self._stopping = False
        if len(self.tasks) > 64:
            self.tasks = self.unfinished()

    def stop_after_round(self, _: object) -> None:
        """Rest once what is ready by now has run: for the end of the workflow, where `asyncio.run` does so."""
        self._stopping = True

    @property
    def is_idle(self) -> bool:
        """Is nothing ready to run?"""
        return not self._ready

    def __enter__(self) -> None:
        """Begin a turn: this is the running loop of the thread, until the worker's own loop is put back.

        The garbage collector is off meanwhile: it would run finalizers at a moment that no replay can repeat.
        """
        self._outside = (events._get_running_loop(), sys.get_asyncgen_hooks(), gc.isenabled())
        gc.disable()
        events._set_running_loop(self)
        sys.set_asyncgen_hooks(*self._asyncgen_hooks)
        self._in_turn = True
        self.turn.live = self._run.live

    def __exit__(self, *_: object) -> None:
        """End a turn."""
        outer, hooks, collecting = self._outside
        self._in_turn = self.turn.live = False
        sys.set_asyncgen_hooks(*hooks)
        events._set_running_loop(outer)
        if collecting:
            gc.enable()

    def fire(self, timer: FlowTimer) -> None:
        """Make a due timer's callback ready."""
        self._ready.append(timer)

    def unfinished(self) -> list[FlowTask[Any]]:
        """Return the tasks that haven't ended, oldest first."""
        return [task for task in self.tasks if not task.done()]

    def places(self, most: int = 3) -> str:
        """Return where the oldest of the unfinished tasks stand."""
        return ", ".join(place_of(task) for task in self.unfinished()[:most])

    def open_asyncgens(self) -> list[AsyncGenerator[Any, Any]]:
        """Return the async generators that were started and not exhausted, oldest first, and forget them."""
        return self._asyncgens.take_open()

    def clear(self) -> None:
        """Drop everything that is scheduled, and the run; for one that was put aside.

        Nothing then leads in a circle, so that memory is given back at once, and not when the garbage collector comes.
        """
        self._ready.clear()
        self.tasks = []
        self._asyncgens.clear()
        self._asyncgen_hooks = (None, None)
        self._run = _Gone(self._run)

    def _finalize_asyncgen(self, agen: AsyncGenerator[Any, Any]) -> None:
        # A generator dropped inside its own run's turn is closed then: by reference count, so at the same place on
        # every replay. One that the collector finds later must not run in whatever turn happens to be going on; it
        # is kept until the run returns, as if it had never been collected.
        if self.turn.live:
            self._asyncgens.discard(agen)
            self.call_soon(self.create_task, agen.aclose())  # one callback later, as asyncio does
        elif self._run.live:
            self._asyncgens.keep(agen)

    def _describe_runaway(self) -> str:
        return (
            f"the workflow ran {CALLBACKS_PER_TURN:,} callbacks without waiting for anything durable "
            f"({self.places()}); time "
            "only passes here when an event arrives, so a loop around `asyncio.sleep(0)` never ends: await a step, a "
            "sleep or a hook instead"
        )

    # --- the asyncio interface

    def time(self) -> float:
        """Seconds of the run's clock since the run started."""
        return (self._run.clock_us - self._run.started_us) / 1e6

    def call_soon(  # type: ignore[override]  # asyncio's is generic
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Schedule a callback behind those that are ready."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_later(  # type: ignore[override]  # asyncio's is generic
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Schedule a callback after `delay` seconds of the run's clock: a durable wait."""
        return self.call_at_us(self._run.clock_us + _microseconds(delay), callback, *args, context=context)

    def call_at(  # type: ignore[override]  # asyncio's is generic
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Schedule a callback at `when` on this loop's clock: a durable wait."""
        return self.call_at_us(self._run.started_us + _microseconds(when), callback, *args, context=context)

    def call_at_us(
        self, due_us: int, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> FlowTimer:
        """Schedule a callback at an exact microsecond of the run's clock; at once when that has passed."""
        when = (due_us - self._run.started_us) / 1e6
        timer = FlowTimer(due_us, when, callback, args, loop=self, context=context)
        if due_us <= self._run.clock_us:
            self._ready.append(timer)
        else:
            self._run.add_timer(timer)
        return timer

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        if isinstance(handle, FlowTimer) and handle.wait_id is not None:
            self._run.cancel_timer(handle)

    def create_future(self) -> FlowFuture[Any]:
        """Make a future that hashes by its place in the run."""
        self._order += 1
        return FlowFuture(self._order, self)

    def create_task(
        self, coro: Any, *, name: str | None = None, context: Context | None = None, **options: Any
    ) -> FlowTask[Any]:
        """Make a task; unnamed ones are called `task-<n>` with the run's own counter."""
        self._order += 1
        own = context if context is not None else contextvars.copy_context()
        if own.get(current_run) is None:  # one that the user made
            own.run(current_run.set, cast("FlowRun", self._run))
        task: FlowTask[Any] = FlowTask(self._order, coro, loop=self, name=name or f"task-{self._order}", context=own)
        self.tasks.append(task)
        return task

    def get_debug(self) -> bool:
        """Return False: asyncio's debug mode reads the host's clock."""
        return False

    def is_running(self) -> bool:
        """Return whether a turn is going on."""
        return self._in_turn

    def is_closed(self) -> bool:
        """Return whether the run was put aside."""
        return not self._run.live

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Log what a task left behind, unless the run was put aside."""
        if self._run.live:
            _log.error("%s", context.get("message", "error in a workflow's task"), exc_info=context.get("exception"))

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Do what `call_exception_handler` does."""
        self.call_exception_handler(context)


def _refuse(name: str) -> Callable[..., Any]:
    def refused(self: FlowLoop, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"loop.{name}() isn't available in a workflow: a replay would do it again; use a step")

    refused.__name__ = name
    return refused


# Whatever asyncio's interface has, today and in later versions, and this loop doesn't do.
for _name in vars(asyncio.AbstractEventLoop):
    if not _name.startswith("_") and _name not in vars(FlowLoop):
        setattr(FlowLoop, _name, _refuse(_name))


def _microseconds(seconds: float) -> int:
    if not abs(seconds) <= _LONGEST_SECONDS:  # not a number, too
        raise ValueError(f"a timer in a workflow needs a number of seconds below 8,000 years, not {seconds!r}")
    return round(seconds * 1_000_000)
