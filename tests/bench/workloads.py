"""The workloads of the benchmark, each through the command line as a user has it.

w1 n steps one after another · w2 n steps at once · w7 importing a light step's route · c1 a cold build, c1u one with
nothing changed, c1e one after an edit and c2 a check of a generated project. In: n. Out: one Result per workload.
Where next: `measure.py`.
"""

import itertools
import json
import re
import shutil
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import generated
from tests.bench.measure import WFC, Finished, Result, command, commit_seconds, folder_with, repeated, summary

STEPS = """\
import asyncio

import wfc

wf = wfc.Workflows()


@wf.step
async def nothing(number: int) -> int:
    return number


@wf.workflow
async def sequence(n: int) -> int:
    for number in range(n):
        await nothing(number)
    return n


@wf.workflow
async def fan_out(n: int) -> int:
    return len(await asyncio.gather(*(nothing(number) for number in range(n))))
"""


def _run(workload: str, workflow: str, n: int) -> Result:
    """Time runs of a workflow of n steps, from its creation to its end, without the start of the process."""
    finished: list[Finished] = []
    commits: list[float] = []
    with folder_with({"pyproject.toml": generated.CONFIG, "work.py": STEPS}) as project:
        command(WFC, "build", cwd=project)

        def once() -> float:
            # Beside each run, since a shared disk is ten times slower in one minute than in the next.
            commits.append(commit_seconds())
            finished.append(command(WFC, "run", workflow, "--input", json.dumps({"n": n}), "--json", cwd=project))
            return float(json.loads(finished[-1].out)["durationMs"]) / 1000

        times = repeated(once)
    return summary(
        workload, n, times, max(done.peak_rss_mb for done in finished), ("commit", statistics.median(commits))
    )


def sequence(n: int) -> Result:
    """w1: no-op steps, one after another."""
    return _run("w1", "sequence", n)


def fan_out(n: int) -> Result:
    """w2: no-op steps, gathered."""
    return _run("w2", "fan_out", n)


def light_route(n: int) -> Result:
    """w7: import the route of a step that needs nothing, as a multiple of importing pydantic."""
    with folder_with({"pyproject.toml": generated.CONFIG, "work.py": STEPS}) as project:
        command(WFC, "build", cwd=project)
        (route,) = (project / ".wfc" / "builds").glob("*/steps/*/route.py")
        light = [command(sys.executable, "-c", "import route", cwd=route.parent) for _ in range(n)]
        pydantic = [command(sys.executable, "-c", "from pydantic import BaseModel", cwd=project) for _ in range(n)]
    base = sorted(done.seconds for done in pydantic)[n // 2]
    # Each import is one operation of its own, so the median of n is the time of one.
    return summary("w7", 1, [done.seconds for done in light], light[0].peak_rss_mb, ("import pydantic", base))


def _compile(workload: str, n: int, prepare: Callable[[Path, int], object], *arguments: str) -> Result:
    """Time a command over a generated project; `prepare` makes the ground for each repetition."""
    finished: list[Finished] = []
    numbers = itertools.count()
    with folder_with(generated.project(n)) as project:
        command(WFC, "build", cwd=project)

        def once() -> float:
            prepare(project, next(numbers))
            finished.append(command(WFC, *arguments, cwd=project))
            return finished[-1].seconds

        times = repeated(once)
        base = _parse_seconds(project)
    return summary(workload, n, times, max(done.peak_rss_mb for done in finished), ("compile() of a module", base / n))


def _forget(project: Path, _: int) -> None:
    shutil.rmtree(project / ".wfc")


def _edit(project: Path, number: int) -> None:
    """Edit the body of a step."""
    path = project / generated.path(6)
    text, edits = re.subn(r"(?m)^    checked = .*$", f"    checked = _checked(order)  # {number}", path.read_text())
    assert edits == 1, "the generated step has another body"
    path.write_text(text)


def _parse_seconds(project: Path) -> float:
    """Measure what CPython itself needs to compile every module once, in a process of its own."""
    script = "import pathlib; [compile(p.read_bytes(), p, 'exec') for p in pathlib.Path('.').rglob('*.py')]"
    _forget(project, 0)
    return command(sys.executable, "-c", script, cwd=project).seconds


def build(n: int) -> Result:
    """c1: a cold build of n generated modules."""
    return _compile("c1", n, _forget, "build")


def build_untouched(n: int) -> Result:
    """c1u: the same when nothing has changed."""
    return _compile("c1u", n, lambda project, number: None, "build")


def build_edited(n: int) -> Result:
    """c1e: the same after an edit in the body of one step."""
    return _compile("c1e", n, _edit, "build")


def check(n: int) -> Result:
    """c2: a check of n generated modules."""
    return _compile("c2", n, lambda project, number: None, "check")


Workload = Callable[[int], Result]
# Each with the sizes it is run at when none is given.
WORKLOADS: dict[str, tuple[Workload, tuple[int, ...]]] = {
    "w1": (sequence, (10, 100, 1000)),
    "w2": (fan_out, (100, 1000)),
    "w7": (light_route, (11,)),
    "c1": (build, (250, 500, 1000)),
    "c1u": (build_untouched, (1000,)),
    "c1e": (build_edited, (1000,)),
    "c2": (check, (250, 500, 1000)),
}
