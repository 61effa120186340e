"""Findings about changes: told until they are built and once more then, whatever kind of build it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.conftest import write_project
from wfc_compiler.diagnostics import Diagnostic
from wfc_compiler.pipeline import check_project, compile_project

BEFORE = """\
# file: pyproject.toml
[tool.wfc]
# file: app/steps.py
from app.workflow import wf
@wf.step
def charge(amount: int): return amount
@wf.step
def ship(): return 1
@wf.step
def unused(x: int = 1): return 1
# file: app/flow.py
from app.steps import charge, ship
from app.workflow import wf
@wf.workflow
async def order(amount: int):
    await charge(amount)
    await ship()
# file: app/other.py
from app.steps import ship
from app.workflow import wf
@wf.workflow
async def parcel():
    await ship()
"""
SWAPPED = ("    await charge(amount)\n    await ship()\n", "    await ship()\n    await charge(amount)\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project that has been built."""
    write_project(tmp_path, BEFORE)
    assert compile_project(tmp_path).build is not None
    return tmp_path


def edit(root: Path, path: str, old: str, new: str) -> None:
    text = (root / path).read_text(encoding="utf-8")
    assert old in text
    (root / path).write_text(text.replace(old, new), encoding="utf-8")


def told(findings: tuple[Diagnostic, ...]) -> list[tuple[str, str]]:
    return [(item.code, item.message) for item in findings if item.code.startswith("WFC7")]


def checked(root: Path) -> list[tuple[str, str]]:
    return told(check_project(root).diagnostics)


def built(root: Path) -> list[tuple[str, str]]:
    result = compile_project(root)
    assert result.build is not None, result.diagnostics
    return told(result.diagnostics)


def test_a_change_is_told_until_it_is_built_and_once_more_then(root: Path) -> None:
    """Checks tell it again and again, the build that makes it once; then it is how things are."""
    edit(root, "app/flow.py", *SWAPPED)
    reordered = [("WFC702", "durable calls of workflow `order` come in another order")]
    assert checked(root) == checked(root) == reordered
    assert built(root) == reordered
    assert built(root) == checked(root) == []


def test_a_change_that_is_taken_back_is_none(root: Path) -> None:
    """It is the active build that counts, not what was looked at in between."""
    edit(root, "app/flow.py", *SWAPPED)
    assert checked(root)
    edit(root, "app/flow.py", *reversed(SWAPPED))
    assert checked(root) == built(root) == []


def test_a_small_build_tells_what_a_whole_one_does(root: Path) -> None:
    """The one that looks only at the edited file, and one without its notes, have the same findings and sources."""
    edit(root, "app/flow.py", *SWAPPED)
    active = (root / ".wfc/current").read_bytes()
    small = compile_project(root)
    (root / ".wfc/current").write_bytes(active)
    for note in ("last-build.json", "last-index.json"):
        (root / ".wfc" / note).unlink()
    whole = compile_project(root)
    assert small.build_id == whole.build_id
    assert told(small.diagnostics)
    assert small.diagnostics == whole.diagnostics
    assert small.sources["app/flow.py"] == whole.sources["app/flow.py"]


def test_a_project_that_was_never_built_has_no_changes(tmp_path: Path) -> None:
    """Nor has one whose build can't be read."""
    write_project(tmp_path, BEFORE)
    assert checked(tmp_path) == built(tmp_path) == []
    for manifest in tmp_path.glob(".wfc/builds/*/manifest.json"):
        manifest.write_text("{}", encoding="utf-8")
    edit(tmp_path, "app/flow.py", *SWAPPED)
    assert checked(tmp_path) == built(tmp_path) == []


def test_errors_come_first(root: Path) -> None:
    """A step that can't be compiled isn't said to be gone as well."""
    edit(root, "app/steps.py", "@wf.step\ndef ship(): return 1\n", "@wf.step\ndef ship(): yield 1\n")
    assert [item.code for item in check_project(root).diagnostics] == ["WFC003"]


GONE = {
    "renamed": ([("app/steps.py", "def unused(", "def idle(")], "step `unused` of the previous build is gone"),
    "no longer decorated": (
        [("app/steps.py", "@wf.step\ndef unused(", "def unused(")],
        "step `unused` of the previous build is gone",
    ),
    "deleted": (
        [("app/steps.py", "@wf.step\ndef unused(x: int = 1): return 1\n", "")],
        "step `unused` of the previous build is gone",
    ),
    "its file emptied": (
        [("app/other.py", "@wf.workflow\nasync def parcel():\n    await ship()\n", "")],
        "workflow `parcel` of the previous build is gone",
    ),
}


@pytest.mark.parametrize(("edits", "message"), GONE.values(), ids=GONE)
def test_a_definition_that_is_gone(root: Path, edits: list[tuple[str, str, str]], message: str) -> None:
    """It is named once, at what it may have become."""
    for change in edits:
        edit(root, *change)
    assert checked(root) == built(root) == [("WFC701", message)]


def test_a_file_that_is_gone_is_one_finding(root: Path) -> None:
    """However many definitions it held; where they were moved to is shown."""
    (root / "app/steps.py").rename(root / "app/work.py")
    for path in ("app/flow.py", "app/other.py"):
        edit(root, path, "app.steps", "app.work")
    [found] = [item for item in check_project(root).diagnostics if item.code.startswith("WFC7")]
    assert found.message == "`app/steps.py` of the previous build is gone, with step `charge` and 2 more"
    assert (found.span.path, found.span.line) == ("app/work.py", 3)
    assert found.in_flight == ("workflow//app.flow//order", "workflow//app.other//parcel")


def test_a_project_without_definitions_has_nothing_to_point_at(root: Path) -> None:
    """All gone is seen in the summary."""
    for path in ("app/flow.py", "app/other.py", "app/steps.py"):
        (root / path).unlink()
    assert checked(root) == built(root) == []


def test_what_no_entrypoint_reaches_is_told_once(root: Path) -> None:
    """WFC013 says why it isn't part of the build."""
    edit(root, "pyproject.toml", "[tool.wfc]\n", "[tool.wfc]\nentrypoints = ['app.flow']\n")
    assert [item.code for item in check_project(root).diagnostics] == ["WFC013"]


def test_a_step_that_no_changed_workflow_calls_may_change(root: Path) -> None:
    """What a run passes to a step is fixed by its workflow."""
    edit(root, "app/steps.py", "def unused(x: int = 1)", "def unused(y: int)")
    assert checked(root) == []


def test_a_suppression_is_of_use_before_and_after(root: Path) -> None:
    """It accepts the change, and is no unused one when that has been built."""
    edit(root, "app/flow.py", *SWAPPED)
    edit(root, "app/flow.py", "await ship()\n", "await ship()  # wfc: ignore[WFC702] -- no runs\n")
    assert [item.code for item in check_project(root).diagnostics] == []
    assert [item.code for item in compile_project(root).diagnostics] == []
    assert [item.code for item in compile_project(root).diagnostics] == []
