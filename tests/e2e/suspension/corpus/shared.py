"""What a project's own library might hold; the flows' routes have copies of it, lowered."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

from .steps import note, work


@asynccontextmanager
async def cleaning(name: str) -> AsyncIterator[None]:
    try:
        yield
    finally:
        note(f"{name} cleaning")
        await work(f"clean {name}")


class Scope:
    """A manager of a helper module."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        note(f"{self.name} in")

    def __exit__(self, *_: object) -> None:
        note(f"{self.name} out")


async def careful(tag: str) -> str:
    try:
        return await work(tag)
    except BaseException as error:
        note(f"{tag} {type(error).__name__}")
        await work(f"undo {tag}")
        raise


class Attempt:
    """One attempt of a retried block; swallows what may be tried again."""

    def __init__(self, owner: "Retrying") -> None:
        self.owner = owner

    def __enter__(self) -> "Attempt":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool | None:
        if kind is None:
            self.owner.done = True
            return None
        note(f"attempt ended with {kind.__name__}")
        return self.owner.left > 0 and not issubclass(kind, asyncio.CancelledError)


class Retrying:
    """`async for attempt in Retrying(3): with attempt: ...`, as tenacity has it."""

    def __init__(self, attempts: int) -> None:
        self.left = attempts
        self.done = False

    def __aiter__(self) -> "Retrying":
        return self

    async def __anext__(self) -> Attempt:
        if self.done:
            raise StopAsyncIteration
        if self.left < 3:
            await asyncio.sleep(3 - self.left)
        self.left -= 1
        return Attempt(self)


def retried(attempts: int) -> Callable[[Callable[..., Awaitable[str]]], Callable[..., Awaitable[str]]]:
    """Call a function again when it fails, with whatever."""

    def decorate(function: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:
        @functools.wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> str:
            for attempt in range(attempts):
                try:
                    return await function(*args, **kwargs)
                except BaseException as error:
                    note(f"retry after {type(error).__name__}")
                    if attempt == attempts - 1:
                        raise
                    await asyncio.sleep(attempt + 1)
                finally:
                    note(f"attempted {attempt}")
            raise AssertionError

        return wrapper

    return decorate
