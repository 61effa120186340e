"""`Workflows`, and the objects that its decorators make of functions.

Comes in: the user's functions. Goes out: `Step` and `Workflow` objects that know their ids. Making them has no side
effect and registers nothing anywhere: the compiler has read the same decorators from the source, and the manifest is
the registry. The same classes serve three places: host code (where a step is an ordinary function), a step's route,
and a flow's route (where calling a step asks the engine for it).
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, overload

from .context import current_run
from .duration import Duration, parse_duration
from .loading import original_name

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """How long to wait before further attempts: `initial * factor**n`, at most `max`, each times a random fraction.

    Durations are seconds, timedelta or text such as `"10s"`. `jitter=False` waits the full time.
    """

    initial: Duration = 1.0
    factor: float = 2.0
    max: Duration = 60.0
    jitter: bool = True


@dataclass(frozen=True, slots=True)
class SandboxPolicy:
    """Accepted for source compatibility with the Workflow SDK; wfc has no sandbox, so it has no effect."""

    passthrough_modules: frozenset[str] = frozenset()
    share_sandboxes: bool = False
    cleanups: tuple[Any, ...] = ()


class Step(Generic[P, T]):
    """A unit of durable work. Calling it gives a coroutine, in a workflow and outside."""

    def __init__(
        self,
        func: Callable[P, Any],
        *,
        max_retries: int = 3,
        timeout: Duration | None = None,
        cancellable: bool = False,
        retry: Retry | None = None,
    ) -> None:
        self.__wrapped__ = func
        self.max_retries = max_retries
        self.cancellable = cancellable
        self.timeout_us = None if timeout is None else parse_duration(timeout)
        self.retry = retry or Retry()
        self.id = f"step//{original_name(func.__module__)}//{func.__qualname__}"
        functools.update_wrapper(self, func)

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run durably when called in a workflow; anywhere else just run the body, without retries."""
        run = current_run.get()
        if run is not None:
            return await run.call_step(self, args, kwargs)  # type: ignore[no-any-return]  # the step's own
        result = self.__wrapped__(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result  # type: ignore[no-any-return]  # the step's own

    @property
    def func(self) -> Callable[P, Any]:
        """The plain function, without retries or record. RuntimeError in a workflow, whose copy of it has no body."""
        if current_run.get() is not None:
            name = self.__wrapped__.__name__
            raise RuntimeError(f"{name}.func can't be used in a workflow: await {name}(...), which runs it durably")
        return self.__wrapped__

    def __repr__(self) -> str:
        return f"<Step {self.id}>"


class Workflow(Generic[P, T]):
    """A durable function. Start it with `await start(workflow, ...)`; inside another workflow, call it."""

    def __init__(self, func: Callable[P, Coroutine[Any, Any, T]]) -> None:
        self.func = func
        self.workflow_id = f"workflow//{original_name(func.__module__)}//{func.__qualname__}"
        functools.update_wrapper(self, func)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """Run inline in the caller's history, inside a workflow; elsewhere a workflow has to be started."""
        if current_run.get() is None:
            name = self.func.__name__
            raise RuntimeError(f"a workflow isn't called here but started: `await start({name}, ...)`")
        return self.func(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<Workflow {self.workflow_id}>"


class StepDecorator(Protocol):
    """What `@wf.step(...)` with options gives: the function becomes a step."""

    @overload
    def __call__(self, func: Callable[P, Coroutine[Any, Any, T]], /) -> Step[P, T]: ...
    @overload
    def __call__(self, func: Callable[P, T], /) -> Step[P, T]: ...


class WorkflowDecorator(Protocol):
    """What `@wf.workflow()` gives."""

    def __call__(self, func: Callable[P, Coroutine[Any, Any, T]], /) -> Workflow[P, T]:
        """Make the function a workflow."""
        ...


class Workflows:
    """A registry: the object whose decorators mark steps and workflows.

    `namespace` matches `^[a-z][a-z0-9]*$`. `as_vercel_job` and `sandbox_policy` are accepted for source compatibility
    with the Workflow SDK and have no effect. Several registries in one project are fine.
    """

    def __init__(
        self,
        *,
        namespace: str | None = None,
        as_vercel_job: bool = True,
        sandbox_policy: SandboxPolicy | None = None,
    ) -> None:
        if namespace is not None and not re.fullmatch(r"[a-z][a-z0-9]*", namespace):
            raise ValueError(f"namespace {namespace!r} must be lowercase letters and digits, starting with a letter")
        self.namespace = namespace

    @overload
    def workflow(self, func: Callable[P, Coroutine[Any, Any, T]], /) -> Workflow[P, T]: ...
    @overload
    def workflow(self, /) -> WorkflowDecorator: ...
    def workflow(self, func: Callable[..., Any] | None = None, /) -> Any:
        """Mark an `async def` function at module level as a workflow; with or without parentheses."""
        return Workflow if func is None else Workflow(func)

    @overload
    def step(self, func: Callable[P, Coroutine[Any, Any, T]], /) -> Step[P, T]: ...
    @overload
    def step(self, func: Callable[P, T], /) -> Step[P, T]: ...
    @overload
    def step(
        self,
        /,
        *,
        max_retries: int = 3,
        timeout: Duration | None = None,
        cancellable: bool = False,
        retry: Retry | None = None,
    ) -> StepDecorator: ...
    def step(self, func: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Mark a function at module level as a step.

        `max_retries=3` means up to four attempts; `timeout` bounds one attempt and counts as a failure; `retry` sets
        the pause before further attempts. Where the task that waits for a `cancellable` step (an `async def` one) is
        cancelled, or the run ends, `asyncio.CancelledError` is raised in its body; what it then returns or raises is
        what the task gets.
        """
        if func is None:
            return lambda decorated: Step(decorated, **options)
        return Step(func)
