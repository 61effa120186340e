"""What slicing reports, and when: beside the rules' findings, and for each statement that it drops."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import wfc_compiler.planning
from tests.compiler.conftest import write_project
from wfc_compiler.diagnostics import Severity, severity_of
from wfc_compiler.pipeline import compile_project

if TYPE_CHECKING:
    from ..conftest import Compile

UNKNOWN = """\
# file: app/steps.py
from app.workflow import wf
import sdk, other
sdk.init()
CLIENT = other.make(1)
@wf.step
def work(): return CLIENT
"""
WITH_ERRORS = """\
# file: app/steps.py
from typing import TYPE_CHECKING
from app.workflow import wf
if TYPE_CHECKING:
    from decimal import Decimal
@wf.step
def work(price: "Decimal"): return price
@wf.workflow
async def flow(): return await wrok()
"""


def test_minimal_says_what_it_drops(tmp_path: Path) -> None:
    """A statement of unknown effect that no route keeps is a warning; one that is needed stays, silently."""
    (tmp_path / "pyproject.toml").write_text('[tool.wfc]\nslice = "minimal"\n', encoding="utf-8")
    write_project(tmp_path, UNKNOWN)
    result = compile_project(tmp_path)
    [finding] = result.diagnostics
    assert (finding.code, finding.span.line, severity_of(finding)) == ("WFC503", 3, Severity.WARNING)
    assert result.build is not None
    text = (result.build.path / "steps" / "work" / "app" / "steps.py").read_text(encoding="utf-8")
    assert "sdk" not in text
    assert "CLIENT = other.make(1)" in text


def test_safe_keeps_it_as_an_info(compile_text: Compile) -> None:
    """By default the statements stay."""
    compiled = compile_text(UNKNOWN)
    assert {severity_of(item) for item in compiled.result.diagnostics} == {Severity.INFO}
    assert "sdk.init()" in compiled.text("work", "app/steps.py")


def test_findings_of_rules_and_slicing_come_together(compile_text: Compile) -> None:
    """A misspelt name in a workflow doesn't hide what a step's annotation lacks."""
    assert sorted(compile_text(WITH_ERRORS).codes) == ["WFC016", "WFC403"]


def _fail(program: object) -> object:
    raise KeyError("closure")


def test_slicing_that_fails_on_a_wrong_program_says_so(compile_text: Compile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a program has errors they are reported, and beside them that wfc failed, with the place."""
    monkeypatch.setattr(wfc_compiler.planning, "plan_routes", _fail)
    found = compile_text(WITH_ERRORS).result.diagnostics
    assert [item.code for item in found] == ["WFC900", "WFC016"]
    assert f"KeyError: 'closure' at {__name__}:" in found[0].message


def test_slicing_that_fails_on_a_right_program_is_an_internal_error(
    compile_text: Compile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but wfc can be at fault: the command line says so, with its own exit code."""
    monkeypatch.setattr(wfc_compiler.planning, "plan_routes", _fail)
    with pytest.raises(KeyError):
        compile_text(UNKNOWN)
