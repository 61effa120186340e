"""What `wfc check` and `wfc build` say of runs in flight where a change concerns them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.compiler.conftest import write_project
from wfc_compiler.cli import main

BEFORE = """\
# file: pyproject.toml
[tool.wfc]
# file: app/flow.py
from app.workflow import wf
@wf.step
def charge(): return 1
@wf.step
def ship(): return 2
@wf.workflow
async def order():
    await charge()
    await ship()
@wf.workflow
async def parcel():
    await ship()
"""
SWAPPED = BEFORE.replace("await charge()\n    await ship()", "await ship()\n    await charge()")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project that has been built."""
    write_project(tmp_path, BEFORE)
    assert wfc(tmp_path, "build").exit_code == 0
    return tmp_path


def wfc(root: Path, *arguments: str) -> Result:
    """Run a command on the project, in this process."""
    return CliRunner().invoke(main, [*arguments, "--project", str(root)])


def change_of(root: Path) -> tuple[str, str]:
    """Return severity and last words of the finding about the change."""
    [found] = json.loads(wfc(root, "check", "--json").stdout)["diagnostics"]
    assert found["code"] == "WFC702"
    return found["severity"], found["help"].partition("; ")[2]


def test_without_a_store_nobody_knows(root: Path) -> None:
    """It stays a warning, and looking for a store makes none."""
    write_project(root, SWAPPED)
    assert change_of(root) == ("warning", "runs in flight stay on the build that started them")
    assert not (root / ".wfc/state.db").exists()


def test_runs_in_flight_are_counted(root: Path) -> None:
    """Those of the workflow, on whatever build; the text of a build says it, too."""
    for workflow in ("order", "order", "parcel"):
        assert wfc(root, "start", workflow).exit_code == 0
    write_project(root, SWAPPED)
    assert change_of(root) == ("warning", "2 runs in flight stay on the build that started them")
    assert "2 runs in flight stay on the build that started them" in wfc(root, "build").stderr


def test_a_change_that_concerns_no_run_is_a_remark(root: Path) -> None:
    """Another workflow's runs don't count, nor those that have ended."""
    assert wfc(root, "start", "parcel").exit_code == 0
    assert wfc(root, "run", "order").exit_code == 0
    write_project(root, SWAPPED)
    assert change_of(root) == ("info", "no run in flight is concerned")
    assert "WFC702" not in wfc(root, "build").stderr


def test_a_store_that_cannot_be_read_is_let_be(root: Path) -> None:
    """A check isn't the command to complain about it."""
    (root / ".wfc/state.db").write_bytes(b"no database")
    write_project(root, SWAPPED)
    assert change_of(root) == ("warning", "runs in flight stay on the build that started them")


def test_a_store_of_another_kind_is_let_be(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor about a URL."""
    monkeypatch.setenv("WFC_STORE", "nothing://here")
    write_project(root, SWAPPED)
    assert change_of(root)[0] == "warning"
