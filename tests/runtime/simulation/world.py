"""A world of machines and runs, played from a seed.

Comes in: a seed. Goes out: nothing, or an AssertionError with what is wrong. For a while machines die, stop, are
forgotten and have their clocks changed, while people start runs, resume hooks, cancel and terminate. Then calm is
restored, and everything has to come to its end. What must hold at any time (`tests/runtime/invariants.py`) is checked
again and again on the way; and at the end each log is replayed.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

from tests.runtime.invariants import Snapshot, check, read_store
from tests.runtime.simulation.machines import Machine
from tests.runtime.simulation.workload import BUILD_ID, Bodies, SimulatedBuild, SimulatedBuilds, draw_program, main
from wfc.codec import Codec, SignatureCodec
from wfc.engine.replay import rebuild
from wfc.errors import HookNotFoundError
from wfc.model import Event, NewRun, Run
from wfc.origin import origin_of
from wfc.store.memory import Memory, MemoryStore
from wfc.store.sqlite.rows import RUN_COLUMNS, run_of
from wfc.testing.virtual import FOREVER, VirtualLoop

START_US = 1_700_000_000_000_000
LONGEST_CALM = 3_000.0
MOST_RUNS = 5


def play(seed: int) -> World:
    """Play a world to its end. Raises AssertionError; the world has a journal."""
    loop = VirtualLoop(START_US)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(_played(loop, seed))


async def _played(loop: VirtualLoop, seed: int) -> World:
    world = World(loop, seed)
    try:
        played = await loop.until_done(world.play(), lambda: FOREVER)
        assert played.done(), "nothing happens any more"
        played.result()
    except Exception as error:
        world.tell("world", f"{type(error).__name__}: {error}")
        raise WorldError(seed, world.journal, error) from error
    finally:
        await world.end()
    return world


class WorldError(AssertionError):
    """Something is wrong in the world of a seed."""

    def __init__(self, seed: int, journal: list[str], error: BaseException) -> None:
        told = "\n".join(journal[-40:])
        super().__init__(
            f"seed {seed}: {type(error).__name__}: {error}\n{told}\n"
            f"again, with all of its journal: python -m tests.runtime.simulation {seed}"
        )
        self.seed = seed
        self.journal = journal


class World:
    """See the module."""

    def __init__(self, loop: VirtualLoop, seed: int) -> None:
        self.journal: list[str] = []
        self._loop = loop
        self._draw = random.Random(f"world {seed}")
        self._memory = Memory()
        self._store = MemoryStore(self._memory, loop.wall_clock_us)
        self._bodies = Bodies(random.Random(f"bodies {seed}"))
        self._build = SimulatedBuild(self._bodies)
        builds = SimulatedBuilds(self._build)
        self._machines = [
            Machine(f"m{n}", random.Random(f"machine {n} of {seed}"), self._memory, builds, self.tell)
            for n in range(self._draw.choice([2, 3]))
        ]
        self._accepted: Counter[tuple[str, str]] = Counter()
        self._seen = Snapshot([], {})
        self._over = False

    def tell(self, who: str, what: str) -> None:
        """Write something into the journal."""
        self.journal.append(f"{self._loop.time():12.6f} {who:6} {what}")

    @property
    def runs(self) -> list[Run]:
        """All runs, as they are now."""
        return [run_of(row) for row in self._memory.connection.execute(f"select {RUN_COLUMNS} from runs")]

    async def end(self) -> None:
        """Let go of everything that still goes on."""
        self._over = self._bodies.over = True
        for machine in self._machines:
            machine.crash()  # so that nothing new begins
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def events(self) -> dict[str, list[Event]]:
        """All logs, as they were last checked."""
        return self._seen.logs

    async def play(self) -> None:
        """Let trouble come and go, and everything end."""
        lives = [asyncio.create_task(machine.live(lambda: self._over)) for machine in self._machines]
        end = self._loop.time() + self._draw.uniform(10, 100)
        await self._start_run()
        while self._loop.time() < end:
            await asyncio.sleep(self._draw.expovariate(1.0))
            await self._something_happens()
            if self._draw.random() < 0.04:
                self._check()
            _raise_from(lives)
        self._check()
        self._calm_down()
        await self._come_to_an_end(self._loop.time() + LONGEST_CALM, lives)
        self._over = True
        for machine in self._machines:
            machine.stop(now=True)
        await asyncio.gather(*lives)
        self._check()
        await self._replay_all()

    # --- trouble

    async def _something_happens(self) -> None:
        draw = self._draw
        machine = draw.choice(self._machines)
        match draw.choices(
            ["resume", "start", "cancel", "terminate", "crash", "stop", "stand", "forget", "clock"],
            [10, 3, 1, 0.4, 0.5, 0.5, 1, 1, 1],
        )[0]:
            case "resume":
                await self._resume()
            case "start":
                await self._start_run()
            case "cancel" | "terminate" as kind:
                await self._end_one(kind)
            case "crash":
                self.tell(machine.name, "dies")
                machine.crash()
            case "stop":
                self.tell(machine.name, "is told to stop")
                machine.stop(now=draw.random() < 0.5)
            case "stand":
                await self._stand_still(machine)
            case "forget":
                self.tell(machine.name, "is forgotten")
                await machine.be_forgotten()
            case "clock":
                machine.set_clock()
                self.tell(machine.name, f"has its clock set off by {machine.offset_us / 1e6:g} s")

    async def _stand_still(self, machine: Machine) -> None:
        seconds = self._draw.choice([0.5, 10.0, 62.0, 100.0])
        self.tell(machine.name, f"stands still for {seconds:g} s")
        machine.going.clear()
        self._loop.call_later(seconds, machine.going.set)

    def _calm_down(self) -> None:
        self.tell("world", "calms down")
        self._bodies.calm = True
        for machine in self._machines:
            machine.calm = True
            machine.going.set()

    # --- people

    async def _start_run(self) -> None:
        if len(self.runs) >= MOST_RUNS:
            return
        number = len(self.journal)
        encoded = SignatureCodec(main.func, Codec()).encode_args((draw_program(self._draw),), {})
        key = self._draw.choice([None, "key-1", f"key-{number}"])
        new = NewRun(
            f"run-{number}",
            main.workflow_id,
            BUILD_ID,
            self._draw.randbytes(32),
            encoded,
            origin_of(main.workflow_id, BUILD_ID),
            key,
        )
        run, created = await self._store.create_run(new)
        self.tell("people", f"start {run.run_id}" if created else f"find {run.run_id} by its key")
        again, twice = await self._store.create_run(new)
        assert (again.run_id, twice) == (run.run_id, False), "a repeated start gave another run"

    async def _resume(self) -> None:
        hooks = [hook for run in self.runs for hook in await self._store.hooks(run.run_id)]
        for _ in range(self._draw.choice([1, 1, 2])):
            if hooks:
                await self._pay(self._draw.choice(hooks).token)

    async def _pay(self, token: str) -> None:
        try:
            hook = await self._store.post_payload(token, Codec().encode({"n": self._draw.randrange(100)}))
        except HookNotFoundError:
            return
        self._accepted[hook.run_id, hook.hook_id] += 1
        self.tell("people", f"resume {token} of {hook.run_id}")

    async def _end_one(self, kind: Any) -> None:
        if runs := self.runs:
            run = self._draw.choice(runs)
            self.tell("people", f"{kind} {run.run_id}")
            await self._store.post(run.run_id, kind, {"reason": "enough"})

    # --- the end

    async def _come_to_an_end(self, deadline: float, lives: list[asyncio.Task[None]]) -> None:
        while live := [run for run in self.runs if not run.is_terminal]:
            _raise_from(lives)
            waiting = [f"{run.run_id} ({run.blocked or run.status})" for run in live]
            assert not any(run.blocked for run in live), f"blocked: {waiting}"
            assert self._loop.time() < deadline, f"not ended: {waiting}"
            for run in live:
                for hook in await self._store.hooks(run.run_id):
                    await self._pay(hook.token)
            await asyncio.sleep(2.0)

    def _check(self) -> None:
        """Check what must hold at any time, and that nothing that was durable has changed."""
        now = read_store(self._memory.connection)
        check(now, bodies=self._bodies.ran, accepted=self._accepted)
        for before in self._seen.runs:
            log, later = self._seen.logs[before.run_id], now.logs[before.run_id]
            assert later[: len(log)] == log, f"the log of {before.run_id} has changed"
            if before.is_terminal:
                (after,) = [run for run in now.runs if run.run_id == before.run_id]
                assert (after, later) == (before, log), f"{before.run_id} had ended, and has changed"
        self._seen = now

    async def _replay_all(self) -> None:
        """Replay each log: it must ask for the same. In plain callbacks, as flows need it."""
        for run in self._seen.runs:
            done: asyncio.Future[None] = self._loop.create_future()
            self._loop.call_soon(self._replay, run, self._seen.logs[run.run_id], done)
            await done

    def _replay(self, run: Run, events: list[Event], done: asyncio.Future[None]) -> None:
        try:
            rebuild(self._build.flow(run.workflow_id), run, events).flow.evict()
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            done.set_exception(error)
        else:
            done.set_result(None)


def _raise_from(lives: list[asyncio.Task[None]]) -> None:
    """Raise what has ended a machine's life before its time."""
    for life in lives:
        if life.done():
            life.result()
