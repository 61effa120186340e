"""Hooks in a flow: payloads in the order of the log, buffered until somebody awaits them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

import wfc
from tests.runtime.memory_run import MemoryRun, work


@dataclass
class Approval(wfc.BaseHook):
    """The payload of these tests."""

    n: int


def test_payloads_wait_for_their_awaiter() -> None:
    """What arrives while nobody awaits is kept, and handed out in order."""

    async def main() -> list[int]:
        hook = Approval.wait(token="t")
        await work("busy")
        return [(await hook).n, (await hook).n]

    run = MemoryRun(main).begin()
    run.pay({"n": 1})
    run.pay({"n": 2})
    run.succeed()
    assert run.result == [1, 2]


def test_a_hook_is_iterated_until_it_is_disposed_of() -> None:
    """`async for` gives each payload and ends when the hook is disposed of."""

    async def main() -> list[int]:
        got = []
        hook = Approval.wait(token="t")
        async for payload in hook:
            got.append(payload.n)
            if payload.n == 2:
                hook.dispose()
        return got

    run = MemoryRun(main).begin()
    for n in (0, 1, 2):
        run.pay({"n": n})
    assert run.result == [0, 1, 2]
    assert run.types.count("hook_disposed") == 1


def test_async_with_gives_the_token_back() -> None:
    """Leaving `async with` disposes of the hook."""

    async def main() -> int:
        async with Approval.wait(token="t") as hook:
            first = await hook
        await work("after")
        return first.n

    run = MemoryRun(main).begin()
    run.pay({"n": 5})
    assert run.types[-3:] == ["hook_disposed", "step_created", "step_started"]
    assert run.state.tokens == {}


def test_a_cancelled_waiter_leaves_the_payload_to_the_next() -> None:
    """A payload that comes after a timed-out await goes to the next await."""

    async def main() -> int:
        hook = Approval.wait(token="t")
        try:
            async with asyncio.timeout(1):
                await hook
        except TimeoutError:
            await work("timed out")
        return (await hook).n

    run = MemoryRun(main).begin()
    run.fire()
    run.pay({"n": 8})
    run.succeed()
    assert run.result == 8


def test_two_awaiters_are_served_in_order() -> None:
    """Who awaited first gets the first payload."""

    async def main() -> list[int]:
        hook = Approval.wait(token="t")

        async def one() -> int:
            return (await hook).n

        return list(await asyncio.gather(one(), one()))

    run = MemoryRun(main).begin()
    run.pay({"n": 1})
    run.pay({"n": 2})
    assert run.result == [1, 2]


def test_a_token_held_by_another_run_raises_at_the_await() -> None:
    """HookConflictError names the token and the run that holds it, at every await."""

    async def main() -> list[str]:
        hook = Approval.wait(token="taken")
        found = []
        for _ in range(2):
            try:
                await hook
            except wfc.HookConflictError as error:
                found.append(f"{error.token} {error.conflicting_run_id}")
        return found

    run = MemoryRun(main)
    run.foreign_tokens.add("taken")
    assert run.begin().result == ["taken wrun_other"] * 2


def test_awaiting_after_dispose_is_an_error() -> None:
    """HookDisposedError, for who waits at that moment and for who comes later."""

    async def main() -> list[str]:
        hook = Approval.wait(token="t")
        waiting = asyncio.create_task(_one(hook))
        await asyncio.sleep(0)
        hook.dispose()
        hook.dispose()
        found = []
        for awaitable in (waiting, _one(hook)):
            try:
                await awaitable
            except wfc.HookDisposedError as error:
                found.append(error.token)
        return found

    assert MemoryRun(main).begin().result == ["t", "t"]


async def _one(hook: Any) -> Any:
    return await hook


def test_a_payload_of_another_shape_raises_at_the_await() -> None:
    """What doesn't fit the hook's class is the awaiter's error, and the next payload is fine."""

    async def main() -> int:
        hook = Approval.wait(token="t")
        try:
            await hook
        except wfc.TypeValidationError:
            return (await hook).n
        return -1

    run = MemoryRun(main).begin()
    run.pay({"n": "no number"})
    run.pay({"n": 3})
    assert run.result == 3


def test_default_tokens_differ_and_repeat_on_replay() -> None:
    """A token that isn't given can't be guessed from the run's id, and is the same on replay."""

    async def main() -> list[str]:
        hooks = [Approval.wait(), Approval.wait()]
        tokens = [hook.token for hook in hooks]
        await work("a")
        return tokens

    run = MemoryRun(main).begin()
    again = run.replayed()
    run.succeed()
    tokens = run.result
    again.succeed()
    assert again.result == tokens
    assert len(set(tokens)) == 2
    assert all(len(token) == 32 for token in tokens)


@pytest.mark.parametrize("token", ["", "\ud800"], ids=["empty", "surrogate"])
def test_a_token_that_cannot_be_stored_is_refused(token: str) -> None:
    """A token is text that every store can hold; anything else is the caller's error at once."""

    async def main() -> None:
        await Approval.wait(token=token)

    with pytest.raises(ValueError, match="token"):
        _ = MemoryRun(main).begin().result
