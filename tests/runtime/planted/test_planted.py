"""Each mistake that could be planted in the engine is noticed: nearly all by the simulation and the invariants.

The table of bugs and who notices them is this file: what isn't listed in NOTICED is found in the first worlds of the
simulation.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.runtime.engine.test_cancelling_steps import test_a_step_without_a_body_ends_at_once as ends_unheard
from tests.runtime.memory_run import MemoryRun, let_go, work
from tests.runtime.planted.bugs import BUGS
from tests.runtime.simulation.world import WorldError, play
from tests.runtime.store.clock import Clock
from tests.runtime.store.test_conformance import test_a_token_belongs_to_one_live_run as keeps_tokens
from tests.runtime.store.test_conformance import test_the_end_of_a_run_clears_what_it_left as clears_up
from wfc.store.sqlite.store import SqliteStore
from wfc.worker import worker

pytestmark = pytest.mark.raw_store("its engine has a planted mistake")

WORLDS = 10


def live_through_worlds(_: Path) -> None:
    for seed in range(WORLDS):
        play(seed)


def lose_a_worker(_: Path) -> None:
    """Replay a run whose body was running, as a worker does that takes it over; its one attempt is spent."""

    async def one() -> None:
        await work("only once")

    run = MemoryRun(one).begin().replayed()
    run.take(*vars(worker)["lost_attempts"](run.state, run.now))
    assert run.types[-2:] == ["step_failed", "run_failed"]


NOTICED: dict[str, Callable[[Path], object]] = {
    "spend_no_attempt_on_a_lost_worker": lose_a_worker,
    "forget_to_end_cancelled_steps": lambda _: ends_unheard(),
    "leave_timers_behind": lambda folder: clears_up(lambda: SqliteStore(folder / "state.db", Clock())),
    "steal_a_token": lambda folder: keeps_tokens(lambda: SqliteStore(folder / "state.db", Clock())),
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Leave out what workers log of each death."""
    logging.disable(logging.CRITICAL)
    yield
    let_go()
    gc.collect()  # what a world leaves that broke off complains when it is collected
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_noticed(bug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the bug its finder fails."""
    BUGS[bug](monkeypatch)
    with pytest.raises((WorldError, AssertionError, ValueError)):
        NOTICED.get(bug, live_through_worlds)(tmp_path)


@pytest.mark.parametrize("finder", NOTICED)
def test_a_sound_engine_passes(finder: str, tmp_path: Path) -> None:
    """Without a bug they don't fail; the simulation has tests of its own for that."""
    NOTICED[finder](tmp_path)
