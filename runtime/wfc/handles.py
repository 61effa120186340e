"""What host code calls: `start`, `get_run`, `get_hook_by_token`, and the `Run` handle.

Thin over `client.py`. Every call that waits has a synchronous twin for frameworks that aren't async; the twins run the
same code on an event loop of their own, with a store connection of their own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeVar

from .client import Client, HookInfo, client_for, client_here, close_clients
from .codec import Codec, SignatureCodec
from .codec.raised import rebuild_exception
from .context import current_run
from .errors import RunExpiredError, WorkflowCancelledError, WorkflowRunFailedError
from .web import not_found_as_404

if TYPE_CHECKING:
    from .registry import Workflow

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


class Run(Generic[T]):
    """A handle to a run, by its id. Making one reads nothing.

    `source` is a class or function of the project whose store holds the run; without it the store is looked for as for
    any process that names no project. `decode` reads the run's result.
    """

    def __init__(self, run_id: str, *, source: Any = None, decode: Callable[[bytes], T] | None = None) -> None:
        self.run_id = run_id
        self._source = source
        self._decode: Callable[[bytes], Any] = decode or Codec().decode

    async def status(self) -> str:
        """Return pending, running, completed, failed or cancelled. Raises RunNotFoundError."""
        with not_found_as_404():
            return (await self._client().store.run(self.run_id)).status

    async def return_value(self) -> T:
        """Wait for the run's end and return what the workflow returned.

        Raises WorkflowRunFailedError with the workflow's exception as `__cause__`, or WorkflowCancelledError.
        """
        client = self._client()
        with not_found_as_404():
            run = await client.wait(self.run_id)
        if run.status == "completed":
            return self._decode(run.output or b"")  # type: ignore[no-any-return]
        if run.status == "cancelled":
            raise WorkflowCancelledError(self.run_id, await self._cancel_reason(client))
        cause = rebuild_exception(run.error or b"", Codec())
        raise WorkflowRunFailedError(self.run_id, f"{type(cause).__name__}: {cause}") from cause

    def result_sync(self) -> T:
        """Do what `return_value` does, from code that isn't async."""
        return run_sync(self.return_value)

    async def cancel(self, reason: str | None = None) -> None:
        """Ask the run to end: CancelledError is raised where the workflow waits, and it may clean up. Durable on
        return.

        RunExpiredError when it has ended.
        """
        await self._post("cancel", reason)

    async def terminate(self, reason: str | None = None) -> None:
        """End the run without running any more of its code. RunExpiredError when it has ended."""
        await self._post("terminate", reason)

    async def _post(self, kind: Literal["cancel", "terminate"], reason: str | None) -> None:
        with not_found_as_404():
            run = await self._client().store.post(self.run_id, kind, {"reason": reason})
        if run.is_terminal:
            raise RunExpiredError(f"run {self.run_id!r} has ended: it is {run.status}")

    async def _cancel_reason(self, client: Client) -> str | None:
        for event in reversed(await client.store.events(self.run_id)):
            if event.type == "run_cancelled":
                reason = event.data.get("reason")
                return reason if isinstance(reason, str) else None
        return None

    def _client(self) -> Client:
        _refuse_in_workflow("a run's methods")
        return client_here() if self._source is None else client_for(self._source)

    def __repr__(self) -> str:
        return f"<Run {self.run_id}>"


@dataclass(frozen=True, slots=True)
class StartOptions:
    """How to start a run: `await start_options(idempotency_key="order-7").start(workflow, ...)`."""

    run_id: str | None = None
    idempotency_key: str | None = None

    async def start(self, workflow: Workflow[P, T], *args: P.args, **kwargs: P.kwargs) -> Run[T]:
        """Start the workflow, or find the run that the same id or key has started with the same arguments.

        EntityConflictError where that run has another workflow or other arguments.
        """
        _refuse_in_workflow("start()")
        signature = SignatureCodec(workflow.func, Codec())

        def encode() -> bytes:
            encoded = signature.encode_args(args, kwargs)
            signature.decode_args(encoded)  # what doesn't fit is the caller's error, not a run that fails
            return encoded

        run = await client_for(workflow.func).start(
            workflow.workflow_id,
            encode,
            run_id=self.run_id,
            idempotency_key=self.idempotency_key,
        )
        return Run(run.run_id, source=workflow.func, decode=signature.decode_result)


def start_options(*, run_id: str | None = None, idempotency_key: str | None = None) -> StartOptions:
    """Return options to start with. A repeated start with the same id or key and arguments gives the same run."""
    return StartOptions(run_id, idempotency_key)


async def start(workflow: Workflow[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Run[T]:
    """Start a run of the project's current build and return its handle; the run is durable on return.

    A worker (`wfc worker`, `wfc run`) executes it. Raises TypeError or TypeValidationError for arguments that don't
    fit, ConfigError when nothing is built.
    """
    return await StartOptions().start(workflow, *args, **kwargs)


def start_sync(workflow: Workflow[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Run[T]:
    """Do what `start` does, from code that isn't async."""
    return run_sync(lambda: StartOptions().start(workflow, *args, **kwargs))


def get_run(run_id: str, *, type: Any = Any) -> Run[Any]:
    """Return a handle to a run; `type` is what its result is validated as."""
    return Run(run_id, decode=lambda data: Codec().decode(data, type))


async def get_hook_by_token(token: str) -> HookInfo:
    """Return the live hook that holds the token. Raises HookNotFoundError."""
    with not_found_as_404():
        return await client_here().hook(token)


def run_sync(call: Callable[[], Awaitable[R]]) -> R:
    """Run an async call to its end from synchronous code, also where an event loop runs in this thread."""
    outcome: list[R] = []
    failure: list[BaseException] = []

    def drive() -> None:
        try:
            outcome.append(asyncio.run(_awaited(call)))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread below
            failure.append(error)

    thread = threading.Thread(target=drive, name="wfc-sync")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


async def _awaited(call: Callable[[], Awaitable[R]]) -> R:
    try:
        return await call()
    finally:
        await close_clients()


def _refuse_in_workflow(what: str) -> None:
    if current_run.get() is not None:
        raise RuntimeError(f"{what} can't be used in a workflow yet: call it in a step")
