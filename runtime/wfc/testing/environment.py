"""The environment: a project's build, a store in memory, a worker, and time that a test moves."""

from __future__ import annotations

import asyncio
import inspect
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from ..client import Client, use_client
from ..clock import datetime_of
from ..duration import parse_duration
from ..errors import HookNotFoundError, StoreError
from ..handles import Run, start
from ..hooks import BaseHook
from ..ids import short_name
from ..registry import Step, Workflow
from ..settings import project_root
from ..store.memory import Memory, MemoryStore
from ..store.protocol import RunQuery
from ..worker.options import WorkerOptions
from ..worker.worker import Worker
from .building import build_project
from .errors import WaitingError
from .replacing import Replacement, TestedBuilds
from .runs import TestRun
from .thread import LoopThread, UnderWay
from .virtual import FOREVER, VirtualLoop
from .waiting import describe_all

P = ParamSpec("P")
T = TypeVar("T")

_UNSET: Any = object()
__tracebackhide__ = True  # pytest shows the test's own lines
_open: list[Environment] = []


class Environment:
    """Runs a project's workflows in a test; use it in `with`, one at a time in a process.

    Nothing happens between the calls of a test. Each call returns once no step is under way and nothing more happens
    by itself: time moves on as far as steps need it (what they `asyncio.sleep`, and pauses of up to a minute between
    their attempts), and no further: a workflow's own timers wait for `advance` or `result`.

    `project` is the project's folder (default: the one around the current folder); `build` a folder that `wfc build
    --out` has written to, else the project is built now. `start` is the time at which the clock starts (default: now).
    `patience` is how many real seconds one call may take. A run is replayed from its log whenever it goes on after a
    wait, so that a workflow that can't be replayed fails its test; without `replay` only after a crash, which is faster
    for hundreds of waits.
    """

    def __init__(
        self,
        project: Path | str | None = None,
        *,
        build: Path | str | None = None,
        start: datetime | None = None,
        patience: float = 30.0,
        replay: bool = True,
    ) -> None:
        if _open:
            raise RuntimeError("another environment is open: a process has one at a time")
        if start is not None and start.tzinfo is None:
            raise ValueError(f"start={start!r} has no time zone: write datetime(..., tzinfo=UTC)")
        self._parked = 0 if replay else 1_000
        self._resources = ExitStack()
        self.project = project_root(Path(project or Path.cwd()).resolve())
        try:
            out = self._built(build)
            self._builds = TestedBuilds(out, self.project)
            self._builds.current()
            self._memory = Memory()
            start_us = time.time_ns() // 1000 if start is None else round(start.timestamp() * 1e6)
            self._loop = VirtualLoop(start_us, lambda: self._worker.bodies > 0)
            self._thread = LoopThread(self._loop, patience, self._under_way, self._memory.close)
            self._resources.callback(self._thread.close)
            _open.append(self)
            self._resources.callback(_open.clear)
            self._call(self._begin)
        except BaseException:
            self._resources.close()
            raise

    def _built(self, build: Path | str | None) -> Path:
        if build is not None:
            return Path(build).resolve()
        folder = Path(self._resources.enter_context(tempfile.TemporaryDirectory(prefix="wfc-testing-")))
        build_project(self.project, folder)
        return folder

    def close(self) -> None:
        """Stop the worker and forget everything; idempotent."""
        if self in _open:
            try:
                if not self._thread.is_stuck:
                    self._call(self._end)
            finally:
                use_client(None)
                self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- runs

    def start(self, workflow: Workflow[P, T], /, *args: P.args, **kwargs: P.kwargs) -> TestRun[T]:
        """Start a run and let it go as far as it gets by itself. Raises TypeError for arguments that don't fit."""
        if not isinstance(workflow, Workflow):
            kind = (
                "a step: await it, or start a workflow that calls it" if isinstance(workflow, Step) else "no workflow"
            )
            raise TypeError(f"{getattr(workflow, '__qualname__', workflow)!s} is {kind}")
        return TestRun(self, self.call(start(workflow, *args, **kwargs)))

    def run(self, workflow: Workflow[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Start a run, let time pass until it ends, and return its result; see `TestRun.result`."""
        return self.start(workflow, *args, **kwargs).result()

    def get_run(self, run: Run[T] | str) -> TestRun[T]:
        """Return a run by its id or handle: one that host code has started, or a child."""
        return TestRun(self, Run(run) if isinstance(run, str) else run)

    @property
    def runs(self) -> list[TestRun[Any]]:
        """All runs so far, oldest first."""

        async def listed() -> list[str]:
            found = await self._client.store.runs(RunQuery(limit=1_000_000))
            return [run.run_id for run in reversed(found)]

        return [self.get_run(run_id) for run_id in self._call(listed)]

    def resume(self, token: str, payload: BaseHook) -> None:
        """Deliver a payload to the live hook that holds the token. Raises WaitingError when there is none."""
        if not isinstance(payload, BaseHook):
            raise TypeError(f"the payload has to be an instance of the hook's class, not {payload!r}")
        try:
            self.call(payload.resume(token))
        except HookNotFoundError:
            raise WaitingError(f"no live hook holds the token {token!r}.\n{self.describe()}") from None

    def call(self, awaitable: Awaitable[T]) -> T:
        """Await something of the host's code here (an endpoint that starts or resumes runs), and what follows of it."""

        async def called() -> T:
            done = await self._loop.until_done(awaitable, self._while_busy)
            if not done.done():
                done.cancel()
                raise WaitingError(f"what was called waits.\n{await describe_all(self._client, self._now_us)}")
            await self._settle()
            return done.result()

        try:
            return self._call(called)
        finally:
            if inspect.iscoroutine(awaitable) and inspect.getcoroutinestate(awaitable) == inspect.CORO_CREATED:
                awaitable.close()  # the call was refused

    # --- steps

    def replace(
        self,
        step: Step[..., Any] | str,
        function: Callable[..., Any] = _UNSET,
        *,
        returns: Any = _UNSET,
        raises: BaseException | type[BaseException] = _UNSET,
    ) -> Replacement:
        """Replace a step's body from now on: by a function, `async` or not, by a value, or by an exception.

        The function gets the step's arguments and may return or raise what the step may. The step's options hold:
        what fails is tried again. `step` is the decorated function, or its id or name. Raises TypeError or ConfigError
        where there is no such step, or the function can't be called as it is.
        """
        given = [one for one in (function, returns, raises) if one is not _UNSET]
        if len(given) != 1:
            raise TypeError("replace() takes one of a function, returns=..., raises=...")
        if function is _UNSET:
            function = _constant(returns) if raises is _UNSET else _failure(raises)
        return self._builds.replace(step, function)

    # --- time

    @property
    def now(self) -> datetime:
        """The present time of workflows and of the store."""
        return datetime_of(self._now_us)

    def advance(self, duration: float | timedelta | str) -> None:
        """Let time pass: seconds, a timedelta, or text such as `"7 days"`. What is due on the way happens then."""
        microseconds = parse_duration(duration)

        async def advanced() -> None:
            await self._settle()
            target = self._loop.time() + microseconds / 1e6
            await self._loop.until(lambda: target)
            await self._settle()

        self._call(advanced)

    # --- trouble

    def crash(self) -> None:
        """Let the worker die, and another one take over: what isn't in the store is lost, and runs are replayed.

        Attempts that were running are spent, as they are when a process is killed.
        """

        async def crashed() -> None:
            await self._kill()
            await self._begin()

        self._call(crashed)

    def describe(self) -> str:
        """Say how each run that hasn't ended stands and what it waits for."""

        async def described() -> str:
            return await describe_all(self._client, self._now_us)

        return self._call(described)

    # --- inside: on the loop's thread, but for `_call`

    def _call(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if self not in _open:
            raise RuntimeError("the environment was closed")
        return self._thread.call(make)

    @property
    def _now_us(self) -> int:
        return self._loop.wall_clock_us()

    async def _begin(self) -> None:
        clock = self._loop.wall_clock_us
        self._store = MemoryStore(self._memory, clock)
        self._client = _Client(self._store, self._builds, self._thread)
        use_client(self._client)
        options = WorkerOptions(parked=self._parked, sweep=FOREVER, heartbeat=FOREVER, grace=0)
        self._worker = Worker(self._store, self._builds, clock, options)
        self._working = self._loop.create_task(self._worker.run(), name="wfc-worker")
        await self._settle()

    async def _end(self) -> None:
        self._worker.stop(now=True)
        await asyncio.wait([self._working])
        await self._store.close()

    async def _kill(self) -> None:
        await self._store.close()
        self._memory.bell.ring()  # whoever rests finds the store gone
        await asyncio.wait([self._working])
        error = self._working.exception()
        if error is not None and not isinstance(error, StoreError):
            raise error

    def _while_busy(self) -> float:
        return FOREVER if self._worker.active else self._loop.time()

    async def _settle(self) -> None:
        """Let everything happen that needs nobody and no time but that of steps."""
        await self._loop.until(self._while_busy)
        if self._working.done():
            self._working.result()

    def _under_way(self) -> UnderWay:
        steps = [step for active in [*self._worker.active.values()] for step in [*active.state.steps.values()]]
        names = sorted(f"{short_name(step.step_id)} #{step.attempt}" for step in steps if step.running)
        return UnderWay(names, [*self._worker.attempts.threads])


class _Client(Client):
    """Refuses to wait where nothing can happen: on a loop of the test's, between two calls of the environment."""

    def __init__(self, store: MemoryStore, builds: TestedBuilds, thread: LoopThread) -> None:
        super().__init__(store, builds, poll=None)
        self._thread = thread

    async def wait_for_news(self, news: asyncio.Event) -> None:
        if self._thread.is_idle:
            raise WaitingError(
                "nothing happens between the calls of an environment: to wait for a run, use get_run(run).result(), "
                "and call(...) for code that waits for one itself"
            )
        await super().wait_for_news(news)


def _constant(value: Any) -> Callable[..., Any]:
    return lambda *args, **kwargs: value


def _failure(error: BaseException | type[BaseException]) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    return fail
