"""What starts and follows runs: `start`, `get_run`, `get_hook_by_token`, and the `Run` handle.

Thin over `client.py` in host code and in steps, and over the flow's `children` in the body of a workflow, where all of
it is durable. Every call that waits has a synchronous twin for frameworks that aren't async; the twins run the same
code on an event loop of their own, with a store connection of their own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, TypeVar

from .children import ChildOptions, RunEnd
from .client import Client, HookInfo, client_for, client_here, close_clients
from .codec import Codec, SignatureCodec
from .codec.raised import rebuild_exception
from .context import current_run
from .errors import RunNotFoundError, WorkflowCancelledError, WorkflowRunFailedError
from .limits import check_attribute_count, check_attributes, check_chosen
from .streams import StreamInfo, follow, stream_name
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
        flow = current_run.get()
        if flow is not None:
            status = await flow.children.status(self.run_id)
            if status is None:
                raise RunNotFoundError(self.run_id)
            return status
        with not_found_as_404():
            return (await self._client("status").store.run(self.run_id)).status

    async def return_value(self) -> T:
        """Wait for the run's end and return what the workflow returned.

        Raises WorkflowRunFailedError with the workflow's exception as `__cause__`, or WorkflowCancelledError.
        """
        flow = current_run.get()
        if flow is not None:
            end = await flow.children.end(self.run_id)
            if end is None:
                raise RunNotFoundError(self.run_id)
            return self._value_of(end, flow.route.codec)
        client = self._client("return_value")
        with not_found_as_404():
            run = await client.wait(self.run_id)
        reason = await self._cancel_reason(client) if run.status == "cancelled" else None
        return self._value_of(RunEnd(run.status, run.output if run.error is None else run.error, reason), Codec())

    def _value_of(self, end: RunEnd, codec: Codec) -> T:
        if end.status == "completed":
            return self._decode(end.payload or b"")  # type: ignore[no-any-return]  # of the workflow's type
        if end.status == "cancelled":
            raise WorkflowCancelledError(self.run_id, end.reason)
        cause = rebuild_exception(end.payload or b"", codec)
        raise WorkflowRunFailedError(self.run_id, f"{type(cause).__name__}: {cause}") from cause

    def result_sync(self) -> T:
        """Do what `return_value` does, from code that isn't async."""
        return run_sync(self.return_value)

    async def attributes(self) -> dict[str, str]:
        """Return the run's attributes. Raises RunNotFoundError; RuntimeError in a workflow."""
        client = self._client("attributes")
        with not_found_as_404():
            await client.store.run(self.run_id)
        return await client.store.attributes(self.run_id)

    async def readable(
        self, *, type: Any = Any, namespace: str | None = None, start_index: int | None = None
    ) -> AsyncIterator[Any]:
        """Follow a stream of the run; see `read_stream`."""
        async for data in follow(self._client("readable"), self.run_id, stream_name(namespace), start_index):
            yield Codec().decode(data, type)

    async def readable_bytes(
        self, *, namespace: str | None = None, start_index: int | None = None
    ) -> AsyncIterator[bytes]:
        """Follow a stream of bytes or text, which comes as UTF-8. Raises TypeError for any other value in it."""
        async for value in self.readable(namespace=namespace, start_index=start_index):
            if not isinstance(value, bytes | str):
                kind = type(value).__name__
                raise TypeError(f"the stream holds a value of type {kind}, no bytes or text: follow it with readable()")
            yield value.encode() if isinstance(value, str) else value

    async def list_streams(self) -> list[StreamInfo]:
        """Return the streams that the run has so far, by name. Raises RunNotFoundError."""
        client = self._client("list_streams")
        with not_found_as_404():
            await client.store.run(self.run_id)
        return [StreamInfo(one.name, one.chunks, one.closed) for one in await client.store.streams(self.run_id)]

    async def stream_info(self, namespace: str | None = None) -> StreamInfo:
        """Return how far a stream has come; one that nobody has written to has no chunks. Raises RunNotFoundError."""
        name = stream_name(namespace)
        return next((one for one in await self.list_streams() if one.name == name), StreamInfo(name, 0, closed=False))

    async def cancel(self, reason: str | None = None) -> None:
        """Ask the run to end: CancelledError is raised where the workflow waits, and it may clean up. Durable on
        return; in a workflow, with whatever it asks for next.

        RunExpiredError when it has ended; in a workflow nothing happens then.
        """
        await self._end("cancel", reason)

    async def terminate(self, reason: str | None = None) -> None:
        """End the run without running any more of its code. Durable and refused as `cancel` is."""
        await self._end("terminate", reason)

    async def _end(self, kind: Literal["cancel", "terminate"], reason: str | None) -> None:
        flow = current_run.get()
        if flow is not None:
            flow.children.end_run(self.run_id, kind, reason)
            return
        with not_found_as_404():
            await self._client(kind).end_run(self.run_id, kind, reason)

    async def _cancel_reason(self, client: Client) -> str | None:
        for event in reversed(await client.store.events(self.run_id)):
            if event.type == "run_cancelled":
                reason = event.data.get("reason")
                return reason if isinstance(reason, str) else None
        return None

    def _client(self, method: str) -> Client:
        if current_run.get() is not None:
            raise RuntimeError(f"Run.{method}() can't be used in a workflow: call it in a step")
        return client_here() if self._source is None else client_for(self._source)

    def __repr__(self) -> str:
        return f"<Run {self.run_id}>"


@dataclass(frozen=True, slots=True)
class StartOptions:
    """How to start a run: `await start_options(idempotency_key="order-7").start(workflow, ...)`."""

    run_id: str | None = None
    idempotency_key: str | None = None
    attributes: Mapping[str, str] | None = None

    async def start(self, workflow: Workflow[P, T], *args: P.args, **kwargs: P.kwargs) -> Run[T]:
        """Start the workflow, or find the run that the same id or key has started with the same arguments.

        EntityConflictError where that run has another workflow or other arguments. Attributes are those of a new run.
        """
        _check_workflow(workflow)
        check_chosen(self.run_id, self.idempotency_key)
        attributes = dict(self.attributes or {})
        check_attributes(attributes)
        check_attribute_count(len(attributes))
        flow = current_run.get()
        if flow is not None:
            of_child = flow.route.signature_for(workflow.workflow_id, workflow.func)
            encoded = of_child.encode_args(args, kwargs)
            of_child.decode_args(encoded)
            options = ChildOptions(self.run_id, self.idempotency_key, attributes)
            run_id = await flow.children.start(workflow.workflow_id, encoded, options)
            return Run(run_id, source=workflow.func, decode=of_child.decode_result)
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
            attributes=attributes,
        )
        return Run(run.run_id, source=workflow.func, decode=signature.decode_result)


def _check_workflow(given: object) -> None:
    """Refuse what isn't a workflow. By its attribute: the class of an imported `vercel` workflow is another."""
    if not hasattr(given, "workflow_id"):
        raise TypeError(f"start() takes a workflow, a function with @wf.workflow, not {given!r}")


def start_options(
    *,
    run_id: str | None = None,
    idempotency_key: str | None = None,
    attributes: Mapping[str, str] | None = None,
) -> StartOptions:
    """Return options to start with. A repeated start with the same id or key and arguments gives the same run.

    `attributes` can be searched for (`wfc list`); see `set_attributes`.
    """
    return StartOptions(run_id, idempotency_key, attributes)


async def start(workflow: Workflow[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Run[T]:
    """Start a run of the project's current build and return its handle; the run is durable on return.

    A worker (`wfc worker`, `wfc run`) executes it. In a workflow it starts a child run: of the same build, once,
    however often the workflow is replayed; it is durable with whatever the workflow asks for next.

    Raises TypeError or TypeValidationError for arguments that don't fit, ConfigError when nothing is built.
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
