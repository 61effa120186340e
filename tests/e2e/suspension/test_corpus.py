"""Suspension is invisible, construct by construct, through the real compiler.

Each workflow of `corpus/` waits in one construct of the language or its libraries. It is compiled, run on the engine,
put aside at each place where it waits, and replayed; and its source is run under plain asyncio. All of them do the
same, in the same order, also when the run is cancelled or a step fails at any of its moves.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.suspension.durable import ALWAYS, DurableRun, run_durably
from tests.e2e.suspension.noise import complaints, silence
from tests.e2e.suspension.plain import run_plainly
from tests.e2e.suspension.project import Routes
from tests.e2e.suspension.scenario import Scenario

CORPUS = Path(__file__).parent / "corpus"
CONSTRUCTS = [
    f"{path.stem}.{name}"
    for path in sorted(CORPUS.glob("*.py"))
    if path.stem != "limits"
    for name in re.findall(r"^@wf\.workflow\nasync def (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
]


def plain_function(construct: str) -> Callable[[], Coroutine[Any, Any, str]]:
    module, _, name = construct.partition(".")
    function: Callable[[], Coroutine[Any, Any, str]]
    function = getattr(importlib.import_module(f"tests.e2e.suspension.corpus.{module}"), name).func
    return function


def test_the_corpus_is_whole(corpus: Routes) -> None:
    """Every workflow of the corpus is compiled and among the constructs."""
    assert len(CONSTRUCTS) > 70
    assert set(CONSTRUCTS) == {name for name in corpus.names if not name.startswith("limits.")}


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_putting_a_run_aside_is_invisible(construct: str, corpus: Routes) -> None:
    """At each place where it waits, and at all of them: nothing runs, nothing is left, and the run ends alike."""
    expected = run_plainly(plain_function(construct), Scenario())
    hot, log = run_durably(corpus[construct], Scenario(), code=corpus.root)
    assert hot == expected
    assert hot.moves >= 1
    for evict_before in (*([move] for move in range(hot.moves)), ALWAYS):
        assert run_durably(corpus[construct], Scenario(), evict_before, code=corpus.root) == (hot, log)


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_leaving_a_block_is_as_in_asyncio(construct: str, corpus: Routes) -> None:
    """Cancelled, or failed by a step, at any move: clean-up happens once and in asyncio's order, suspended or not."""
    moves = run_durably(corpus[construct], Scenario(), code=corpus.root)[0].moves
    for move in range(moves):
        for scenario in (Scenario(cancel_at=move), Scenario(fail_at=move)):
            expected = run_plainly(plain_function(construct), scenario)
            hot, log = run_durably(corpus[construct], scenario, code=corpus.root)
            assert hot == expected, scenario
            assert run_durably(corpus[construct], scenario, ALWAYS, code=corpus.root) == (hot, log), scenario


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_runs_of_one_workflow_are_put_aside_apart(construct: str, corpus: Routes) -> None:
    """Of two runs that take turns one is put aside while the other waits in the same code, and goes on."""
    expected = run_durably(corpus[construct], Scenario(), code=corpus.root)[0]
    with silence() as noise:
        one, other = (DurableRun(corpus[construct], Scenario(), corpus.root, run_id) for run_id in ("one", "other"))
        while not one.ended:
            one.put_aside()
            other.move()
            one.bring_back()
            one.move()
    assert other.ended
    for run in (one, other):
        assert replace(run.outcome()[0], noise=complaints(noise)) == expected
