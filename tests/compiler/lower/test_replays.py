"""Compiled workflows that ask for the time, for chance, and that print, replayed after every event of their logs.

The replay runs in a route of its own, loaded anew, so that nothing is the same by accident.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compiler.conftest import Compiled, write_project
from tests.runtime.memory_run import MemoryRun, let_go
from wfc.flow.route import FlowRoute
from wfc_compiler.pipeline import compile_project

# Each way to get at the clock or at chance, by a name that a program calls it by.
VALUES = """\
# file: app/values.py
import datetime as dt
import functools
import random
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from random import choice as pick
from time import time as now
from uuid import UUID, uuid4
import pydantic

clock = time.time_ns
stamp = datetime.now
generator = random.Random()
coin = functools.partial(random.choice, ["heads", "tails"])
TABLE = {"id": uuid4, "day": date.today}


class Stamp(datetime):
    @classmethod
    def fresh(cls):
        return cls.now(UTC)


@dataclass
class Order:
    id: UUID = field(default_factory=uuid4)
    made: datetime = field(default_factory=datetime.now)
    date: date = field(default_factory=date.today)


class Model(pydantic.BaseModel):
    id: uuid.UUID = pydantic.Field(default_factory=uuid.uuid4)
    made: float = pydantic.Field(default_factory=time.time)
    key: int = pydantic.Field(default_factory=lambda: random.getrandbits(64))


class Draws:
    roll = staticmethod(random.randint)

    def __init__(self, source=random):
        self.source = source

    def pair(self):
        return self.roll(1, 10**9), self.source.random()


def shuffled():
    xs = list(range(30))
    random.shuffle(xs)
    return xs


def by_function(make=uuid.uuid1):
    from random import uniform
    import time as own
    now_here = dt.datetime.utcnow
    return make(), uniform(0, 1), own.time(), now_here()


VALUES = {
    "time": lambda: now(),
    "ns": lambda: clock(),
    "gmtime": lambda: time.strftime("%c", time.gmtime()) + time.ctime(),
    "now": lambda: datetime.now(),
    "aware": lambda: dt.datetime.now(dt.timezone.utc),
    "alias": lambda: stamp(),
    "today": lambda: date.today(),
    "local": lambda: datetime.fromtimestamp(now()),
    "stamp": lambda: (Stamp.now(), Stamp.fresh()),
    "random": lambda: random.random(),
    "pick": lambda: pick(range(10**9)),
    "coin": lambda: [coin() for _ in range(40)],
    "gauss": lambda: (random.gauss(0, 1), generator.gauss(0, 1)),
    "generator": lambda: generator.random(),
    "unseeded": lambda: random.Random().random(),
    "shuffled": shuffled,
    "seed": lambda: random.seed(),
    "uuid1": lambda: uuid.uuid1(),
    "uuid4": lambda: str(uuid.uuid4()),
    "table": lambda: {key: make() for key, make in TABLE.items()},
    "order": lambda: Order(),
    "model": lambda: Model(),
    "draws": lambda: Draws().pair(),
    "function": by_function,
    "getattr": lambda: getattr(random, "rand" + "om")(),
    "sorted": lambda: sorted(range(20), key=lambda _: random.random()),
}
"""
FLOW = """\
# file: app/flow.py
import asyncio
import hashlib
import wfc
from app.values import VALUES
from app.workflow import wf


@wf.step
async def note(tag: str) -> str:
    return tag


async def follow(program: list[str], seen: list[str]) -> None:
    for name in program:
        if name == "step":
            await note(tag=hashlib.sha256(repr(seen).encode()).hexdigest())
        elif name == "sleep":
            await asyncio.sleep(3)
        elif name == "limited":
            try:
                await asyncio.wait_for(note(tag=repr(seen)[-40:]), 5)
            except TimeoutError:
                seen.append("late")
        elif name == "explicit":
            seen.append(repr((wfc.now(), wfc.time_ns(), wfc.random().random(), wfc.uuid4())))
        else:
            seen.append(repr(VALUES[name]()))


@wf.workflow
async def main(left: list[str], right: list[str]) -> list[str]:
    seen: list[str] = []
    await asyncio.gather(follow(left, seen), follow(right, seen))
    await note(tag=repr(seen)[-200:])
    return seen
"""
NAMES = [line.split('"')[1] for line in VALUES.partition("VALUES = {\n")[2].splitlines() if line.startswith('    "')]
OPERATIONS = [*NAMES, "explicit", "step", "sleep", "limited"]


def routes(compiled: Compiled, name: str) -> Iterator[FlowRoute]:
    """Yield the route of a flow as one process after the other would have it."""
    while True:
        yield compiled.load(name)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[FlowRoute, FlowRoute]:
    """Compile the interpreter of programs once, and load its flow twice."""
    root: Path = tmp_path_factory.mktemp("values")
    (root / "pyproject.toml").write_text("")
    write_project(root, VALUES + FLOW)
    compiled = Compiled(root, compile_project(root))
    assert {item.code for item in compiled.result.diagnostics} <= {"WFC101", "WFC103", "WFC107", "WFC503"}
    first, second = itertools.islice(routes(compiled, "main"), 2)
    return first, second


def finish(run: MemoryRun, look: Callable[[MemoryRun], None]) -> None:
    """Let everything happen that is to happen, a second apart, looking after each."""
    look(run)
    while not run.ended:
        run.now += 1_234_567
        due = run.state.flow.next_due()
        if run.running and (due is None or due[0] > run.now):
            run.succeed(f"result of {run.argument(run.running[-1])}", index=len(run.running) - 1)
        else:
            run.fire()
        look(run)


def assert_replays(first: FlowRoute, second: FlowRoute, *arguments: object) -> MemoryRun:
    """Run a flow to its end; after every transition another process's replay must ask for the same."""

    def look(run: MemoryRun) -> None:
        again = run.replayed(flow=second)  # raises where it diverges
        assert again.flow.turns == run.flow.turns
        again.state.flow.evict()

    run = MemoryRun(first, *arguments).begin()
    finish(run, look)
    let_go()
    return run


@pytest.mark.parametrize("name", [*NAMES, "explicit"])
def test_a_value_is_the_same_on_replay(pair: tuple[FlowRoute, FlowRoute], name: str) -> None:
    """Each way by itself, before and after a wait; a later moment or draw gives another value."""
    run = assert_replays(*pair, [name, "step", name, "sleep", name], [])
    assert len(run.result) == 3
    if name not in ("today", "seed"):
        assert len(set(run.result)) == 3


@given(st.lists(st.sampled_from(OPERATIONS), max_size=12), st.lists(st.sampled_from(OPERATIONS), max_size=12))
def test_any_program_replays(pair: tuple[FlowRoute, FlowRoute], left: list[str], right: list[str]) -> None:
    """Two tasks that take turns in drawing, sleeping and calling steps ask for the same after every event."""
    assert_replays(*pair, left, right)


def test_two_runs_of_a_process_draw_alike_and_alone(pair: tuple[FlowRoute, FlowRoute]) -> None:
    """What one run draws doesn't depend on what another has drawn before in the same modules."""
    program = ["random", "gauss", "generator", "uuid4", "unseeded", "step", "draws"]
    before = assert_replays(*pair, program, [])
    assert_replays(*pair, NAMES, NAMES)
    assert assert_replays(*pair, program, []).result == before.result
