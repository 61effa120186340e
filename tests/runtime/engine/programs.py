"""Random workflows: trees of what flows are made of, interpreted as a workflow.

`random_program` draws a tree from a seed; `interpreter` makes a workflow of it. The workflow keeps a trace of all that
it has seen (results, errors, the clock, random numbers) and passes a hash of it to every step, so that a difference in
what it saw shows in what it asks for next.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import wfc
from tests.runtime.memory_run import careful, work
from wfc import flow as _flow

Node = tuple[Any, ...]
LEAVES = ("step", "step", "step", "careful", "sleep", "hook", "now", "quick")
BRANCHES = ("seq", "gather", "race", "timeout", "wait_for", "group", "lock", "finally", "except", "generator", "spawn")


@dataclass
class Payload(wfc.BaseHook):
    """What the programs' hooks take."""

    n: int


def random_program(seed: int) -> Node:
    draw = random.Random(seed)
    return ("seq", [random_node(draw, 3) for _ in range(draw.randint(2, 4))])


def random_node(draw: random.Random, depth: int) -> Node:
    if depth == 0 or draw.random() < 0.35:
        kind = draw.choice(LEAVES)
        return (kind, draw.randint(1, 3) if kind == "sleep" else draw.randint(0, 999))
    kind = draw.choice(BRANCHES)
    children = [random_node(draw, depth - 1) for _ in range(draw.randint(2, 3))]
    return (kind, children, draw.randint(1, 4))


class Interpreter:
    """One execution of a program inside a run."""

    def __init__(self) -> None:
        self.trace: list[str] = []
        self.lock = asyncio.Lock()
        self.spawned: list[asyncio.Task[Any]] = []
        self.hooks = 0

    def saw(self, what: object) -> None:
        self.trace.append(repr(what))

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()[:12]

    async def run(self, node: Node) -> None:
        await getattr(self, f"_{node[0]}")(*node[1:])

    async def _step(self, tag: int) -> None:
        try:
            self.saw(await work(str(tag), self.digest))
        except ValueError as error:
            self.saw(error)

    async def _careful(self, tag: int) -> None:
        try:
            self.saw(await careful(str(tag), self.digest))
        except ValueError as error:
            self.saw(error)

    async def _quick(self, tag: int) -> None:
        self.saw(await work(f"quick {tag}", self.digest))

    async def _sleep(self, seconds: int) -> None:
        await wfc.sleep(seconds)
        self.saw("slept")

    async def _now(self, _: int) -> None:
        self.saw((wfc.time_ns(), wfc.random().random(), wfc.uuid4()))

    async def _hook(self, _: int) -> None:
        _wfc_run = _flow.run()
        self.hooks += 1
        async with _flow.cm(_wfc_run, Payload.wait(token=f"t{self.hooks}")) as hook:
            self.saw((await hook).n)

    async def _seq(self, children: list[Node], _: int = 0) -> None:
        for child in children:
            await self.run(child)

    async def _gather(self, children: list[Node], _: int) -> None:
        found = await asyncio.gather(*(self.run(child) for child in children), return_exceptions=True)
        self.saw([type(item).__name__ for item in found])

    async def _race(self, children: list[Node], _: int) -> None:
        tasks = {asyncio.create_task(self.run(child), name=str(n)) for n, child in enumerate(children)}
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self.saw(sorted(task.get_name() for task in done))
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _timeout(self, children: list[Node], seconds: int) -> None:
        _wfc_run = _flow.run()
        try:
            async with _flow.cm(_wfc_run, asyncio.timeout(seconds)):
                await self._seq(children)
        except TimeoutError:
            if not _wfc_run.live:
                raise
            self.saw("timeout")

    async def _wait_for(self, children: list[Node], seconds: int) -> None:
        _wfc_run = _flow.run()
        try:
            await _flow.wait_for(self._seq(children), seconds)
        except TimeoutError:
            if not _wfc_run.live:
                raise
            self.saw("wait_for")

    async def _group(self, children: list[Node], _: int) -> None:
        _wfc_run = _flow.run()
        async with _flow.cm(_wfc_run, asyncio.TaskGroup()) as group:
            for child in children:
                group.create_task(self.run(child))
        self.saw("group")

    async def _lock(self, children: list[Node], _: int) -> None:
        _wfc_run = _flow.run()
        if self.lock.locked():  # a program may nest them; what counts is who waits, not for how long
            return await self._seq(children)
        async with _flow.cm(_wfc_run, self.lock):
            await self._seq(children)
        return None

    async def _finally(self, children: list[Node], _: int) -> None:
        _wfc_run = _flow.run()
        try:
            await self._seq(children[:-1])
        finally:
            if _wfc_run.live:
                await work("finally", self.digest)

    async def _except(self, children: list[Node], _: int) -> None:
        _wfc_run = _flow.run()
        try:
            await self._seq(children)
        except BaseException as error:
            if not _wfc_run.live:
                raise
            self.saw(type(error).__name__)
            await work("except", self.digest)
            raise

    async def _generator(self, children: list[Node], stop: int) -> None:
        async def each() -> Any:
            _wfc_run = _flow.run()
            try:
                for n, child in enumerate(children):
                    await self.run(child)
                    yield n
            finally:
                if _wfc_run.live:
                    await work("generator", self.digest)

        async for n in each():
            self.saw(n)
            if n == stop % 3:
                break

    async def _spawn(self, children: list[Node], _: int) -> None:
        self.spawned += [asyncio.create_task(self.run(child)) for child in children[:1]]
        await self._seq(children[1:])


def interpreter(program: Node) -> Callable[[], Awaitable[str]]:
    """Return a workflow that runs the program and returns a hash of what it saw."""

    async def main() -> str:
        execution = Interpreter()
        await execution.run(program)
        return execution.digest

    return main
