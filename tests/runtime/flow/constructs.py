"""Flows that wait in every construct of the language that runs code on the way out, as the compiler emits them.

`finally`, handlers and `with` items are guarded; `left` collects what the workflow does on its way out of a block.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import wfc
from tests.runtime.memory_run import work
from wfc import flow as _flow

left: list[str] = []


async def in_finally() -> str:
    _wfc_run = _flow.run()
    try:
        try:
            await work("a")
        finally:
            if _wfc_run.live:
                left.append("inner")
                await work("clean")
                left.append("inner done")
    finally:
        if _wfc_run.live:
            left.append("outer")
            await wfc.sleep(1)
    return "end"


async def in_except() -> str:
    _wfc_run = _flow.run()
    for tag in ("a", "b"):
        try:
            await work(tag)
            raise ValueError(tag)
        except BaseException:
            if not _wfc_run.live:
                raise
            left.append(tag)
            await work(f"clean {tag}")
    return "end"


async def in_bare_except() -> str:
    _wfc_run = _flow.run()
    try:
        await work("a")
    except:  # noqa: E722
        if not _wfc_run.live:
            raise
        left.append("bare")
    return str(await work("b"))


async def in_cancelled_error() -> str:
    _wfc_run = _flow.run()
    task = asyncio.create_task(in_finally())
    await work("first")
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        if not _wfc_run.live:
            raise
        left.append("cancelled")
        await work("after")
    return "end"


class Manager:
    async def __aenter__(self) -> str:
        return str(await work("enter"))

    async def __aexit__(self, *_: object) -> bool:
        left.append("aexit")
        await work("exit")
        return True


async def in_async_with() -> str:
    _wfc_run = _flow.run()
    async with _flow.cm(_wfc_run, Manager()) as entered:
        await work("body")
        raise ValueError("swallowed by the manager")
    return f"end {entered}"


@contextlib.contextmanager
def managed(name: str) -> Iterator[str]:
    _wfc_run = _flow.run()
    try:
        yield name
    finally:
        if _wfc_run.live:
            left.append(name)


async def in_contextmanager() -> str:
    _wfc_run = _flow.run()
    with _flow.cm(_wfc_run, managed("outer")), _flow.cm(_wfc_run, contextlib.suppress(ValueError)):
        await work("a")
        raise ValueError("suppressed")
    return str(await work("b"))


@contextlib.asynccontextmanager
async def async_managed() -> AsyncIterator[str]:
    _wfc_run = _flow.run()
    entered = str(await work("enter"))
    try:
        yield entered
    except ValueError:
        if not _wfc_run.live:
            raise
        left.append("caught")
        await work("exit")


async def in_asynccontextmanager() -> str:
    _wfc_run = _flow.run()
    async with _flow.cm(_wfc_run, async_managed()) as entered:
        await work("body")
        raise ValueError("caught by the manager")
    return f"end {entered}"


async def in_exit_stack() -> str:
    _wfc_run = _flow.run()
    with _flow.cm(_wfc_run, _flow.ExitStack()) as stack:
        stack.callback(left.append, "callback")
        stack.enter_context(managed("entered"))
        await work("a")
    return str(await work("b"))


async def in_async_exit_stack() -> str:
    _wfc_run = _flow.run()
    async with _flow.cm(_wfc_run, _flow.AsyncExitStack()) as stack:
        stack.push_async_callback(work, "pushed")
        stack.callback(left.append, "callback")
        await stack.enter_async_context(async_managed())
        await work("body")
    return "end"


async def in_unguarded_exit_stack() -> str:
    """A stack that isn't a `with` item, as a library or a class of the user's may hold one."""
    stack = _flow.ExitStack()
    stack.callback(left.append, "callback")
    await work("a")
    await work("b")
    stack.close()
    return "end"


async def numbers() -> AsyncIterator[int]:
    _wfc_run = _flow.run()
    try:
        for n in range(3):
            yield n
            await work(f"between {n}")
    finally:
        if _wfc_run.live:
            left.append("generator")
            await work("clean")


async def in_async_generator() -> str:
    total = 0
    async for n in numbers():
        total += n
        await work(f"body {n}")
    async for n in numbers():
        if n == 1:
            break
    return str(total)


async def in_nested_functions() -> str:
    _wfc_run = _flow.run()

    async def inner(depth: int) -> str:
        _wfc_run = _flow.run()
        try:
            return await inner(depth - 1) if depth else str(await work("deep"))
        finally:
            if _wfc_run.live:
                left.append(f"depth {depth}")
                await work(f"clean {depth}")

    try:
        return await inner(3)
    finally:
        if _wfc_run.live:
            left.append("outermost")


async def in_a_loop_that_swallows() -> str:
    _wfc_run = _flow.run()
    done = 0
    while True:
        try:
            await work(f"try {done}")
            done += 1
            if done == 3:
                break
        except:  # noqa: E722
            if not _wfc_run.live:
                raise
    return str(done)


async def in_tasks() -> str:
    _wfc_run = _flow.run()

    async def one(name: str) -> None:
        _wfc_run = _flow.run()
        try:
            await work(name)
            await wfc.sleep(1)
        finally:
            if _wfc_run.live:
                left.append(name)

    async with _flow.cm(_wfc_run, asyncio.TaskGroup()) as group:
        group.create_task(one("a"))
        group.create_task(one("b"))
    await asyncio.gather(one("c"), one("d"))
    await asyncio.wait([asyncio.create_task(one("e"))])
    return "end"


async def in_a_lock() -> str:
    _wfc_run = _flow.run()
    lock, condition, gate = asyncio.Lock(), asyncio.Condition(), asyncio.Semaphore(1)

    async def one(name: str) -> None:
        _wfc_run = _flow.run()
        async with _flow.cm(_wfc_run, lock), _flow.cm(_wfc_run, gate):
            await work(name)
        async with _flow.cm(_wfc_run, condition):
            condition.notify_all()

    async with _flow.cm(_wfc_run, condition):
        tasks = [asyncio.create_task(one(name)) for name in "ab"]
        await condition.wait()
    await asyncio.gather(*tasks)
    return "end"


async def in_timeouts() -> str:
    _wfc_run = _flow.run()
    try:
        async with _flow.cm(_wfc_run, asyncio.timeout(5)):
            await work("slow")
            await wfc.sleep(60)
    except TimeoutError:
        if not _wfc_run.live:
            raise
        left.append("timed out")
    try:
        await _flow.wait_for(wfc.sleep(60), 1)
    except TimeoutError:
        if not _wfc_run.live:
            raise
        left.append("timed out again")
    return str(await asyncio.shield(asyncio.create_task(work("last"))))


@dataclass
class Held:
    call: Any
    more: dict[str, Any] = field(default_factory=dict)


async def with_calls_not_awaited_yet() -> str:
    """Coroutines that wait for their turn in containers and objects."""
    calls = deque([work("x"), work("y")])
    held = Held(work("z"), {"deep": [work("w")]})
    for tag in ("a", "b"):
        await work(tag)
    for call in (*calls, held.call, *held.more["deep"]):
        await call
    return "end"


async def with_a_closure() -> str:
    call = work("inside")

    async def inner() -> str:
        await work("a")
        return str(await call)

    return await inner()


@dataclass
class Ping(wfc.BaseHook):
    n: int


async def in_a_hook() -> str:
    _wfc_run = _flow.run()
    seen = 0
    async with _flow.cm(_wfc_run, Ping.wait(token="t")) as hook:
        async for _ in hook:
            seen += 1
            if seen == 3:
                break
            await work(f"seen {seen}")
    return str(seen)


FLOWS: list[Callable[[], Awaitable[str]]] = [
    in_finally,
    in_except,
    in_bare_except,
    in_cancelled_error,
    in_async_with,
    in_contextmanager,
    in_asynccontextmanager,
    in_exit_stack,
    in_async_exit_stack,
    in_unguarded_exit_stack,
    in_async_generator,
    in_nested_functions,
    in_a_loop_that_swallows,
    in_tasks,
    in_a_lock,
    in_timeouts,
    with_calls_not_awaited_yet,
    with_a_closure,
    in_a_hook,
]
