"""One cause, one finding: where a type can't be recorded, importing it at run time is no remedy."""

from __future__ import annotations

from pathlib import Path

from wfc_compiler.planning import check_and_plan

APP = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from {module} import {name}
import wfc
wf = wfc.Workflows()

@wf.step
def fetch(given: '{name}') -> str: ...
"""


def codes(root: Path, module: str, name: str) -> list[str]:
    (root / "pyproject.toml").write_text("[tool.wfc]\n")
    (root / "app.py").write_text(APP.format(module=module, name=name))
    return [item.code for item in check_and_plan(root)[0].diagnostics]


def test_a_type_that_only_has_to_be_imported(tmp_path: Path) -> None:
    """It can be recorded, and its import is missing at run time."""
    assert codes(tmp_path, "decimal", "Decimal") == ["WFC403"]


def test_a_type_that_can_not_be_recorded(tmp_path: Path) -> None:
    """Its import is not worth a word."""
    assert codes(tmp_path, "httpx", "Client") == ["WFC401"]
