"""Random nestings of blocks: compiled, and put aside at random moves, they do what plain asyncio does."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.e2e.suspension.durable import run_durably
from tests.e2e.suspension.plain import run_plainly
from tests.e2e.suspension.programs import Node, programs, render
from tests.e2e.suspension.project import compile_files
from tests.e2e.suspension.scenario import Scenario
from tests.runtime.memory_run import let_go
from wfc.flow import FlowRoute

CORPUS = Path(__file__).parent / "corpus"
SHARED = {name: (CORPUS / name).read_text(encoding="utf-8") for name in ("steps.py", "scopes.py")}

SETTINGS = """[tool.wfc]
ignore = ["WFC310"]  # loops in `finally` blocks are left in every way
"""
MOVES = st.one_of(st.none(), st.integers(0, 9))
SCENARIOS = st.builds(Scenario, cancel_at=MOVES, fail_at=MOVES)
EVICTIONS = st.one_of(st.just(range(200)), st.sets(st.integers(0, 15)))


def plain_function(source: str) -> Callable[[], Coroutine[Any, Any, str]]:
    namespace: dict[str, Any] = {"__name__": "tests.e2e.suspension.corpus.program"}
    exec(compile(source, "program.py", "exec"), namespace)
    function: Callable[[], Coroutine[Any, Any, str]] = namespace["program"].func
    return function


def check(drawn: list[tuple[list[Node], Scenario, Any]]) -> None:
    """Compile programs and compare each with plain asyncio, left in memory and put aside."""
    sources = {f"program_{n}": render(body) for n, (body, _, _) in enumerate(drawn)}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        files = {**SHARED, **{f"{name}.py": source for name, source in sources.items()}}
        routes = compile_files(files, root, settings=SETTINGS)
        for (name, source), (_, scenario, evict_before) in zip(sources.items(), drawn, strict=True):
            note(f"{scenario}, put aside before {evict_before}:\n{source}")
            try:
                compare(plain_function(source), routes[f"{name}.program"], scenario, evict_before, root)
            finally:
                let_go()


def compare(
    plain: Callable[[], Coroutine[Any, Any, str]], route: FlowRoute, scenario: Scenario, evict_before: Any, code: Path
) -> None:
    for tried in {Scenario(), scenario}:
        expected = run_plainly(plain, tried)
        hot, log = run_durably(route, tried, code=code)
        assert hot == expected
        assert run_durably(route, tried, evict_before, code=code) == (hot, log)


DRAWN = st.tuples(programs(), SCENARIOS, EVICTIONS)
AT_ONCE = 10  # programs of a project: compiling one by itself takes as long as ten


@given(st.lists(DRAWN, min_size=AT_ONCE, max_size=AT_ONCE))
@settings(max_examples=300 // AT_ONCE, suppress_health_check=list(HealthCheck))
def test_a_random_program_does_what_it_does_in_asyncio(drawn: list[tuple[list[Node], Scenario, Any]]) -> None:
    """The same steps, notes and end, in the same order; also cancelled, and with a step that fails."""
    check(drawn)


@given(st.lists(programs(), min_size=5, max_size=5))
@settings(max_examples=1, suppress_health_check=list(HealthCheck))
def test_a_random_program_does_the_same_wherever_strings_hash_otherwise(drawn: list[list[Node]]) -> None:
    """The same log, event by event, in processes with other hash seeds."""
    with tempfile.TemporaryDirectory() as folder:
        for number, body in enumerate(drawn):
            (Path(folder) / f"program_{number}.py").write_text(render(body))
        (Path(folder) / "pyproject.toml").write_text(SETTINGS)
        command = [sys.executable, "-m", "tests.e2e.suspension.hashing", folder]
        shown = [
            subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
            for seed in ("0", "1", "2")
        ]
    assert shown[0].count(b"\n") == len(drawn)
    assert shown[0] == shown[1] == shown[2]


@pytest.mark.soak
@given(st.lists(DRAWN, min_size=AT_ONCE, max_size=AT_ONCE))
@settings(max_examples=10_000 // AT_ONCE, suppress_health_check=list(HealthCheck))
def test_many_random_programs(drawn: list[tuple[list[Node], Scenario, Any]]) -> None:
    """The same, many times over."""
    check(drawn)
