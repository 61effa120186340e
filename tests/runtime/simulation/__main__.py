"""`python -m tests.runtime.simulation SEED...`: play seeds again, with their whole journals on stdout."""

from __future__ import annotations

import sys

from tests.runtime.simulation.world import WorldError, play

for seed in map(int, sys.argv[1:]):
    try:
        world = play(seed)
    except WorldError as error:
        print(*error.journal, sep="\n")
        print(f"seed {seed}: {error.__cause__!r}")
    else:
        print(*world.journal, sep="\n")
        print(f"seed {seed}: {len(world.runs)} runs ended as they should")
