"""Workloads of the compiler and of what it emits: w7 importing a light step's route, c1 a cold build, c1u one with
nothing changed, c1e one after an edit and c2 a check of a generated project.

In: n. Out: Results. Each is the command line as a user has it. Where next: `generated.py`.
"""

import itertools
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import generated
from tests.bench.measure import WFC, Finished, Result, command, folder_with, repeated, summary
from tests.bench.program import built_project


def light_route(n: int) -> list[Result]:
    """w7: import the route of a step that needs nothing, as a multiple of importing pydantic.

    A step of the same project imports a module that takes a second.
    """
    with built_project() as project:
        (route,) = (project / ".wfc" / "builds").glob("*/steps/nothing/route.py")
        light = [command(sys.executable, "-c", "import route", cwd=route.parent) for _ in range(n)]
        pydantic = [command(sys.executable, "-c", "from pydantic import BaseModel", cwd=project) for _ in range(n)]
    base = sorted(done.seconds for done in pydantic)[n // 2]
    # Each import is one operation of its own, so the median of n is the time of one.
    return [summary("w7", 1, [done.seconds for done in light], light[0].peak_rss_mb, ("import pydantic", base))]


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


def build(n: int) -> list[Result]:
    """c1: a cold build of n generated modules."""
    return [_compile("c1", n, _forget, "build")]


def build_untouched(n: int) -> list[Result]:
    """c1u: the same when nothing has changed."""
    return [_compile("c1u", n, lambda project, number: None, "build")]


def build_edited(n: int) -> list[Result]:
    """c1e: the same after an edit in the body of one step."""
    return [_compile("c1e", n, _edit, "build")]


def check(n: int) -> list[Result]:
    """c2: a check of n generated modules."""
    return [_compile("c2", n, lambda project, number: None, "check")]
