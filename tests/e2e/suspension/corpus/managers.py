"""Context managers: the language's, the library's, the user's own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from .scopes import Plain, Waiting, managed, waiting
from .steps import note, wf, work


@contextlib.contextmanager
def managed_by_another(name: str) -> Iterator[str]:
    with managed(f"inner {name}") as inner, Plain(f"second {name}"):
        yield inner


@contextlib.asynccontextmanager
async def waiting_in_another(name: str) -> AsyncIterator[str]:
    async with waiting(f"inner {name}") as inner:
        yield inner


@wf.workflow
async def with_a_class() -> str:
    with Plain("a") as a, Plain("b", swallow=True):
        await work(a.name)
        raise ValueError("swallowed")
    return str(await work("after"))


@wf.workflow
async def with_an_async_class() -> str:
    async with Waiting("a") as entered, Waiting("b", swallow=True):
        await work("body")
        raise ValueError("swallowed")
    return entered


@wf.workflow
async def with_a_generator() -> str:
    with managed("outer"), managed("inner"):
        await work("body")
        raise LookupError("caught")
    return "end"


@wf.workflow
async def with_an_async_generator() -> str:
    async with waiting("a") as entered:
        await work("body")
        raise LookupError("caught")
    return entered


@wf.workflow
async def with_managers_that_use_managers() -> str:
    with managed_by_another("a"):
        async with waiting_in_another("b"):
            await work("body")
    return "end"


@wf.workflow
async def with_suppress() -> str:
    with contextlib.suppress(BaseException):  # wfc: ignore[WFC308] -- that it swallows everything is what is tried
        await work("body")
        raise ValueError("suppressed")
    return str(await work("after"))


@wf.workflow
async def with_an_exit_stack() -> str:
    with contextlib.ExitStack() as stack:
        stack.callback(note, "callback")
        stack.enter_context(managed("entered"))
        stack.push(Plain("pushed"))
        await work("body")
    return str(await work("after"))


@wf.workflow
async def with_an_async_exit_stack() -> str:
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(work, "pushed")
        stack.callback(note, "callback")
        await stack.enter_async_context(waiting("entered"))
        stack.push_async_exit(Waiting("exit"))
        stack.push(Plain("sync"))
        await work("body")
    return "end"


@wf.workflow
async def with_a_stack_that_moves() -> str:
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(note, "moved")
        await stack.enter_async_context(Waiting("entered"))
        kept = stack.pop_all()
    await work("between")
    await kept.aclose()
    return "end"


@wf.workflow
async def with_a_stack_of_its_own() -> str:
    stack = contextlib.ExitStack()
    stack.callback(note, "callback")
    stack.enter_context(managed("entered"))
    try:
        await work("body")
    finally:
        stack.close()
    return str(await work("after"))


class Stack(contextlib.AsyncExitStack):
    """A stack with a callback from the start."""

    def __init__(self) -> None:
        super().__init__()
        self.callback(note, "from the start")


@wf.workflow
async def with_a_derived_stack() -> str:
    async with Stack() as stack:
        await stack.enter_async_context(waiting("entered"))
        await work("body")
    return "end"


@wf.workflow
async def with_a_closing_generator() -> str:
    async def numbers() -> AsyncIterator[int]:
        try:
            for n in range(3):
                yield n
                await work(f"between {n}")
        finally:
            note("closed")
            await work("close")

    async with contextlib.aclosing(numbers()) as opened:
        async for n in opened:
            await work(f"body {n}")
            if n == 1:
                break
    return "end"


@contextlib.asynccontextmanager
async def traced(name: str) -> AsyncIterator[None]:
    note(f"begin {name}")
    try:
        yield
    except BaseException as error:
        note(f"{name} {type(error).__name__}")
        raise
    else:
        note(f"end {name}")


@traced("decorated")
async def decorated(tag: str) -> str:
    return await work(tag)


@wf.workflow
async def with_a_generator_as_decorator() -> str:
    return await decorated("a") + await decorated("b")


class Around(contextlib.AsyncContextDecorator):
    """A manager that is used as a decorator."""

    async def __aenter__(self) -> "Around":
        note("around")
        return self

    async def __aexit__(self, *_: object) -> None:
        note("around exit")
        await work("around exit")


@Around()
async def surrounded(tag: str) -> str:
    return await work(tag)


@wf.workflow
async def with_a_class_as_decorator() -> str:
    return await surrounded("a") + await surrounded("b")


@wf.workflow
async def with_parenthesized_items() -> str:
    async with (
        waiting("a") as a,  # the first
        Waiting("b") as b,
    ):
        with (managed("c")) as c, (yes := Plain("d")):
            await work(c + yes.name)
    return a + b


@wf.workflow
async def with_a_manager_from_a_condition() -> str:
    for flag in (True, False):
        with managed("on") if flag else contextlib.nullcontext("off") as name:
            await work(name)
    return "end"


@wf.workflow
async def with_a_timeout() -> str:
    try:
        async with asyncio.timeout(5):
            await work("quick")
            await asyncio.sleep(60)
    except TimeoutError:
        note("timed out")
        await work("late")
    return "end"
