"""What a run that can't be continued says of why: both calls, both lines, and the build that is missing."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.runtime.handmade import Project, open_project, write_build
from wfc.builds import Build
from wfc.call_sites import call_sites
from wfc.effective import effective
from wfc.model import Event, NewRun, Run, Scalar
from wfc.origin import origin_of

STEPS = """
@wf.step
async def work(n: int) -> int:
    return n

@wf.step
async def other(n: int) -> int:
    return n
"""
FLOWS = """
from .s import work as labour

@dataclass
class Ping(wfc.BaseHook):
    n: int

@wf.workflow
async def main() -> int:
    found = await labour(1)
    await wfc.sleep("1 hour")
    hook = Ping.wait(token="t")
    await wfc.set_attributes(a="1")
    return found + await other(2) + (await hook).n
"""


def line_of(text: str, source: str) -> int:
    return source[: source.index(text)].count("\n") + 1


def emitted(root: Path) -> str:
    return (root / ".wfc" / "builds" / "b1" / "flows" / "main" / "app" / "w.py").read_text()


@pytest.mark.parametrize(
    ("type_", "data", "text"),
    [
        ("step_created", {"stepName": "step//app.s//work"}, "labour(1)"),
        ("step_created", {"stepName": "step//app.s//other"}, "other(2)"),
        ("wait_created", {"resumeAt": 1}, "sleep("),
        ("hook_created", {"hookClass": "app.w:Ping", "token": "t"}, "Ping.wait("),
        ("attr_set", {"writer": "workflow"}, "set_attributes("),
    ],
)
def test_a_recorded_call_is_found_in_its_build(tmp_path: Path, type_: str, data: dict[str, Scalar], text: str) -> None:
    """By the name of what is called, under another name, too."""
    write_build(tmp_path, STEPS, FLOWS)
    build = Build(tmp_path / ".wfc" / "builds" / "b1", tmp_path)
    sites = call_sites(build, "workflow//app.w//main", Event(2, type_, 0, "x", data))
    assert sites == [f"app/w.py:{line_of(text, emitted(tmp_path))}"]


def test_of_several_calls_those_with_the_recorded_arguments_are_named(tmp_path: Path) -> None:
    """As far as arguments are written out; where none fits, all calls are named."""
    write_build(tmp_path, STEPS, FLOWS.replace("    return found", "    await other(n=3)\n    return found"))
    build = Build(tmp_path / ".wfc" / "builds" / "b1", tmp_path)
    two, three = (f"app/w.py:{line_of(text, emitted(tmp_path))}" for text in ("other(2)", "other(n=3)"))
    data: dict[str, Scalar] = {"stepName": "step//app.s//other"}
    for payload, sites in ((b'{"n":2}', [two]), (b'{"n":3}', [three]), (b'{"n":4}', [three, two])):
        event = Event(2, "step_created", 0, "x", data, payload)
        assert call_sites(build, "workflow//app.w//main", event) == sites, payload


def test_lines_are_those_of_the_source(tmp_path: Path) -> None:
    """The route's map leads from the emitted line to the user's."""
    write_build(tmp_path, STEPS, FLOWS)
    build = Build(tmp_path / ".wfc" / "builds" / "b1", tmp_path)
    folder = build.directory / "flows" / "main"
    lines = {"app/w.py": {"source": "src/app/w.py", "lines": [[1, 101]]}}
    (folder / "source_map.json").write_text(json.dumps(lines))
    event = Event(2, "step_created", 0, "x", {"stepName": "step//app.s//other"})
    line = 100 + line_of("other(2)", emitted(tmp_path))
    assert call_sites(build, "workflow//app.w//main", event) == [f"src/app/w.py:{line}"]


async def reason_of(project: Project, run: Run) -> str:
    async def look() -> str | None:
        return (await project.store.run(run.run_id)).blocked

    found: str = await project.until(look, "the run to be blocked")
    return found


def test_both_lines_are_named(tmp_path: Path) -> None:
    """The recorded call stands where the build has it, the issued one where the replay made it."""
    write_build(tmp_path, STEPS, FLOWS)

    async def main() -> str:
        async with open_project(tmp_path) as project:
            run = await project.start()
            project.work(parked=0)
            await project.until(lambda: project.store.timers(run.run_id), "the sleep")
            await project.stop()
        file = tmp_path / ".wfc" / "builds" / "b1" / "flows" / "main" / "app" / "w.py"
        file.write_text(file.read_text().replace("await labour(1)", "await labour(7)"))
        async with open_project(tmp_path) as project:
            for name in [name for name in sys.modules if name.startswith("_r_main_")]:
                del sys.modules[name]
            await project.store.skip_ahead(run.run_id)
            project.work()
            return await reason_of(project, run)

    reason = asyncio.run(main())
    line = line_of("labour(7)", emitted(tmp_path))
    assert f'work with {{"n": 1}} (at app/w.py:{line}), now it asks for it with {{"n": 7}} (at ' in reason
    assert f"{Path('app', 'w.py')}:{line})" in reason
    assert "diverged at event 3" in reason


def test_a_flow_that_cannot_be_imported_says_so(tmp_path: Path) -> None:
    """The build is there and its module raises."""
    write_build(tmp_path, STEPS, "import nowhere_to_be_found\n" + FLOWS)

    async def main() -> str:
        async with open_project(tmp_path) as project:
            origin = origin_of("workflow//app.w//main", "b1")
            run, _ = await project.store.create_run(
                NewRun("r1", "workflow//app.w//main", "b1", bytes(32), b"{}", origin)
            )
            project.work()
            return await reason_of(project, run)

    assert asyncio.run(main()) == (
        "the flow of build b1 can't be imported: ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    )


def test_what_still_counts_after_retries() -> None:
    """A second retry cuts off from what the first has left."""
    types = ["run_created", "a", "b", "run_failed", "run_reopened", "c", "run_failed", "run_reopened", "d"]
    cuts = {5: 2, 8: 6}
    log = [Event(n, type_, 0, data={"cut": cuts[n]} if n in cuts else {}) for n, type_ in enumerate(types, 1)]
    assert [event.seq for event in effective(log)] == [1, 2, 5, 6, 8, 9]
