"""`wfc graph` of a workflow that isn't there: a usage error, as for `wfc run`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.compiler.conftest import write_project
from wfc_compiler.cli import main

FLOWS = """\
# file: app/{0}.py
from app.workflow import wf
@wf.workflow
async def refund(): ...
@wf.workflow
async def {0}(): ...
"""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ordr", "there is no workflow 'ordr'; did you mean 'order'?"),
        ("x", "there is no workflow 'x'; there is order, refund, refund, ship"),
        ("refund", "more than one workflow is called 'refund'"),
    ],
)
def test_an_unknown_workflow_is_a_usage_error(tmp_path: Path, name: str, words: str) -> None:
    """The message has the words of `wfc run`, and the exit code is 2."""
    write_project(tmp_path, FLOWS.format("order") + FLOWS.format("ship"))
    result = CliRunner().invoke(main, ["graph", name, "--project", str(tmp_path)])
    assert result.exit_code == 2
    assert words in result.stderr
