"""Where putting a run aside can be noticed, and by whom. None of it reaches the log: a replay goes on all the same."""

from __future__ import annotations

import gc
import logging

import pytest

from tests.e2e.suspension.durable import ALWAYS, run_durably
from tests.e2e.suspension.noise import silence
from tests.e2e.suspension.notes import left
from tests.e2e.suspension.project import Routes
from tests.e2e.suspension.scenario import Scenario
from tests.runtime.memory_run import MemoryRun


def put_aside(corpus: Routes, name: str) -> tuple[list[str], list[str]]:
    """Put a run aside where it first waits; return what its code did, and what was said about it."""
    with silence() as noise:
        run = MemoryRun(corpus[f"limits.{name}"]).begin()
        left.clear()
        run.state.flow.evict()
        assert run.state.flow._take_commands() == []
        notes = left.copy()
        whole = run.replayed().finish()
        run.put_aside()
        gc.collect()
    assert whole.result
    return notes, noise


def test_a_callback_that_a_library_holds_runs(corpus: Routes) -> None:
    """A library that calls back in its own `finally` isn't guarded; what it calls can do nothing durable."""
    assert put_aside(corpus, "a_callback_that_a_library_holds") == (["after"], [])


def test_a_library_that_swallows_everything_is_complained_about(corpus: Routes) -> None:
    """A library that can't be closed ends nothing but itself, with one line of the interpreter's."""
    notes, noise = put_aside(corpus, "a_library_that_insists")
    assert notes == []
    assert [line.partition("(")[0] for line in noise] == ["unraisable RuntimeError"]


def test_a_condition_whose_lock_is_taken_raises_only_to_the_engine(
    corpus: Routes, caplog: pytest.LogCaptureFixture
) -> None:
    """`Condition.wait` takes its lock again on the way out; where it can't, nobody but the engine hears of it."""
    caplog.set_level(logging.DEBUG, "wfc.flow")
    assert put_aside(corpus, "a_condition_whose_lock_is_taken") == ([], [])
    assert any("didn't close cleanly" in message for message in caplog.messages)


def test_an_object_that_is_a_coroutine_is_closed_by_its_own_method(corpus: Routes) -> None:
    """A class that implements `close` itself has it called; only the interpreter's coroutines are guarded."""
    assert put_aside(corpus, "a_coroutine_that_is_an_object") == (["closed by hand"], [])


@pytest.mark.parametrize("name", ["a_condition_whose_lock_is_taken"])
def test_the_run_goes_on(name: str, corpus: Routes) -> None:
    """Put aside everywhere, it ends as it does when it never was."""
    hot = run_durably(corpus[f"limits.{name}"], Scenario(), code=corpus.root)
    assert run_durably(corpus[f"limits.{name}"], Scenario(), ALWAYS, code=corpus.root) == hot


def test_a_generator_that_yields_while_it_is_closed_is_complained_about(corpus: Routes) -> None:
    """By the interpreter, in a workflow as anywhere; `test_corpus.py` compares what it says with plain asyncio."""
    outcome, _ = run_durably(
        corpus["generators.over_a_generator_that_yields_while_it_is_closed"], Scenario(), ALWAYS, code=corpus.root
    )
    assert outcome.noise == {"unraisable RuntimeError('generator ignored GeneratorExit')"}
