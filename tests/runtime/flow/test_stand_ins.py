"""What stands for `time`, `datetime`, `random` and `uuid` in a flow: the run's own in a run, the real ones outside."""

from __future__ import annotations

import datetime as real_datetime
import random as real_random
import time as real_time
import uuid as real_uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import wfc
from tests.runtime.memory_run import START, MemoryRun, let_go, work
from wfc.flow import date, datetime, random, time, uuid
from wfc.flow.random import METHODS
from wfc_compiler.lower.substitutions import STAND_INS

MOMENT = real_datetime.datetime.fromtimestamp(START / 1e6, UTC)


class Stamp(datetime):
    """As emitted code derives from datetime."""

    note = ""


class Day(date):
    """As emitted code derives from date."""


def in_run(values: Callable[[], Any], run_id: str = "memory") -> Any:
    """Return what a function gives inside a run."""
    found: list[Any] = []

    async def flow() -> None:
        found.append(values())

    assert MemoryRun(flow, run_id=run_id).begin().ended
    let_go()
    return found[0]


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        pytest.param(time.time, START / 1e6, id="time"),
        pytest.param(time.time_ns, START * 1000, id="time_ns"),
        pytest.param(time.gmtime, MOMENT.utctimetuple(), id="gmtime"),
        pytest.param(time.localtime, MOMENT.utctimetuple(), id="localtime is UTC"),
        pytest.param(time.ctime, "Tue Nov 14 22:13:20 2023", id="ctime"),
        pytest.param(time.asctime, "Tue Nov 14 22:13:20 2023", id="asctime"),
        pytest.param(lambda: time.strftime("%Y-%m-%d %H"), "2023-11-14 22", id="strftime"),
        pytest.param(lambda: time.mktime(time.gmtime(5)), 5.0, id="mktime"),
        pytest.param(datetime.now, MOMENT.replace(tzinfo=None), id="now"),
        pytest.param(lambda: datetime.now(UTC), MOMENT, id="now in UTC"),
        pytest.param(datetime.utcnow, MOMENT.replace(tzinfo=None), id="utcnow"),
        pytest.param(datetime.today, MOMENT.replace(tzinfo=None), id="today"),
        pytest.param(lambda: datetime.fromtimestamp(5), real_datetime.datetime(1970, 1, 1, 0, 0, 5), id="local time"),
        pytest.param(date.today, MOMENT.date(), id="the date"),
        pytest.param(lambda: date.fromtimestamp(5), real_datetime.date(1970, 1, 1), id="a local date"),
    ],
)
def test_the_clock_is_the_runs(read: Callable[[], Any], expected: object) -> None:
    """Every way to ask for the present gives the time of the last event, and local time is UTC."""
    found = in_run(read)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("zone", [ZoneInfo("America/New_York"), timezone(timedelta(hours=5)), UTC])
def test_now_in_a_zone(zone: real_datetime.tzinfo) -> None:
    """A zone is applied as the standard library does it, its `fold` too."""
    assert in_run(lambda: datetime.now(zone)) == MOMENT
    assert in_run(lambda: datetime.now(zone)).tzinfo is zone


def test_a_class_of_the_users_makes_its_own_instances() -> None:
    """`Stamp.now()` is a Stamp of the run's clock; other constructors are untouched."""
    stamp, day = in_run(lambda: (Stamp.now(UTC), Day.today()))
    assert (type(stamp), type(day)) == (Stamp, Day)
    assert (stamp, day) == (MOMENT, MOMENT.date())
    assert type(Stamp(2020, 1, 1)) is Stamp
    assert isinstance(stamp, real_datetime.datetime)


def test_outside_of_a_run_the_real_ones_answer() -> None:
    """A module that is being imported, or a test that calls a flow's helper, sees the host's clock."""
    before = real_time.time()
    moments = [time.time(), time.time_ns() / 1e9, time.mktime(time.localtime()) + 1]
    moments += [datetime.now().timestamp(), datetime.now(UTC).timestamp(), Stamp.now().timestamp()]
    assert all(before - 1 <= moment <= real_time.time() + 1 for moment in moments)
    assert (date.today(), type(date.today())) == (real_datetime.date.today(), real_datetime.date)
    assert uuid.uuid1().node == real_uuid.getnode()
    assert uuid.uuid4() != uuid.uuid4()
    random.seed(5)
    assert random.random() == real_random.Random(5).random()


def test_other_names_are_the_standard_librarys() -> None:
    """What isn't replaced is there as it is, classes above all."""
    assert (uuid.UUID, uuid.NAMESPACE_URL) == (real_uuid.UUID, real_uuid.NAMESPACE_URL)
    assert (time.sleep, random.SystemRandom) == (real_time.sleep, real_random.SystemRandom)
    with pytest.raises(AttributeError, match="uuid9"):
        _ = uuid.uuid9
    assert isinstance(real_random.Random(), random.Random)
    assert issubclass(real_random.Random, random.Random)


@pytest.mark.parametrize(("name", "module"), [("time", time), ("uuid", uuid)])
def test_lowering_knows_what_is_replaced(name: str, module: Any) -> None:
    """The names that the compiler takes for replaced are those that this runtime has of its own."""
    # Names that begin with @ are pytest's, where it has rewritten the module's asserts.
    own = {key for key in vars(module) if key[0] not in "_@"} - {"annotations", "Any", "current_run", "calendar"}
    assert STAND_INS[name] == frozenset(own)


def draws() -> list[object]:
    xs = list(range(10))
    random.shuffle(xs)
    return [
        random.random(),
        random.getrandbits(40),
        random.randbytes(3),
        random.randint(1, 1000),
        random.choice("abcdef"),
        xs,
        round(random.gauss(0, 1), 9),
        round(random.expovariate(2), 9),
    ]


def test_values_are_the_same_on_every_python() -> None:
    """A run that moves to another Python draws on: these values were recorded on 3.11."""
    shuffled = [3, 5, 2, 0, 4, 8, 7, 1, 6, 9]
    recorded = [0.1367118526871962, 489959404386, b"I+\x99", 799, "d", shuffled, 0.809134052, 0.03926614]
    assert in_run(draws) == recorded
    assert in_run(draws, "other") == recorded, "the seed alone decides"
    assert str(in_run(uuid.uuid4)) == "f5ee5548-9014-4228-aee5-f462c65d9e21"


def test_all_forms_share_one_generator() -> None:
    """`wfc.random()`, the module's functions and a generator made at import draw from the same sequence."""
    shared = random.Random()
    assert in_run(lambda: [wfc.random().random(), random.random(), shared.random()]) == in_run(
        lambda: [random.random() for _ in range(3)]
    )
    assert in_run(lambda: wfc.uuid4()) == in_run(lambda: uuid.uuid4())
    assert in_run(lambda: wfc.time_ns()) == in_run(time.time_ns)


@pytest.mark.parametrize("other", [uuid.uuid4, uuid.uuid1, lambda: random.Random().random(), lambda: wfc.uuid4()])
def test_one_more_id_shifts_no_random_value(other: Callable[[], object]) -> None:
    """Ids, and generators without a seed, have streams of their own."""
    assert in_run(lambda: (other(), random.random())[1]) == in_run(random.random)


def test_ids_of_one_moment_differ() -> None:
    """`uuid1` counts within a moment, even where node and sequence are given."""
    made = in_run(lambda: [uuid.uuid1() for _ in range(50)] + [uuid.uuid1(7, 9) for _ in range(50)])
    assert len(set(made)) == 100
    assert all(item.version == 1 and item.variant == real_uuid.RFC_4122 for item in made)
    assert [item.time for item in made] == sorted(item.time for item in made)
    assert abs((made[0].time - 0x01B21DD213814000) // 10 - START) < 100
    assert (made[-1].node, made[-1].clock_seq) == (7, 9)


def test_a_generator_without_a_seed_is_seeded_by_the_run() -> None:
    """Several of them differ, each is the same again; a seeded one is the standard library's."""
    first, second = in_run(lambda: [random.Random().random(), random.Random(None).random()])
    assert first != second
    assert [first, second] == in_run(lambda: [random.Random().random(), random.Random().random()])
    assert in_run(lambda: random.Random(7).random()) == real_random.Random(7).random()

    class Own(random.Random):
        """Derives from Random, as the user's code may."""

    assert in_run(lambda: Own().random()) == first


def test_seeding_belongs_to_the_run() -> None:
    """`seed(7)` fixes what follows in this run alone; `seed()` is the same again; state can be put back."""
    assert in_run(lambda: (random.seed(7), random.random())[1]) == real_random.Random(7).random()
    assert in_run(lambda: (random.seed(), random.random())[1]) == in_run(lambda: (random.seed(), random.random())[1])
    assert in_run(lambda: (random.seed(), random.random())[1]) != in_run(random.random)

    def again() -> bool:
        state = random.getstate()
        first = [random.gauss(0, 1) for _ in range(3)]
        random.setstate(state)
        return first == [random.gauss(0, 1) for _ in range(3)]

    assert in_run(again)


def test_runs_share_nothing_through_a_generator_of_a_module() -> None:
    """The spare value of `gauss` is kept with the run, not with the generator that all runs use."""
    shared = random.Random()
    assert in_run(lambda: shared.gauss(0, 1)) == in_run(lambda: shared.gauss(0, 1))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_a_function(name: str) -> None:
    """What `random` offers at module level is there."""
    assert callable(getattr(random, name))
    assert hasattr(real_random, name)


@dataclass
class Order:
    """As emitted: the field's default is the run's."""

    id: real_uuid.UUID = field(default_factory=uuid.uuid4)


def test_what_decoding_makes_belongs_to_the_run() -> None:
    """A default factory that runs while a step's result is decoded gives the same id on replay."""

    async def flow() -> str:
        made: list[str] = []
        order = await work("a")
        made.append(str(order))
        await work("b")
        return repr(made)

    def validated(value: object) -> object:
        return Order()

    run = MemoryRun(flow).begin()
    decode = run.route.signature_of(work)
    decode.decode_result = validated  # type: ignore[method-assign, assignment]
    run.succeed("x")
    again = run.replayed().finish()
    assert again.result == run.finish().result
    assert "Order" in str(run.result)
