"""Generators and async generators of the flow's own code, which it holds open while it waits."""

import asyncio
import types
from collections.abc import AsyncIterator, Awaitable, Generator, Iterator
from typing import Any

from .scopes import managed, waiting
from .steps import note, wf, work


def letters(name: str) -> Iterator[str]:
    try:
        for letter in "abc":
            try:
                yield f"{name} {letter}"
            finally:
                note(f"{name} passed {letter}")
    finally:
        note(f"{name} closed")


@wf.workflow
async def over_a_generator() -> str:
    for letter in letters("x"):
        await work(letter)
    for letter in letters("y"):
        await work(letter)
        break
    return "end"


@wf.workflow
async def with_a_generator_held_open() -> str:
    held = letters("held")
    first = next(held)
    await work(first)
    second = next(held)
    await work(second)
    held.close()
    return "end"


@wf.workflow
async def with_a_generator_in_a_cycle() -> str:
    held: dict[str, Any] = {}
    held["letters"] = letters("cycle")
    held["self"] = held
    await work(next(held["letters"]))
    await work(next(held["letters"]))
    return "end"


def using_a_manager() -> Iterator[str]:
    with managed("in a generator") as name:
        yield name
        yield name + " again"


@wf.workflow
async def with_a_manager_in_a_generator() -> str:
    cycle: list[Any] = [using_a_manager()]
    cycle.append(cycle)
    await work(next(cycle[0]))
    for name in using_a_manager():
        await work(name)
    return "end"


def delegating() -> Generator[str, str, str]:
    try:
        got = yield "first"
        note(f"got {got}")
        yield from letters("delegated")
    except ValueError as error:
        note(f"thrown {error}")
        yield "after"
    finally:
        note("delegating closed")
    return "value"


@wf.workflow
async def driving_a_generator() -> str:
    driven = delegating()
    await work(next(driven))
    await work(driven.send("sent"))
    await work(driven.throw(ValueError("thrown")))
    ended = next(driven, "ended")
    return ended


async def numbers(name: str) -> AsyncIterator[int]:
    try:
        for n in range(3):
            yield n
            await work(f"{name} between {n}")
    finally:
        note(f"{name} closed")
        await work(f"{name} close")


@wf.workflow
async def over_an_async_generator() -> str:
    total = 0
    async for n in numbers("x"):
        total += n
        await work(f"body {n}")
    else:
        await work("else")
    return str(total)


@wf.workflow
async def leaving_an_async_generator() -> str:
    opened = numbers("x")
    async for n in opened:
        await work(f"body {n}")
        if n == 1:
            break
    else:
        note("never")
    await opened.aclose()
    return "end"


@wf.workflow
async def with_an_async_generator_held_open() -> str:
    opened = numbers("held")
    await anext(opened)
    await work("a")
    await anext(opened)
    await work("b")
    return "end"


async def in_a_manager() -> AsyncIterator[str]:
    async with waiting("around") as entered:
        yield entered
        await work("in the generator")
        yield "more"


@wf.workflow
async def over_a_generator_in_a_manager() -> str:
    async for what in in_a_manager():
        await work(what)
    return "end"


@wf.workflow
async def in_comprehensions() -> str:
    found = [await work(letter) for letter in letters("list")]
    more = {n: await work(str(n)) async for n in numbers("dict") if n}
    lazy = (await work(tag) for tag in found)
    return str([*more.values(), *[item async for item in lazy]])


@types.coroutine
def yielding(awaitable: Awaitable[str]) -> Generator[Any, Any, str]:
    try:
        return (yield from awaitable.__await__())
    finally:
        note("coroutine left")


class Awaiting:
    """An object that is awaited."""

    def __await__(self) -> Generator[Any, Any, str]:
        try:
            result = yield from work("awaited").__await__()
            return result
        except BaseException as error:
            note(type(error).__name__)
            raise
        finally:
            note("await left")


@wf.workflow
async def in_coroutines_made_of_generators() -> str:
    return await yielding(work("a")) + await Awaiting() + await asyncio.create_task(work("b"))


class Counting:
    """An async iterator that isn't a generator."""

    def __init__(self) -> None:
        self.n = 0

    def __aiter__(self) -> "Counting":
        return self

    async def __anext__(self) -> int:
        self.n += 1
        try:
            await work(f"next {self.n}")
        finally:
            note(f"asked {self.n}")
        if self.n == 3:
            raise StopAsyncIteration
        return self.n

    async def aclose(self) -> None:
        note("aclose")
        await work("aclose")


@wf.workflow
async def over_an_async_iterator() -> str:
    counting = Counting()
    try:
        async for n in counting:
            await work(f"body {n}")
    finally:
        await counting.aclose()
    return "end"


@wf.workflow
async def over_a_generator_that_yields_while_it_is_closed() -> str:
    def stubborn() -> Iterator[int]:
        try:
            yield 1
        finally:
            yield 2

    for item in stubborn():
        note(str(item))
        break
    return await work("after")
