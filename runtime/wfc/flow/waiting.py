"""Replacements for the two asyncio functions whose behaviour differs between processes or Python versions.

`asyncio.wait_for` makes a task of its own on 3.11 and none from 3.12 on, so a run that moves between them would
diverge; `asyncio.as_completed` keeps coroutines in a set, which iterates by address. Lowered code calls these
instead. The rest of asyncio is used as it is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Coroutine, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


async def wait_for(fut: Awaitable[T], timeout: float | None) -> T:  # noqa: ASYNC109 - asyncio's own signature
    """Await `fut` for at most `timeout` seconds; cancel it and raise TimeoutError then (CPython 3.12's semantics)."""
    if timeout is not None and timeout <= 0:
        future = asyncio.ensure_future(fut)
        if future.done():
            return future.result()
        future.cancel()
        try:
            await _settled(future)
            return future.result()
        except asyncio.CancelledError as error:
            raise TimeoutError from error
    async with asyncio.timeout(timeout):
        return await fut


def as_completed(fs: Iterable[Awaitable[T]], *, timeout: float | None = None) -> Iterator[Coroutine[Any, Any, T]]:
    """Yield awaitables that give the results in the order in which they arrive; tasks are made in the given order."""
    if isinstance(fs, Awaitable):
        raise TypeError(f"expect an iterable of futures, not {type(fs).__name__}")
    loop = asyncio.get_running_loop()
    done: deque[asyncio.Future[T] | None] = deque()
    arrived = asyncio.Event()
    todo = list(dict.fromkeys(asyncio.ensure_future(item) for item in fs))

    def on_completion(future: asyncio.Future[T]) -> None:
        done.append(future)
        arrived.set()

    def on_timeout() -> None:
        done.extend([None] * len(todo))
        arrived.set()

    for future in todo:
        future.add_done_callback(on_completion)
    timer = None if timeout is None else loop.call_later(timeout, on_timeout)

    async def next_result() -> T:
        while not done:
            arrived.clear()
            await arrived.wait()
        future = done.popleft()
        if future is None:
            raise TimeoutError
        if timer is not None and all(item.done() for item in todo):
            timer.cancel()
        return future.result()

    for _ in todo:
        yield next_result()


async def _settled(future: asyncio.Future[Any]) -> None:
    while not future.done():
        await asyncio.wait([future])
