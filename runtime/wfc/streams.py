"""Streams: what a run's steps write while it goes on, for whoever follows it.

    writer = wfc.get_writable()                     in a step (in a workflow: to be passed to one)
    await writer.write("token")
    async for chunk in run.readable(): ...          anywhere else

Streams are no part of a run's log: a step that is retried writes again, and a replay reads none of it. Chunks are kept
in the order in which they were written, numbered from 0, as values of the codec. Nothing closes a stream implicitly;
readers come to an end when it was closed, or when the run has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from .codec import Codec, serializable
from .context import current_run, current_step
from .errors import StreamClosedError

if TYPE_CHECKING:
    from .client import Client

T = TypeVar("T")
S = TypeVar("S")

DEFAULT = "default"
_LONGEST_NAME = 256
_MOST_BUFFERED_BYTES = 1 << 20
_CHUNKS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream of a run: its name, how many chunks it has so far, and whether it was closed."""

    name: str
    chunks: int
    closed: bool


@serializable(class_id="wfc:WorkflowWritable")
class WorkflowWritable(Generic[T]):
    """A handle to a run's stream. A workflow passes it to steps and to child runs; steps write to it."""

    def __init__(self, run_id: str, namespace: str | None = None) -> None:
        self.run_id = run_id
        self.name = stream_name(namespace)

    def with_type(self, type: type[S]) -> WorkflowWritable[S]:
        """Return this stream as one of values of a type, for the reader and for type checkers."""
        return cast("WorkflowWritable[S]", self)

    async def write(self, value: T) -> None:
        """Append a value. It may be durable only after `drain`, which the end of a step implies.

        Raises SerializationError for what the codec can't write, StreamClosedError after `close`.
        """
        await self._writer().write(value)

    async def write_from(self, values: AsyncIterable[T] | Iterable[T]) -> None:
        """Append all values of an iterable, as they come."""
        writer = self._writer()
        if isinstance(values, AsyncIterable):
            async for value in values:
                await writer.write(value)
        else:
            for value in values:
                await writer.write(value)

    async def drain(self) -> None:
        """Wait until all that was written is durable. Raises StreamClosedError, StoreError."""
        await self._writer().drain()

    async def close(self) -> None:
        """Write what is left and say that nothing follows; idempotent, durable on return."""
        await self._writer().close()

    def write_sync(self, value: T) -> None:
        """Append a value from a `def` step; durable on return."""
        from .handles import run_sync

        writer = StreamWriter(self.run_id, self.name)
        run_sync(lambda: writer.write_through(value))

    def close_sync(self) -> None:
        """Do what `close` does, from a `def` step."""
        from .handles import run_sync

        run_sync(StreamWriter(self.run_id, self.name).close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the stream; where the block has failed only write what is left, since a retry goes on writing."""
        await (self.close() if error is None else self.drain())

    def _writer(self) -> StreamWriter:
        if current_run.get() is not None:
            raise RuntimeError(f"a workflow can't write to its stream {self.name!r}: pass the handle to a step")
        step = current_step.get()
        if step is None:
            return StreamWriter(self.run_id, self.name, through=True)
        writer = step.writers.get((self.run_id, self.name))
        if writer is None:
            writer = StreamWriter(self.run_id, self.name, again=step.attempt > 1)
            step.writers[self.run_id, self.name] = writer
        return writer

    def _workflow_serialize(self) -> dict[str, str]:
        return {"runId": self.run_id, "name": self.name}

    @classmethod
    def _workflow_deserialize(cls, data: dict[str, str]) -> Self:
        return cls(data["runId"], data["name"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WorkflowWritable) and (self.run_id, self.name) == (other.run_id, other.name)

    def __hash__(self) -> int:
        return hash((self.run_id, self.name))

    def __repr__(self) -> str:
        return f"<WorkflowWritable {self.name!r} of {self.run_id}>"


class StreamWriter:
    """Appends to one stream, in batches: what is written during a commit goes into the next one.

    With `through`, each write is durable on return: there is no step whose end could wait for it. With `again`, an
    attempt before this one may have closed the stream and died before that was known: what it has told is not told
    once more.
    """

    def __init__(self, run_id: str, name: str, *, through: bool = False, again: bool = False) -> None:
        self._run_id = run_id
        self._name = name
        self._through = through
        self._may_be_closed = again
        self._waiting: list[bytes] = []
        self._size = 0
        self._flushing: asyncio.Task[None] | None = None

    async def write(self, value: object) -> None:
        """Append a value; see WorkflowWritable."""
        from .client import user_codec

        chunk = user_codec.encode(value, f"a chunk of stream {self._name!r}")
        self._waiting.append(chunk)
        self._size += len(chunk)
        if self._flushing is None or self._flushing.done():
            self._raise_failure()
            self._flushing = asyncio.get_running_loop().create_task(self._flush(), name=f"wfc-stream-{self._name}")
        if self._through or self._size > _MOST_BUFFERED_BYTES:
            await self.drain()

    async def write_through(self, value: object) -> None:
        """Append a value, durably."""
        await self.write(value)
        await self.drain()

    async def drain(self) -> None:
        """Wait until all that was written is durable; raises what writing it has raised."""
        while self._flushing is not None and not self._flushing.done():
            await asyncio.wait([self._flushing])
        self._raise_failure()

    async def close(self) -> None:
        """Write what is left, and the end."""
        await self.drain()
        await _client().store.write_chunks(self._run_id, self._name, [], close=True)
        self._may_be_closed = False

    async def _flush(self) -> None:
        while self._waiting:
            chunks, self._waiting, self._size = self._waiting, [], 0
            try:
                await _client().store.write_chunks(self._run_id, self._name, chunks)
            except StreamClosedError:
                if not self._may_be_closed:
                    raise

    def _raise_failure(self) -> None:
        """Raise what the last commit has raised, once."""
        failed, self._flushing = self._flushing, None
        if failed is not None:
            failed.result()


def get_writable(
    *, type: Any = None, namespace: str | None = None, reentrant_ctx_on_err: bool = True
) -> WorkflowWritable[Any]:
    """Return a handle to a stream of the run: its default one, or the one with a name of its own.

    `type` is for the reader of the code; values are written as they are. `reentrant_ctx_on_err` is accepted for source
    compatibility with the Workflow SDK: a block that fails never closes the stream. RuntimeError outside a workflow and
    a step.
    """
    flow, step = current_run.get(), current_step.get()
    if flow is not None:
        return WorkflowWritable(flow.run_id, namespace)
    if step is not None:
        return WorkflowWritable(step.run_id, namespace)
    raise RuntimeError("get_writable() only works in a workflow or in a step that a worker runs")


async def read_stream(run_id: str, name: str, *, type: Any = Any, start_index: int | None = None) -> AsyncIterator[Any]:
    """Follow a stream of a run: yield its values from an index on (negative: so many from its present end).

    Ends when the stream was closed, or the run has ended. Raises RunNotFoundError, and TypeValidationError for a value
    that isn't of the `type`.
    """
    async for data in follow(_client(), run_id, name, start_index):
        yield Codec().decode(data, type)


async def follow(client: Client, run_id: str, name: str, start_index: int | None) -> AsyncIterator[bytes]:
    """Yield the encoded chunks of a stream; see `read_stream`."""
    if current_run.get() is not None:
        raise RuntimeError("a workflow can't read streams: a replay would read something else; read them in a step")
    store = client.store
    news = store.subscribe()
    try:
        index = await _first(client, run_id, name, start_index)
        while True:
            news.clear()
            ended = await _has_ended(client, run_id, name)
            chunks = await store.chunks(run_id, name, index, _CHUNKS_AT_ONCE)
            for chunk in chunks:
                yield chunk.data
                index = chunk.index + 1
            if not chunks and ended:
                return
            if not chunks:
                await client.wait_for_news(news)
    finally:
        store.unsubscribe(news)


async def _first(client: Client, run_id: str, name: str, start_index: int | None) -> int:
    if start_index is None or start_index >= 0:
        return start_index or 0
    count = next((stream.chunks for stream in await client.store.streams(run_id) if stream.name == name), 0)
    return max(0, count + start_index)


async def _has_ended(client: Client, run_id: str, name: str) -> bool:
    run = await client.store.run(run_id)
    return run.is_terminal or any(one.closed for one in await client.store.streams(run_id) if one.name == name)


def stream_name(namespace: str | None) -> str:
    """Return the name of the stream for a namespace. Raises ValueError for one that can't be a name."""
    if namespace is None:
        return DEFAULT
    if not namespace or len(namespace) > _LONGEST_NAME:
        raise ValueError(f"stream namespace {namespace[:40]!r}: a name has 1 to {_LONGEST_NAME} characters")
    return namespace


def _client() -> Client:
    from .client import client_here  # which a step's route that writes no stream does without

    return client_here()
