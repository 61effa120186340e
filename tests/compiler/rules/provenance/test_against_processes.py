"""What is found differs between processes when it is run, and what is left alone doesn't: Python has the last word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.compiler.rules.provenance import test_bodies, test_programs, test_quiet_programs
from tests.compiler.rules.provenance.meetings import source_of, workflow

SEEDS = range(6)
# Numbers are hashed alike everywhere, and addresses may be the same by chance.
UNTOLD = frozenset(f"finds: {name}" for name in ("numbers", "a set of coroutines", "key=id", "repr", "repr2"))
PROGRAMS: Mapping[str, str] = {
    **{f"finds: {name}": workflow(body) for name, (body, _) in test_bodies.FINDS.items()},
    **{f"finds: {name}": program for name, (program, _) in test_programs.FINDS.items()},
    **{f"quiet: {name}": workflow(body) for name, body in test_bodies.QUIET.items()},
    **{f"quiet: {name}": program for name, program in test_quiet_programs.QUIET.items()},
}


@cache
def traces() -> list[Mapping[str, list[object]]]:
    """Return what the programs ask for, process by process."""
    given = json.dumps({name: source_of(program) for name, program in PROGRAMS.items()})
    tracer = Path(__file__).with_name("tracer.py")
    found = []
    for seed in SEEDS:
        done = subprocess.run(
            [sys.executable, str(tracer)],
            input=given,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    return found


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name.startswith("quiet")])
def test_what_is_left_alone_is_the_same_in_each_process(name: str) -> None:
    """A program without a finding asks for the same steps with the same arguments, whatever the hash seed is."""
    first, *others = (found[name] for found in traces())
    assert all(trace == first for trace in others)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name.startswith("finds") and name not in UNTOLD])
def test_what_is_found_differs_between_processes(name: str) -> None:
    """A program with a finding asks for something else in some process."""
    first, *others = (found[name] for found in traces())
    assert any(trace != first for trace in others)
