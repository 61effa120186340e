"""A project whose steps leave traces in a file, so that a test sees when which body ran."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kept_promises import watch_stores
from tests.project import Project

# `pause` waits until the file named `go` is there: the test decides when the step may end.
SOURCE = """\
import asyncio
import os
from pathlib import Path

import wfc

wf = wfc.Workflows()


def trace(line: str) -> None:
    with Path(os.environ["TRACES"], "trace").open("a") as file:
        file.write(line + "\\n")


@wf.step
async def note(number: int) -> int:
    trace(f"note {number}")
    return number * 2


@wf.step
async def pause(name: str) -> str:
    trace(f"pause {name}")
    while not Path(os.environ["TRACES"], name).exists():
        await asyncio.sleep(0.01)
    return name


@wf.step(max_retries=0)
def refuse(reason: str) -> None:
    raise ValueError(reason)


@wf.step(max_retries=0)
async def needs(name: str) -> str:
    trace(f"needs {name}")
    return Path(os.environ["TRACES"], name).read_text()


@wf.step
async def deaf() -> None:
    while True:
        try:
            trace("deaf")
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass


@wf.workflow
async def paused(name: str = "go") -> list[object]:
    first = await note(1)
    middle = await pause(name)
    last = await note(2)
    return [first, middle, last]


@wf.workflow
async def count(upto: int) -> int:
    total = 0
    for number in range(upto):
        total += await note(number)
    return total


@wf.workflow
async def fan_out(width: int) -> int:
    return sum(await asyncio.gather(*(note(number) for number in range(width))))


@wf.workflow
async def sleepy(name: str) -> str:
    print(f"{name} goes to sleep")
    await wfc.sleep("1 hour")
    print(f"{name} wakes up")
    return name


@wf.workflow
async def refused(reason: str) -> None:
    try:
        await refuse(reason)
    except ValueError as error:
        raise RuntimeError("gave up") from error


@wf.workflow
async def picky(name: str) -> list[object]:
    return [await note(1), await needs(name), await note(2)]


@wf.workflow
async def sorry(name: str) -> None:
    try:
        await needs(name)
    except FileNotFoundError:
        await note(9)
        raise


@wf.workflow
async def held_up() -> None:
    await deaf()
"""


def tracing_project(folder: Path, source: str) -> Project:
    """Make and build a project of this source, whose steps find a folder for what they leave behind in `TRACES`."""
    root, logs, traces = (folder / name for name in ("project", "logs", "traces"))
    for made in (root, logs, traces):
        made.mkdir()
    project = Project(root, logs, {"TRACES": str(traces)})
    project.write("pyproject.toml", "[tool.wfc]\n")
    project.write("work.py", source)
    project.wfc("build")
    return project


def traces(project: Project) -> list[str]:
    """Return what the bodies of steps have noted so far, in order."""
    file = Path(project.env["TRACES"], "trace")
    return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a built project with workflows to interrupt."""
    return tracing_project(tmp_path, SOURCE)


@pytest.fixture(autouse=True)
def _stores_keep_their_promises(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Check what must hold in any store; a test that can't promise it is marked `raw_store` with a reason."""
    yield from watch_stores(request, monkeypatch)
