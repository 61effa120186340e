"""A simulated machine: a worker whose clock is wrong, whose store is slow, which stops, is forgotten, and dies.

Everything is on the world's one virtual clock and drawn from its seed. A machine sees its own time; wake-ups reach it
late, twice, or not at all; each call to the store may take its time before and after it has its effect; a machine that
dies in a call does so before or after that. One that stands still makes no call until it goes on, long after others
have taken its runs.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from wfc.builds import Builds
from wfc.errors import StoreError
from wfc.store.memory import Memory, MemoryStore
from wfc.testing.virtual import VirtualLoop
from wfc.worker.options import WorkerOptions
from wfc.worker.worker import Worker

SWEEP = 5.0


class MachineDiedError(StoreError):
    """The end of a machine, as its own worker sees it."""


class Machine:
    """See the module. `tell` notes in the world's journal what happens."""

    def __init__(
        self, name: str, draw: random.Random, memory: Memory, builds: Builds, tell: Callable[..., None]
    ) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self.name = name
        self.draw = draw
        self._loop = loop
        self.memory = memory
        self.calm = False
        self.tell = tell
        self.going = asyncio.Event()
        self.going.set()
        self.offset_us = 0
        self._drift = draw.uniform(-1e-3, 1e-3)
        self._builds = builds
        self._lives = 0
        self._store: UnreliableStore | None = None
        self._worker: Worker | None = None
        self.set_clock()

    def clock(self) -> int:
        """Return the time that this machine believes it is."""
        return self._loop.wall_clock_us() + int(self._loop.time() * 1e6 * self._drift) + self.offset_us

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        """Call something after a while."""
        self._loop.call_later(seconds, call)

    def set_clock(self) -> None:
        """Let the clock jump: mostly by little, sometimes past the time after which a worker counts as stopped."""
        most = self.draw.choice([1e3, 1e6, 5e6, 90e6])
        self.offset_us = int(self.draw.uniform(-most, most))

    async def live(self, over: Callable[[], bool]) -> None:
        """Start workers, one after the other, until it is over."""
        while not over():
            self._lives += 1
            self._store = store = UnreliableStore(self)
            draw = self.draw
            options = WorkerOptions(
                parked=draw.choice([0, 1, 1000]),
                concurrency=draw.choice([1, 3, 64]),
                grace=draw.choice([0.0, 5.0]),
                turn_seconds=60.0,
                sweep=SWEEP,
            )
            self._worker = Worker(store, self._builds, self.clock, options)
            self._worker.worker_id = f"{self.name}-{self._lives}"
            self._worker._random = draw
            try:
                await self._worker.run()
            except StoreError as error:
                self.tell(self.name, f"is dead: {error}")
            await store.close()
            if not over():
                await asyncio.sleep(0.1 if self.calm else draw.uniform(0, 10))

    def stop(self, *, now: bool) -> None:
        """Let the worker drain."""
        if self._worker is not None:
            self._worker.stop(now=now)

    def crash(self) -> None:
        """Die, whatever is going on."""
        if self._store is not None:
            self._store.die()

    async def be_forgotten(self) -> None:
        """Lose all runs to the others without hearing of it, as after a long stop."""
        if self._worker is not None:
            await MemoryStore(self.memory, self.clock)._release(self._worker.worker_id)


class UnreliableStore:
    """Passes calls on to a store of the shared memory; see the module."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._store = MemoryStore(machine.memory, machine.clock)
        self._dead = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)

        async def call(*args: Any) -> Any:
            machine = self._machine
            fate = 1.0 if machine.calm else machine.draw.random()
            await self._lag()
            if fate < 0.004:
                machine.tell(machine.name, f"dies before {name}")
                self.die()
            self._refuse_if_dead()
            result = await found(*args)
            if 0.004 <= fate < 0.008:
                machine.tell(machine.name, f"dies after {name}")
                self.die()
            await self._lag()
            self._refuse_if_dead()
            return result

        return call

    async def close(self) -> None:
        await self._store.close()

    def die(self) -> None:
        """Have no effect any more. The kernel gives the worker's lock back."""
        self._dead = True
        self._store._locks.close()

    def _refuse_if_dead(self) -> None:
        if self._dead:
            raise MachineDiedError(f"{self._machine.name} has died")

    async def _lag(self) -> None:
        """Take time, and wait while the machine stands still."""
        draw = self._machine.draw
        kind = 1.0 if self._machine.calm else draw.random()
        if kind < 0.2:
            await asyncio.sleep(draw.uniform(0, 0.02 if kind < 0.19 else 3.0))
        await self._machine.going.wait()

    # --- wake-ups

    def subscribe(self) -> asyncio.Event:
        """Return an event that hears of changes by rumour."""
        news = asyncio.Event()
        rumour = _Rumour(news, self._machine)
        self._machine.memory.bell._listeners.append((asyncio.get_running_loop(), rumour))
        return news

    def unsubscribe(self, event: asyncio.Event) -> None:
        bell = self._machine.memory.bell
        bell._listeners = [
            (loop, heard) for loop, heard in bell._listeners if not (isinstance(heard, _Rumour) and heard.news is event)
        ]


class _Rumour(asyncio.Event):
    """Sets another event: at once, late, twice or not at all."""

    def __init__(self, news: asyncio.Event, machine: Machine) -> None:
        super().__init__()
        self.news = news
        self._machine = machine

    def set(self) -> None:
        draw = self._machine.draw
        kind = draw.random()
        if kind < 0.6 or self._machine.calm:
            self.news.set()
        elif kind < 0.9:
            for _ in range(draw.choice([1, 2])):
                self._machine.later(draw.uniform(0, 2), self.news.set)
