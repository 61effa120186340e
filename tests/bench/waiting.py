"""Workloads of runs that wait or come back: w5 parked runs, w6 a killed worker, w8 a replay.

Comes in: n. Goes out: Results. What runs is a `wfc worker` process, but for w8, where a process of its own does what a
worker does with a run that it has claimed (`replaying.py`).
"""

import asyncio
import json
import signal
import sys
import time
from pathlib import Path

from tests.bench.host import Host, Worker, open_host
from tests.bench.limits import Ground, import_seconds
from tests.bench.measure import REPEATS, Result, command, summary
from tests.bench.program import built_project
from wfc.model import Run

ROOT = Path(__file__).parents[2]
IDLE_SECONDS = 3.0
_AT_ONCE = 500
_RESUMED_AT_ONCE = 200
_WARM_UP = 100  # runs that are parked before memory is compared: what a worker allocates once isn't a run's cost


def parked(n: int) -> list[Result]:
    """w5: n runs parked, two on a hook for each one in a sleep; then some are resumed.

    `w5` tells how fast they are parked, what that leaves in the worker's memory, and how much of a processor the worker
    uses while all of them wait; `w5r` how many resumes a second run to their end.
    """
    return asyncio.run(_parked(n))


async def _parked(n: int) -> list[Result]:
    ground = Ground()
    with built_project() as project:
        async with open_host(project) as host, host.worker() as worker:
            await _park(host, range(_WARM_UP))
            before = worker.rss_mb()
            began = time.perf_counter()
            runs = await _park(host, range(_WARM_UP, n))
            seconds = time.perf_counter() - began
            grown = worker.rss_mb() - before
            busy = worker.cpu_seconds()
            await asyncio.sleep(IDLE_SECONDS)
            busy = (worker.cpu_seconds() - busy) / IDLE_SECONDS
            count = min(2 * _RESUMED_AT_ONCE, len(runs) // REPEATS)
            times = []
            for number in range(REPEATS):
                ground.measure_commit()
                # From all over the store, the oldest first: most of them are in nobody's memory any more.
                times.append(await _resume(host, runs[number :: len(runs) // count][:count]))
    figures = {"rss_growth_mb": grown, "idle_cpu": busy}
    return [
        summary("w5", n, [seconds], worker.peak_rss_mb, ground.commit, more=figures),
        summary("w5r", n, times, worker.peak_rss_mb, ground.commit, operations=count),
    ]


async def _park(host: Host, numbers: range) -> list[tuple[str, Run]]:
    """Start runs, every third one a sleep, and wait until all are parked; those on a hook, with their tokens."""
    waiting: list[tuple[str, Run]] = []
    for begin in range(numbers.start, numbers.stop, _AT_ONCE):
        part = range(begin, min(numbers.stop, begin + _AT_ONCE))
        sleeps = (host.start("long_sleep", number=number) for number in part if number % 3 == 0)
        hooks = (host.start("approval", token=f"token-{number}") for number in part if number % 3)
        await asyncio.gather(*sleeps)
        waiting += zip((f"token-{n}" for n in part if n % 3), await asyncio.gather(*hooks), strict=True)
    await host.rest()
    return waiting


async def _resume(host: Host, chosen: list[tuple[str, Run]]) -> float:
    began = time.perf_counter()
    for begin in range(0, len(chosen), _RESUMED_AT_ONCE):
        part = chosen[begin : begin + _RESUMED_AT_ONCE]
        await asyncio.gather(*(host.client.resume(token, {"number": 1}) for token, _ in part))
    await host.ends(run for _, run in chosen)
    return time.perf_counter() - began


def killed(n: int) -> list[Result]:
    """w6: kill -9 in the middle of n steps; `seconds` go from the restart to the next event of the run.

    `finished_s` is the end of the run after the restart, `bodies_again` how many bodies ran more than once.
    """
    return [asyncio.run(_killed(n))]


async def _killed(n: int) -> Result:
    times, finished, again, peaks = [], [], [], []
    for _ in range(REPEATS):
        with built_project() as project:
            async with open_host(project) as host:
                bodies = project / "bodies.txt"
                run = await host.start("counting", n=n, path=str(bodies))
                first = Worker(project)
                await host.until(run, 5 * n // 2)
                first.end(signal.SIGKILL)
                seen = (await host.client.store.run(run.run_id)).next_seq - 1
                second = Worker(project)
                await host.until(run, seen)
                times.append(time.perf_counter() - second.started)
                await host.end(run)
                finished.append(time.perf_counter() - second.started)
                second.end()
                peaks.append(second.peak_rss_mb)
                lines = bodies.read_text().split()
                again.append(len(lines) - len(set(lines)))
    more = {"finished_s": max(finished), "bodies_again": max(again)}
    return summary("w6", n, times, max(peaks), ("import pydantic", import_seconds()[0]), operations=1, more=more)


def replay(n: int) -> list[Result]:
    """w8: bring a run with n completed steps back into memory from its log."""
    return [asyncio.run(_replay(n))]


async def _replay(n: int) -> Result:
    with built_project() as project:
        async with open_host(project) as host:
            async with host.worker():
                run = await host.start("sequence_and_sleep", n=n)
                await host.until(run, 3 * n + 1)
                await host.rest()
            ground = Ground()
            ground.measure_commit()
        done = command(sys.executable, "-m", "tests.bench.replaying", str(project), run.run_id, cwd=ROOT)
    times = json.loads(done.out)
    return summary("w8", n, times, done.peak_rss_mb, ground.commit, operations=1)
