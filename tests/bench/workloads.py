"""Every workload by its name, with the sizes it is run at when none is given.

Sizes double where cost has to grow linearly. Where next: `running.py`, `waiting.py`, `compiling.py`, `limits.py`.
"""

from collections.abc import Callable

from tests.bench import compiling, limits, running, waiting
from tests.bench.measure import Result

Workload = Callable[[int], list[Result]]

WORKLOADS: dict[str, tuple[Workload, tuple[int, ...]]] = {
    "raw": (limits.raw, (1,)),
    "w1": (running.sequence, (10, 100, 1000, 3000)),
    "w1p": (running.with_payload, (100, 1000)),
    "w2": (running.fan_out, (100, 1000, 2000)),
    "w3": (running.many_runs, (500, 1000, 2000)),
    "w4": (running.one_at_a_time, (50,)),
    "w5": (waiting.parked, (25_000, 50_000, 100_000)),
    "w6": (waiting.killed, (100,)),
    "w7": (compiling.light_route, (11,)),
    "w8": (waiting.replay, (500, 1000, 2000)),
    "c1": (compiling.build, (250, 500, 1000)),
    "c1u": (compiling.build_untouched, (1000,)),
    "c1e": (compiling.build_edited, (1000,)),
    "c2": (compiling.check, (250, 500, 1000)),
}
