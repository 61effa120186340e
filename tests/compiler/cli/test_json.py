"""`--json` after every command of the compiler: exactly one object on stdout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tests.compiler.conftest import write_project
from wfc_compiler.cli import main

WARNED = """\
# file: pyproject.toml
[tool.wfc]
app = "app:api"
# file: app/steps.py
from app.workflow import wf

@wf.step
def count(): ...
"""


def printed(*arguments: str) -> Any:
    """Run a command in this process and read its stdout."""
    return json.loads(CliRunner().invoke(main, arguments).stdout)


def test_build_and_check_count_alike(tmp_path: Path) -> None:
    """Both summaries have the same keys and, for the same findings, the same numbers."""
    write_project(tmp_path, WARNED)
    checked = printed("check", "--project", str(tmp_path), "--json")["summary"]
    assert checked["warnings"] == 1
    assert printed("build", "--project", str(tmp_path), "--json")["summary"] == checked


def test_init_names_what_it_wrote(tmp_path: Path) -> None:
    """The folder, and the files in it."""
    found = printed("init", str(tmp_path / "shop"), "--json")
    assert Path(found["path"]) == (tmp_path / "shop").resolve()
    assert all((tmp_path / "shop" / name).is_file() for name in found["files"])


def test_explain_gives_the_rule_with_its_examples() -> None:
    """Prose and examples of one code, else a row for each."""
    found = printed("explain", "WFC205", "--json")
    assert (found["code"], found["severity"]) == ("WFC205", "error")
    assert "time.sleep" in found["bad"][0]["app.py"]
    assert "WFC205" in {row["code"] for row in printed("explain", "--json")["codes"]}
