"""What is asked of every store after every test: a sound store passes, and each thing that can break is found."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from tests.runtime.handmade import open_project, write_build
from tests.runtime.invariants import BrokenInvariantError, check_file
from wfc.store.protocol import RunQuery

STEPS = """
@wf.step
async def double(n: int) -> int:
    return 2 * n
"""
FLOWS = """
@dataclass
class Ping(wfc.BaseHook):
    n: int

@wf.workflow
async def ended(n: int) -> int:
    await wfc.set_attributes(kind="short")
    await wfc.sleep(0.001)
    return await double(n)

@wf.workflow
async def sleeping() -> None:
    await double(1)
    await wfc.sleep("1 hour")

@wf.workflow
async def listening() -> None:
    async for _ in Ping.wait(token="t"):
        pass

@wf.workflow
async def parent() -> None:
    await (await wfc.start(sleeping)).return_value()
"""
EVENT = (
    "insert into events select run_id, {seq}, '{type}', {at}, {call}, '{data}', x'31' from runs where run_id = '{run}'"
)


async def leave_runs(root: Path) -> None:
    """Leave a run of each kind behind: one that has ended, and ones that wait for a time, a payload and a child."""
    async with open_project(root) as project:
        ended = await project.start("ended", run_id="ended", n=2)
        for name in ("sleeping", "listening", "parent"):
            await project.start(name, run_id=name)
        project.work()
        assert await project.outcome(ended) == 4
        await project.until(lambda: project.store.hooks("listening"), "the hook")
        await project.client.store.post_payload("t", b'{"n":1}')

        async def asleep() -> bool:
            runs = await project.store.runs(RunQuery(9, "running"))
            heard = "hook_received" in [event.type for event in await project.store.events("listening")]
            return heard and len(runs) == 4 and all(run.owner is None for run in runs)

        await project.until(asleep, "all to be parked")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a store with runs of several kinds."""
    root = tmp_path_factory.mktemp("sound")
    write_build(root, STEPS, FLOWS)
    asyncio.run(leave_runs(root))
    return root / ".wfc" / "state.db"


def damaged(sound: Path, folder: Path, statement: str) -> Path:
    """Return a copy of the store that the statement has changed."""
    copy = folder / "damaged.db"
    with sqlite3.connect(sound) as whole, sqlite3.connect(copy) as other:
        whole.backup(other)
        assert other.execute(statement).rowcount != 0
    return copy


def test_a_sound_store_passes(sound: Path) -> None:
    """Runs that have ended and runs that wait for a time, a payload or a child."""
    check_file(sound)


def added(run: str, type_: str, call: str = "null", data: str = "{}") -> str:
    """Return a statement that appends an event to a run's log, and counts it."""
    seq = f"(select max(seq) + 1 from events where run_id = '{run}')"
    at = f"(select max(at) from events where run_id = '{run}')"
    return EVENT.format(run=run, seq=seq, at=at, type=type_, call=call, data=data)


STEP = "(select call_id from events where run_id = '{}' and type = 'step_created')"

BROKEN = {
    "a gap": ("delete from events where run_id = 'ended' and seq = 3", "numbered from 1 without gaps"),
    "an event after the end": (
        added("ended", "step_started", STEP.format("ended"), '{"attempt":2}'),
        "after run_comple",
    ),
    "a second result": (added("sleeping", "step_completed", STEP.format("sleeping")), "comes after the step's result"),
    "an attempt too many": (
        "update events set type = 'step_started', data = '{\"attempt\":2}' where type = 'step_completed'",
        "begins while an attempt before it runs",
    ),
    "a wrong attempt": ("update events set data = '{\"attempt\":2}' where type = 'step_started'", "it is number 1"),
    "a result of nothing": ("update events set call_id = 'step_x' where type = 'step_completed'", "was never created"),
    "two events the wrong way round": (
        "update events set at = at + 1000000000000 where run_id = 'sleeping' and seq = 3",
        "is older than the event before",
    ),
    "a timer that fires for nothing": (added("listening", "wait_completed", "'wait_x'"), "ends what isn't open"),
    "data that lacks something": ("update events set data = '{}' where type = 'step_created'", r"lacks \['stepName'\]"),
    "a result without a payload": ("update events set payload = null where type = 'step_completed'", "has no payload"),
    "an unknown event": (added("sleeping", "step_paused"), "a type that nobody knows"),
    "a wrong status": (
        "update runs set status = 'running' where run_id = 'ended'",
        "its log says that it is completed",
    ),
    "a wrong next number": ("update runs set next_seq = 99 where run_id = 'ended'", "next_seq is 99"),
    "an end without a result": ("update runs set output = null where run_id = 'ended'", "doesn't fit its status"),
    "an ended run that is due": ("update runs set wake_at = 1 where run_id = 'ended'", "has ended, and owner is None"),
    "a timer left behind": ("insert into timers values ('ended', 'wait_x', 1)", "has ended and left timers"),
    "a hook left behind": ("update hooks set run_id = 'ended'", "has ended and left hooks"),
    "a message left behind": (
        "insert into inbox values (99, 'ended', 'cancel', 1, null, '{}', null)",
        "has ended and left messages",
    ),
    "a lost wake-up": ("update runs set wake_at = null where run_id = 'sleeping'", "and the run at None"),
    "a late wake-up": ("update runs set wake_at = wake_at + 1 where run_id = 'sleeping'", "a timer is due at"),
    "a lost message": (
        "insert into inbox values (99, 'listening', 'cancel', 1, null, '{}', null)",
        "messages wait in its inbox",
    ),
    "a lost attempt": (added("listening", "step_created", "'step_x'", '{"stepName":"s"}'), "nobody works on them"),
    "a lost child": ("delete from watchers", "nobody will ever wake it"),
    "a lost hook": ("delete from hooks", "it holds the tokens {}"),
    "a lost timer": ("delete from events where type = 'wait_created' and run_id = 'sleeping'", "belongs to no wait"),
    "a lost attribute": ("delete from attributes", "its attributes are {}"),
    "rows of nobody": ("insert into inbox values (99, 'x', 'cancel', 1, null, '{}', null)", "a run that doesn't exist"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found(sound: Path, tmp_path: Path, what: str) -> None:
    """Each of these is one statement away from a sound store."""
    statement, message = BROKEN[what]
    with pytest.raises(BrokenInvariantError, match=message):
        check_file(damaged(sound, tmp_path, statement))


def test_what_was_seen_from_outside_must_be_in_the_log(sound: Path) -> None:
    """A body that ran without an attempt, and a payload that was accepted and isn't there."""
    with sqlite3.connect(sound) as database:
        (step,) = database.execute(
            "select call_id from events where run_id = 'ended' and type = 'step_created'"
        ).fetchone()
        (hook,) = database.execute("select hook_id from hooks").fetchone()
    check_file(sound, bodies=Counter({("ended", step): 1}), accepted=Counter({("listening", hook): 1}))
    with pytest.raises(BrokenInvariantError, match=f"the body of {step} ran 2 times in 1 attempts"):
        check_file(sound, bodies=Counter({("ended", step): 2}))
    with pytest.raises(BrokenInvariantError, match=f"2 payloads were accepted for {hook}, and 1 are there"):
        check_file(sound, accepted=Counter({("listening", hook): 2}))
