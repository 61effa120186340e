"""Putting a run aside runs none of the workflow's own code, at whatever it waits; and a replay goes on as if nothing
had happened.

Each flow below is written as the compiler emits it: guarded `finally`, handlers and `with` items. `left` collects what
the workflow does on its way out of a block.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import sys
import warnings
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

import wfc
from tests.runtime.memory_run import MemoryRun, work
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


def next_move(run: MemoryRun) -> None:
    """Let the next thing happen, in a fixed order: the oldest step, a payload, the next wait."""
    if run.running:
        run.succeed(f"result of {run.argument(run.running[0])}")
    elif run.state.tokens:
        run.pay({"n": 1})
    else:
        run.fire()


@pytest.fixture
def noise(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Collect what shows that coroutines ended badly: warnings, unraisable exceptions, asyncio's complaints."""
    found: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: found.append(f"unraisable {args.exc_value!r}"))
    caplog.set_level(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", lambda message, *_args, **_kw: found.append(str(message)))
        yield found
        found += caplog.messages


def evicted_after(flow: Callable[[], Awaitable[str]], moves: int) -> MemoryRun:
    run = MemoryRun(flow).begin()
    for _ in range(moves):
        next_move(run)
    return run


@pytest.mark.parametrize("flow", FLOWS)
def test_eviction_runs_no_code_of_the_workflow(flow: Callable[[], Awaitable[str]], noise: list[str]) -> None:
    """At every suspension: nothing runs, nothing is asked for, nothing complains, and a replay ends alike."""
    whole = MemoryRun(flow).begin()
    moves = 0
    while not whole.ended:
        next_move(whole)
        moves += 1
    assert moves >= 2
    expected = [(event.type, event.call_id, event.payload) for event in whole.log]
    for at in range(moves):
        run = evicted_after(flow, at)
        left.clear()
        run.state.flow.evict()
        assert run.state.flow.take_effects() == []
        log = run.replayed  # the log outlives the coroutines
        del run
        gc.collect()
        assert left == [], f"code of the workflow ran on eviction after {at} moves"
        again = log()
        while not again.ended:
            next_move(again)
        assert [(event.type, event.call_id, event.payload) for event in again.log] == expected
        assert again.result == whole.result
    gc.collect()
    assert noise == []


def test_a_generator_collected_late_stays_silent(noise: list[str]) -> None:
    """Frames that only the garbage collector frees, after the eviction, run nothing either."""

    async def main() -> None:
        _wfc_run = _flow.run()
        generator = numbers()
        cycle: list[Any] = [generator]
        cycle.append(cycle)
        await anext(generator)
        await work("a")

    run = MemoryRun(main).begin()
    left.clear()
    run.state.flow.evict()
    del run
    gc.collect()
    assert left == []
    assert noise == []


def test_one_runs_garbage_does_not_run_in_anothers_turn() -> None:
    """A generator of a live run that is collected while another run has its turn is kept for its own run's end."""

    async def dropping() -> None:
        generator = numbers()
        cycle: list[Any] = [generator]
        cycle.append(cycle)
        await anext(generator)
        del generator, cycle
        await work("a")

    async def collecting() -> None:
        gc.collect()
        await work("b")

    first = MemoryRun(dropping).begin()
    second = MemoryRun(collecting, run_id="wrun_other").begin()
    assert second.tags == ["b"]
    assert first.finish().tags == ["a", "clean"]


def test_evicting_twice_is_the_same_as_once() -> None:
    """evict is idempotent, also for a run that has ended."""
    run = MemoryRun(in_finally).begin()
    run.state.flow.evict()
    run.state.flow.evict()
    ended = MemoryRun(in_finally).begin().finish()
    ended.state.flow.evict()
    assert ended.result == "end"


def test_unguarded_code_that_swallows_the_exit_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library's handler that isn't lowered may run on, but its steps go nowhere, and eviction returns."""
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)  # the one line that is left of it
    tried: list[str] = []

    async def main() -> None:
        while True:
            try:
                await work("a")
            except BaseException:  # noqa: BLE001
                tried.append("again")

    run = MemoryRun(main).begin()
    run.state.flow.evict()
    assert tried
    assert run.state.flow._take_commands() == []
