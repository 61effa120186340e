"""Where putting a run aside can be noticed: code that lowering doesn't reach."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from tests.e2e.suspension.library import call, insist

from .steps import note, wf, work


@wf.workflow
async def a_callback_that_a_library_holds() -> str:
    return str(await call(lambda: work("body"), lambda: note("after")))


@wf.workflow
async def a_library_that_insists() -> str:
    return str(await insist(lambda: work("body")))


@wf.workflow
async def a_condition_whose_lock_is_taken() -> str:
    condition = asyncio.Condition()

    async def holder() -> None:
        async with condition:
            await work("held")
            condition.notify_all()

    async with condition:
        task = asyncio.create_task(holder())
        try:
            await condition.wait()
        finally:
            note("no longer waiting")
    await task
    return "end"


class Own(Coroutine[Any, Any, str]):
    """A coroutine by the letter of the protocol."""

    def __init__(self) -> None:
        self.inner = work("body")

    def __await__(self) -> Any:
        return self

    def send(self, value: Any) -> Any:
        return self.inner.send(value)

    def __next__(self) -> Any:
        return self.send(None)

    def throw(self, *details: Any) -> Any:
        return self.inner.throw(*details)

    def close(self) -> None:
        note("closed by hand")
        self.inner.close()


@wf.workflow
async def a_coroutine_that_is_an_object() -> str:
    return await Own()
