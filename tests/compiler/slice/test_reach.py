"""Reachability for all modules at once, against the plain walk from one."""

from __future__ import annotations

import random

import pytest

from wfc_compiler.slice.reach import Reachability


def walked(edges: dict[str, list[str]], start: str) -> set[str]:
    """Return what one walk from `start` comes to."""
    found, pending = {start}, [start]
    while pending:
        new = set(edges[pending.pop()]) - found
        found |= new
        pending += new
    return found


@pytest.mark.parametrize("seed", range(200))
def test_a_random_graph_is_closed(seed: int) -> None:
    """Chains, branches and cycles give what a walk gives."""
    chance = random.Random(seed)
    names = [f"m{number}" for number in range(chance.randint(1, 12))]
    edges = {name: chance.choices(names, k=chance.randint(0, 3)) for name in names}
    closed = Reachability(edges)
    for start in names:
        assert {name for name in names if closed.reaches(start, name)} == walked(edges, start)


def test_a_long_chain_is_no_recursion() -> None:
    """A chain of modules as long as a big project is followed without recursion."""
    edges = {f"m{number}": [f"m{number + 1}"] for number in range(5000)} | {"m5000": []}
    closed = Reachability(edges)
    assert closed.reaches("m0", "m5000")
    assert not closed.reaches("m5000", "m0")
