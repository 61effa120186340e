"""Worlds in which everything goes wrong, each from a seed: see `world.py`. `make soak` plays many more of them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.runtime.memory_run import let_go
from tests.runtime.simulation.world import WorldError, play
from wfc.store.memory import MemoryStore

IN_A_TEST = 25  # a test's length: xdist shares tests out
SEEDS = 200
SOAKED = 10_000
FOUND = (41_510, 42_053, 43_852)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Leave out what workers log of each death: there are thousands."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def play_all(seeds: range) -> None:
    for seed in seeds:
        play(seed)
        let_go()


@pytest.mark.parametrize("first", range(0, SEEDS, IN_A_TEST))
def test_everything_goes_wrong_and_ends_well(first: int) -> None:
    """Whatever happens to workers, clocks and wake-ups: what must hold always holds, and every run ends."""
    play_all(range(first, first + IN_A_TEST))


@pytest.mark.parametrize("seed", FOUND)
def test_what_was_found_once_stays_mended(seed: int) -> None:
    """A worker loses a run and claims it again while the lost claim's transition is under way."""
    play(seed)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(SEEDS, SEEDS + SOAKED, 10 * IN_A_TEST))
def test_it_does_for_long(first: int) -> None:
    """The same, 10,000 times."""
    play_all(range(first, first + 10 * IN_A_TEST))


def test_a_seed_says_all() -> None:
    """The same seed gives the same world: what is found can be found again."""
    one, other = play(3), play(3)
    assert one.journal == other.journal
    assert len(one.journal) > 10
    assert one.events() == other.events()


def test_worlds_have_trouble_of_all_kinds() -> None:
    """A world in which nothing goes wrong would prove nothing."""
    told: Counter[str] = Counter()
    types: Counter[str] = Counter()
    for seed in range(12):
        world = play(seed)
        told.update(" ".join(line.split()[2:4]) for line in world.journal)
        types.update(event.type for log in world.events().values() for event in log)
    for trouble in ("dies", "dies before", "dies after", "stands still", "is forgotten", "is told", "has its"):
        assert told[trouble], f"nobody {trouble}"
    common = {"step_retrying", "step_failed", "step_cancelling", "hook_received", "child_completed", "run_cancelling"}
    assert common <= types.keys()


def _forgets_the_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wfc.store.sqlite.commit.UPDATE_RUN", _without("and owner = ? and fence = ?", "or ? + ? = ''"))


def _forgets_to_release(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(store: MemoryStore, worker: str) -> int:
        return 0

    monkeypatch.setattr(MemoryStore, "_release", nothing)


def _loses_what_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wfc.store.sqlite.others.INSERT_ITEM", "select ?, ?, ?, ?, ?, ?")


def _without(part: str, instead: str) -> str:
    from wfc.store.sqlite.commit import UPDATE_RUN

    assert part in UPDATE_RUN
    return UPDATE_RUN.replace(part, instead)


@pytest.mark.parametrize(
    ("mistake", "first"), [(_forgets_the_fence, 45), (_forgets_to_release, 0), (_loses_what_arrived, 0)]
)
def test_a_planted_mistake_is_found(monkeypatch: pytest.MonkeyPatch, mistake: Any, first: int) -> None:
    """And its seed is said, with what to do to see it again. It starts near a seed that finds it, to be short."""
    mistake(monkeypatch)
    with pytest.raises(WorldError, match=r"(?s)^seed \d+: .*python -m tests.runtime.simulation \d+$"):
        play_all(range(first, first + 40))
