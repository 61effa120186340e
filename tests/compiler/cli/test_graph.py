"""`wfc graph`: what it draws, and what it says about a project with errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.compiler.conftest import write_project
from wfc_compiler.cli import main

FLOW = """\
# file: app/flow.py
import time
from app.workflow import wf

@wf.workflow
async def nap():
    {}
"""


def graph(root: Path, *arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, ["graph", "--project", str(root), *arguments])


def test_a_clean_project_is_drawn_without_a_word(tmp_path: Path) -> None:
    """The graph is on stdout, stderr is empty."""
    write_project(tmp_path, FLOW.format("pass"))
    done = graph(tmp_path, "nap")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("flowchart TD\n")


@pytest.mark.parametrize(
    ("text", "code"),
    [(FLOW.format("time.sleep(1)"), "WFC205"), (FLOW.format("(((") + "# file: app/x.py\n", "WFC014")],
    ids=["rule", "syntax"],
)
def test_errors_are_shown(tmp_path: Path, text: str, code: str) -> None:
    """They stand on stderr, and the exit code is that of `wfc check`."""
    write_project(tmp_path, text)
    done = graph(tmp_path, "nap")
    assert done.exit_code == 1
    assert f"error[{code}]" in done.stderr
    assert "error[" not in done.stdout


def test_a_wrong_configuration_has_its_exit_code(tmp_path: Path) -> None:
    """As with `wfc check`, it is 2."""
    write_project(tmp_path, "# file: pyproject.toml\n[tool.wfc]\nx = 1\n" + FLOW.format("pass"))
    assert graph(tmp_path, "nap").exit_code == 2


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
    done = graph(tmp_path, name)
    assert done.exit_code == 2
    assert words in done.stderr
