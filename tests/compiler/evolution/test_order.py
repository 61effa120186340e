"""Which changes of a workflow a run in flight would notice: where the new graph can't do what the old one did."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compiler.conftest import write_project
from tests.compiler.graph.programs import make_program
from wfc.manifest import Manifest
from wfc_compiler.diagnostics import Diagnostic
from wfc_compiler.discover import discover_program
from wfc_compiler.evolution.order import parting_of
from wfc_compiler.graph import workflow_graph
from wfc_compiler.pipeline import check_project, compile_project
from wfc_compiler.project import load_project

START = """\
# file: app/steps.py
from app.workflow import wf
{steps}
# file: app/flow.py
import asyncio
import pydantic
from vercel import workflow
from app.workflow import wf
from app.steps import a, b, c, d
class Approval(pydantic.BaseModel, workflow.BaseHook):
    yes: bool
async def both(x):
    await a(x)
    await b(x)
@wf.workflow
async def flow(x: int):
""".format(steps="".join(f"@wf.step\nasync def {name}(x: int = 1) -> int: return x\n" for name in "abcd"))

SAME = {
    "nothing": ("await a()\nawait b()", "await a()\nawait b()"),
    "one more at the end": ("await a()", "await a()\nawait b()"),
    "in a branch": ("await a()\nawait b()", "await a()\nif x:\n    await c()\nawait b()"),
    "in a loop": ("await a()", "for _ in range(x):\n    await a()"),
    "moved into a helper": ("await a(x)\nawait b(x)", "await both(x)"),
    "an argument": ("await a(1)", "await a(2)"),
    "the time of a sleep": ("await workflow.sleep('1h')\nawait a()", "await workflow.sleep('2h')\nawait a()"),
    "one more at once": ("await asyncio.gather(a(), b())", "await asyncio.gather(a(), b(), c())"),
    "a way out": ("await a()\nawait b()", "await a()\nif x:\n    return\nawait b()"),
    "another hook at the end": ("await a()", "await a()\nawait Approval.wait()"),
    "a loop unrolled once": ("while x:\n    await a()", "while x:\n    await a()\n    if x:\n        await a()"),
}
OTHER = {
    "swapped": ("await a()\nawait b()", "await b()\nawait a()", "at the start comes `b` now, where `a` came before"),
    "one more first": ("await a()", "await b()\nawait a()", "at the start comes `b` now, where `a` came before"),
    "one between": ("await a()\nawait b()", "await a()\nawait c()\nawait b()", "after `a` comes `c` now"),
    "a sleep between": (
        "await a()\nawait b()",
        "await a()\nawait workflow.sleep(1)\nawait b()",
        "after `a` comes `sleep` now, where `b` came before",
    ),
    "the last one gone": ("await a()\nawait b()", "await a()", "after `a` comes the end now, where `b` came before"),
    "a hook for a step": ("await a()\nawait b()", "await a()\nawait Approval.wait()", "where `b` came before"),
    "a loop once": ("for _ in range(x):\n    await a()", "await a()", "after `a` comes the end now"),
    "a branch gone": (
        "if x:\n    await a()\nelse:\n    await b()\nawait c()",
        "await a()\nawait c()",
        "at the start comes `a` now, where `b` came before",
    ),
    "in a helper": ("await both(x)", "await b(x)\nawait a(x)", "at the start comes `b` now"),
}


def changes(root: Path, before: str, after: str) -> list[Diagnostic]:
    """Return the findings of a check after a change of the workflow's body."""
    (root / "pyproject.toml").touch()
    write_project(root, START + textwrap.indent(before, "    "))
    assert compile_project(root).build is not None
    write_project(root, START + textwrap.indent(after, "    "))
    return [item for item in check_project(root).diagnostics if item.code.startswith("WFC7")]


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_what_runs_in_flight_could_go_on_with(tmp_path: Path, before: str, after: str) -> None:
    """New calls at the end, in branches, side by side, and code that only moved are no finding."""
    assert changes(tmp_path, before, after) == []


@pytest.mark.parametrize(("before", "after", "words"), OTHER.values(), ids=OTHER)
def test_what_they_could_not_go_on_with(tmp_path: Path, before: str, after: str, words: str) -> None:
    """The first place is named where the old order has a call that the new one hasn't."""
    [found] = changes(tmp_path, before, after)
    assert found.code == "WFC702"
    assert words in found.label
    assert found.in_flight == ("workflow//app.flow//flow",)


def graph_of(root: Path, text: str) -> dict[str, object]:
    """Return the graph of a random workflow as the manifest has it."""
    (root / "pyproject.toml").touch()
    write_project(root, text)
    program, _ = discover_program(load_project(root).project)
    return workflow_graph(program, program.workflows[0]).to_json()


@given(seed=st.integers(0, 2**32), size=st.integers(1, 8), concurrent=st.booleans())
def test_a_workflow_goes_on_with_itself_and_one_more_call(
    tmp_path_factory: pytest.TempPathFactory, seed: int, size: int, *, concurrent: bool
) -> None:
    """Whatever it does, a run could go on with the same workflow, and with one that does more at its end."""
    root = tmp_path_factory.mktemp("project")
    text = f"# file: app/flow.py\n{make_program(seed, size, concurrent=concurrent).project()}"
    before = graph_of(root, text)
    assert parting_of(before, before) is None
    after = graph_of(root, f"{text.rstrip()}\n    await wfc.sleep(1)\n")
    assert parting_of(before, after) is None


def test_the_manifest_of_another_version_is_not_compared(tmp_path: Path) -> None:
    """It may draw the same workflow in another way."""
    (tmp_path / "pyproject.toml").touch()
    write_project(tmp_path, START + "    await a()\n")
    build = compile_project(tmp_path).build
    assert build is not None
    path = build.path / "manifest.json"
    path.write_bytes(Manifest.load(path).model_copy(update={"generator": "wfc 0.0.1"}).dump())
    write_project(tmp_path, START + "    await b()\n")
    assert [item.code for item in check_project(tmp_path).diagnostics] == []
