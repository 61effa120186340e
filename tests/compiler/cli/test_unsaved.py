"""`wfc check -`: an editor's buffer stands for a file of the project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.compiler.conftest import write_project
from wfc_compiler.cli import main

PROJECT = """\
# file: pyproject.toml
# file: app/steps.py
from app.workflow import wf
@wf.step
async def charge(amount: int): ...
# file: app/flow.py
from app.steps import charge
from app.workflow import wf
@wf.workflow
async def order(amount: int):
    await charge(amount)
# file: app/wrong.py
from app.workflow import wf
@wf.workflow
def late(): ...
"""
GOOD = "from app.steps import charge\nfrom app.workflow import wf\n@wf.workflow\nasync def order(amount: int):\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with one error, which an editor works in."""
    write_project(tmp_path, PROJECT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(buffer: str | bytes, *arguments: str) -> Result:
    """Run `wfc check` with a buffer on stdin."""
    return CliRunner().invoke(main, ["check", *arguments], input=buffer)


def test_the_buffer_stands_for_the_file(root: Path) -> None:
    """Its findings are told, not those of the text on disk, nor those of other files; nothing is written."""
    before = (root / "app/flow.py").read_bytes()
    done = check(GOOD + "    charge(1)\n", "-", "--stdin-filename", "app/flow.py", "--format", "concise")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == "app/flow.py:5:5: error[WFC302] step `charge(...)` is never awaited"
    assert "wrong.py" not in done.stdout
    assert (root / "app/flow.py").read_bytes() == before
    assert check(GOOD + "    await charge(1)\n", "-", "--stdin-filename", "app/flow.py").exit_code == 0


@pytest.mark.parametrize("form", ["full", "json", "sarif", "github", "concise"])
def test_every_format_works(root: Path, form: str) -> None:
    """Frames come from the buffer."""
    done = check(GOOD + "    charge(1)  # new\n", "-", "--stdin-filename", "app/flow.py", "--format", form)
    assert done.exit_code == 1
    assert "never awaited" in done.stdout
    if form == "full":
        assert "5 |     charge(1)  # new\n" in done.stdout
    if form == "json":
        assert json.loads(done.stdout)["summary"]["errors"] == 1
    if form == "sarif":
        assert len(json.loads(done.stdout)["runs"][0]["results"]) == 1


def test_other_files_see_the_buffer(root: Path) -> None:
    """A step that takes another argument in the buffer is wrong where it is called; that is told for the other file."""
    steps = "from app.workflow import wf\n@wf.step\nasync def charge(*, total: int): ...\n"
    assert check(steps, "-", "--stdin-filename", "app/steps.py").exit_code == 0
    assert check((root / "app/flow.py").read_text(), "-", "--stdin-filename", "app/flow.py").exit_code == 0


def test_a_file_that_isnt_saved_yet_is_part_of_the_project(root: Path) -> None:
    """It is found like one on disk, its package too."""
    text = GOOD.replace("order", "new") + "    charge(1)\n"
    for path in ("app/new.py", str(root / "app/deeper/new.py")):
        done = check(text, "--stdin-filename", path, "--json")
        assert [item["code"] for item in json.loads(done.stdout)["diagnostics"]] == ["WFC302"]
    assert not (root / "app/new.py").exists()


@pytest.mark.parametrize(
    ("buffer", "code"),
    [(b"def f(:\n", "WFC014"), (b"# wfc\n\xff\xfe", "WFC014"), (b"import wfc\0", "WFC014"), (b"", None)],
    ids=["syntax", "encoding", "null", "empty"],
)
def test_a_buffer_may_be_broken(root: Path, buffer: bytes, code: str | None) -> None:
    """While somebody types, it is."""
    done = check(buffer, "-", "--stdin-filename", "app/steps.py", "--json")
    assert [item["code"] for item in json.loads(done.stdout)["diagnostics"]] == ([code] if code else [])
    assert done.exit_code == (1 if code else 0)


def test_the_project_is_looked_for_from_the_file(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As editors start it anywhere; `--project` names another."""
    monkeypatch.chdir("/")
    flow = str(root / "app/flow.py")
    assert check(GOOD + "    charge(1)\n", "-", "--stdin-filename", flow).exit_code == 1
    assert check(GOOD + "    charge(1)\n", "-", "--stdin-filename", flow, "--project", str(root)).exit_code == 1


def test_a_link_to_the_folder_leads_there(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Editors may name a file by another way to it."""
    link = tmp_path_factory.mktemp("links") / "shop"
    link.symlink_to(root)
    done = check(GOOD + "    charge(1)\n", "-", "--stdin-filename", str(link / "app" / "flow.py"))
    assert done.exit_code == 1
    assert "--> app/flow.py:5:5" in done.stdout


def test_what_is_not_reached_is_said(root: Path) -> None:
    """No findings are not the same as none to find."""
    (root / "pyproject.toml").write_text("[tool.wfc]\nentrypoints = ['app.flow']\n")
    done = check("x = 1\n", "-", "--stdin-filename", "scripts/tool.py")
    assert (done.exit_code, done.stderr) == (
        0,
        "scripts/tool.py is not reached from the entrypoints: it was not checked\n",
    )


def test_a_wrong_configuration_is_told_anyway(root: Path) -> None:
    """Exit code 2 would have no reason otherwise."""
    (root / "pyproject.toml").write_text("[tool.wfc]\nstrikt = true\n")
    done = check(GOOD, "-", "--stdin-filename", "app/flow.py", "--format", "concise")
    assert done.exit_code == 2
    assert "pyproject.toml:2:1: error[WFC020]" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("-",), "--stdin-filename"),
        (("app/flow.py",), "--project"),
        (("-", "--stdin-filename", "README.md"), "no Python file"),
        (("-", "--stdin-filename", "../other/x.py", "--project", "."), "no Python file"),
        (("-", "--stdin-filename", "app/flow.py", "--fix"), "--fix"),
        (("-", "--stdin-filename", "app/flow.py", "--diff"), "--diff"),
    ],
)
def test_mistakes_on_the_command_line_are_told(root: Path, arguments: tuple[str, ...], word: str) -> None:
    """Exit code 2, and what to write."""
    done = check("", *arguments)
    assert done.exit_code == 2
    assert word in done.stderr
