"""Functions of every kind that hold a guard: methods, closures, lambdas, decorators, helpers of other modules."""

import asyncio
import functools
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from . import shared
from .shared import Retrying, cleaning, retried
from .steps import note, wf, work


def finishing(function: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> str:
        try:
            return await function(*args, **kwargs)
        except ValueError as error:
            note(f"{function.__name__} failed with {error}")
            return await work("instead")
        finally:
            note(f"{function.__name__} left")

    return wrapper


@finishing
async def decorated_twice(tag: str) -> str:
    """Do something, between decorators."""
    return await work(tag)


decorated_twice = finishing(decorated_twice)


@wf.workflow
async def in_decorators() -> str:
    return await decorated_twice("a") + await decorated_twice(tag="b")


@wf.workflow
async def in_recursion() -> str:
    async def down(depth: int) -> str:
        try:
            return await down(depth - 1) if depth else await work("bottom")
        finally:
            note(f"depth {depth}")
            if depth % 2:
                await work(f"clean {depth}")

    return await down(3)


class Machine:
    """Methods of every kind."""

    def __init__(self, name: str) -> None:
        self.__name = name

    async def run(self) -> str:
        try:
            return await work(self.__name)
        finally:
            note(f"{self.__name} ran")

    @classmethod
    async def build(cls, name: str) -> "Machine":
        try:
            await work(f"build {name}")
        finally:
            note(f"built {name}")
        return cls(name)

    @staticmethod
    async def check() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            note("checked")

    @property
    def ready(self) -> Awaitable[str]:
        async def inner() -> str:
            try:
                return await work(f"ready {self.__name}")
            finally:
                note(f"{self.__name} ready")

        return inner()


@wf.workflow
async def in_methods() -> str:
    machine = await Machine.build("m")
    await Machine.check()
    await machine.ready
    bound = machine.run
    return await bound()


@wf.workflow
async def in_closures() -> str:
    tried = 0

    async def outer() -> str:
        nonlocal tried

        async def inner() -> str:
            nonlocal tried
            try:
                tried += 1
                return await work(f"inner {tried}")
            finally:
                note(f"inner {tried}")

        try:
            return await inner() + await inner()
        finally:
            note(f"outer {tried}")

    return await outer()


@wf.workflow
async def in_lambdas_and_tables() -> str:
    async def guarded(tag: str) -> str:
        try:
            return await work(tag)
        finally:
            note(f"{tag} left")

    table = {"one": guarded, "two": lambda tag: guarded(f"{tag} by lambda"), "three": functools.partial(guarded, "p")}
    return await table["one"]("a") + await table["two"]("b") + await table["three"]()


@wf.workflow
async def in_a_class_in_a_function() -> str:
    class Local:
        try:
            name = "local"
        finally:
            note("class body")

        async def run(self) -> str:
            try:
                return await work(self.name)
            finally:
                note(f"{self.name} left")

    return await Local().run()


@wf.workflow
async def in_helpers_of_another_module() -> str:
    async with cleaning("a"):
        with shared.Scope("b"):
            await work("body")
    return await shared.careful("c")


@wf.workflow
async def in_a_retry_library() -> str:
    attempts = 0
    async for attempt in Retrying(3):
        with attempt:
            attempts += 1
            await work(f"attempt {attempts}")
            if attempts < 3:
                raise ConnectionError(attempts)
    return str(attempts)


@wf.workflow
async def in_a_retry_decorator() -> str:
    attempts = 0

    @retried(3)
    async def flaky() -> str:
        nonlocal attempts
        attempts += 1
        found = await work(f"flaky {attempts}")
        if attempts < 3:
            raise ConnectionError(attempts)
        return found

    return await flaky()


@wf.workflow
async def with_a_docstring_only() -> str:
    """Call functions that do nothing."""

    def nothing() -> None:
        """Say what nothing does."""

    async def even_less() -> None: ...

    nothing()
    await even_less()
    try:
        return await work("body")
    finally:
        nothing()
        note("left")


@wf.workflow
async def with_the_names_of_emitted_code() -> str:
    _flow, _wfc_run = "mine", ["also mine"]
    try:
        await work(_flow)
    finally:
        note(f"{_flow} {_wfc_run}")
        _wfc_run.append(await work("clean"))
    return str(sorted(locals().items()))


@wf.workflow
async def with_a_look_at_its_locals() -> str:
    count = 1
    try:
        await work("body")
    finally:
        note(str(sorted(locals())))
    return f"{sorted(locals())} {sorted(vars())} {dir()} {count}"


class Watched:
    """Something to watch."""

    def look(self) -> str:
        return "watched"


@wf.workflow
async def with_weak_references() -> str:
    watched, other = Watched(), Watched()
    reference = weakref.ref(watched, lambda _: note("gone"))
    weakref.finalize(other, note, "finalized")
    method = weakref.WeakMethod(watched.look, lambda _: note("method gone"))
    proxy = weakref.proxy(other, lambda _: note("proxy gone"))
    await work(method()() + proxy.look())
    del watched
    await work("between")
    del other
    return str(reference())


class Finalized:
    """Says when it is collected."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __del__(self) -> None:
        """Note it."""
        note(f"{self.name} collected")


@wf.workflow
async def with_finalizers() -> str:
    first, second = Finalized("first"), Finalized("second")
    await work(first.name)
    del first
    await work(second.name)
    return "end"
