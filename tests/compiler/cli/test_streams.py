"""Where output goes: closed and full streams, other encodings, colour, GitHub Actions."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.compiler.conftest import write_project
from tests.project import WFC
from wfc_compiler.cli.projects import repository_prefix

NOT_ASCII = """\
# file: app/steps.py
from app.workflow import wf
import time
@wf.workflow
async def größe(名: str):
    time.sleep("日本\U0001f600")
    x = 名ß
"""


def shell(command: str, root: Path, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run a shell command in a folder, `wfc` being ours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("WFC_", "GITHUB_", "PYTHON"))}
    return subprocess.run(
        ["bash", "-c", f'wfc() {{ "{WFC}" "$@"; }}; {command}'],
        cwd=root,
        env={**kept, **environ},
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with findings in names and text beyond ASCII."""
    write_project(tmp_path, NOT_ASCII)
    return tmp_path


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp1252"])
def test_any_encoding_can_show_any_name(project: Path, encoding: str) -> None:
    """What the encoding lacks is escaped; JSON stays JSON, and says the same in each."""
    full = shell("wfc check", project, PYTHONIOENCODING=encoding)
    assert (full.returncode, full.stderr) == (1, b"")
    assert "名" in full.stdout.decode(encoding) or "\\u540d" in full.stdout.decode(encoding)
    found = json.loads(shell("wfc check --json", project, PYTHONIOENCODING=encoding).stdout.decode(encoding))
    assert found["diagnostics"][-1]["message"] == "`名ß` is not defined"
    graph = json.loads(
        shell("wfc graph größe --json 2>/dev/null", project, PYTHONIOENCODING=encoding).stdout.decode(encoding)
    )
    assert graph["nodes"]


@pytest.mark.parametrize("arguments", ["check", "check --json", "check --format concise", "explain", "explain 201"])
def test_a_reader_that_goes_away_is_no_error_of_ours(project: Path, arguments: str) -> None:
    """`wfc check | head -1` ends without a word on stderr."""
    done = shell(f"(sleep 0.2; wfc {arguments}) | true", project)
    assert done.stderr == b""


@pytest.mark.parametrize("arguments", ["check", "build --json", "explain"])
def test_a_closed_or_full_stdout_is_said_in_a_line(project: Path, arguments: str) -> None:
    """Nobody reads it: the exit code is what it would be; the disk is full: one line and exit code 2."""
    assert shell(f"wfc {arguments} >&-", project).returncode == shell(f"wfc {arguments}", project).returncode
    full = shell(f"wfc {arguments} 2>/dev/stderr >/dev/full", project)
    assert full.returncode == 2
    assert full.stderr.decode().splitlines()[-1] == "error: can't write the output: No space left on device"
    assert b"Traceback" not in full.stderr


def test_both_streams_may_be_closed(project: Path) -> None:
    """A daemon has neither."""
    assert shell("wfc check >&- 2>&-", project).returncode == 1
    assert shell("wfc build >&- 2>&-", project).returncode == 1


def test_colour_can_be_forced_and_refused(project: Path) -> None:
    """The same text without its escape codes, in `check` and in `build`."""
    for command in ("wfc check", "wfc build 2>&1"):
        plain = shell(command, project).stdout
        assert b"\x1b" not in plain
        assert b"\x1b[1;31merror" in shell(command, project, FORCE_COLOR="1").stdout
        assert shell(command, project, FORCE_COLOR="1", NO_COLOR="1").stdout == plain


def test_annotations_come_by_themselves_on_github(project: Path) -> None:
    """In an action without a format; files are named from the root of the checkout, and the counts stand below."""
    inner = project / "services" / "shop"
    write_project(inner, NOT_ASCII)
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(project)}
    lines = shell("wfc check --project services/shop", project, **environ).stdout.decode().splitlines()
    assert lines[0].startswith("::error title=wfc (WFC205),file=services/shop/app/steps.py,line=5,col=5,")
    assert lines[-1] == "2 errors in 2 files, 1 workflow, 0 steps"
    assert shell("wfc check --format concise", inner, **environ).stdout.startswith(b"app/steps.py:5:5: error")


def test_the_repository_is_looked_for(tmp_path: Path) -> None:
    """The checkout that GitHub names, where the project is in it; else the folder with `.git`; else the project."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert repository_prefix(inner, {}) == ""
    assert repository_prefix(inner, {"GITHUB_WORKSPACE": str(tmp_path)}) == "a/b"
    assert repository_prefix(inner, {"GITHUB_WORKSPACE": str(inner)}) == ""
    (tmp_path / "a" / ".git").mkdir()
    assert repository_prefix(inner, {}) == "b"
    assert repository_prefix(inner, {"GITHUB_WORKSPACE": "/nowhere"}) == "b"
