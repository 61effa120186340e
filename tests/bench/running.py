"""Workloads of busy runs: w1 and w1p steps in sequence, w2 a fan-out, w3 many runs at once, w4 one run at a time.

Comes in: n. Goes out: a Result each. Runs are started by this process and executed by a `wfc worker` process; a time is
that from the call of `start` to the return of `wait`, where nothing else is said.
"""

import asyncio
import time
from typing import Any

from tests.bench.host import Host, open_host
from tests.bench.limits import Ground
from tests.bench.measure import REPEATS, Result, quantile_ms, summary
from tests.bench.program import built_project

PAYLOAD = "x" * 10_000
STEPS_PER_RUN = 3
_AT_ONCE = 500  # starts that are under way at a time


def sequence(n: int) -> list[Result]:
    """w1: no-op steps, one after another."""
    return [asyncio.run(_one_run("w1", "sequence", n))]


def with_payload(n: int) -> list[Result]:
    """w1p: the same with 10 kB as argument and as result of each step."""
    return [asyncio.run(_one_run("w1p", "with_payload", n, text=PAYLOAD))]


def fan_out(n: int) -> list[Result]:
    """w2: no-op steps, gathered."""
    return [asyncio.run(_one_run("w2", "fan_out", n))]


async def _one_run(workload: str, workflow: str, n: int, **arguments: Any) -> Result:
    times = []
    ground = Ground()
    with built_project() as project:
        async with open_host(project) as host, host.worker() as worker:
            for _ in range(REPEATS):
                # Beside each run, since a shared disk is ten times slower in one minute than in the next.
                ground.measure_commit()
                began = time.perf_counter()
                await host.end(await host.start(workflow, n=n, **arguments))
                times.append(time.perf_counter() - began)
    return summary(workload, n, times, worker.peak_rss_mb, ground.commit)


def many_runs(n: int) -> list[Result]:
    """w3: n runs of three steps, all started before the worker is; and how fast they are started (w3s)."""
    return asyncio.run(_many_runs(n))


async def _many_runs(n: int) -> list[Result]:
    starts, works, peaks = [], [], []
    ground = Ground()
    for _ in range(REPEATS):
        with built_project() as project:
            async with open_host(project) as host:
                ground.measure_commit()
                began = time.perf_counter()
                runs = await _start_all(host, n)
                starts.append(time.perf_counter() - began)
                async with host.worker() as worker:
                    ended = await host.ends(runs)
                peaks.append(worker.peak_rss_mb)
                # From the first turn to the last: the start of the worker's process is not what is measured.
                first = min(run.started_at or 0 for run in ended)
                works.append((max(run.updated_at for run in ended) - first) / 1e6)
    return [
        summary("w3", n, works, max(peaks), ground.commit, operations=STEPS_PER_RUN * n),
        summary("w3s", n, starts, max(peaks), ground.commit),
    ]


async def _start_all(host: Host, n: int) -> list[Any]:
    runs: list[Any] = []
    for begin in range(0, n, _AT_ONCE):
        batch = (host.start("sequence", n=STEPS_PER_RUN) for _ in range(begin, min(n, begin + _AT_ONCE)))
        runs += await asyncio.gather(*batch)
    return runs


def one_at_a_time(n: int) -> list[Result]:
    """w4: a run of one step, n times in sequence, on an idle system."""
    return [asyncio.run(_one_at_a_time(n))]


async def _one_at_a_time(n: int) -> Result:
    rounds: list[list[float]] = []
    ground = Ground()
    with built_project() as project:
        async with open_host(project) as host, host.worker() as worker:
            for _ in range(REPEATS):
                ground.measure_commit()
                rounds.append([await _latency(host) for _ in range(n)])
    every = [seconds for round_ in rounds for seconds in round_]
    return summary(
        "w4",
        n,
        [sum(round_) for round_ in rounds],
        worker.peak_rss_mb,
        ground.commit,
        p50_ms=quantile_ms(every, 0.5),
        p99_ms=quantile_ms(every, 0.99),
    )


async def _latency(host: Host) -> float:
    began = time.perf_counter()
    await host.end(await host.start("sequence", n=1))
    return time.perf_counter() - began
