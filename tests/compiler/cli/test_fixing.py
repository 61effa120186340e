"""`wfc check --fix` and `--diff`: what is fixed, what is left alone and said, and files that resist."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from tests.compiler.conftest import tree, write_project
from wfc_compiler.cli import main
from wfc_compiler.cli.edits import apart, apply_edits
from wfc_compiler.cli.fixing import make_fixes
from wfc_compiler.diagnostics import Diagnostic, Edit, Fix, Span
from wfc_compiler.pipeline import check_project
from wfc_compiler.project import NO_BUFFERS

STEPS = """\
# file: app/steps.py
from app.workflow import wf

@wf.step
async def charge(amount: int): ...

@wf.step
async def refund(amount: int): ...
"""
FLOW = """\
# file: app/flow.py
from app.workflow import wf

@wf.workflow
def order(amount: int):
    charge(amount)
    refund(amount)
"""
FIXED = """\
from app.workflow import wf
from app.steps import charge
from app.steps import refund

@wf.workflow
async def order(amount: int):
    await charge(amount)
    await refund(amount)
"""


def wfc(root: Path, *arguments: str) -> Result:
    """Run `wfc check` in this process."""
    return CliRunner().invoke(main, ["check", "--project", str(root), *arguments])


def test_one_run_fixes_all_there_is(tmp_path: Path) -> None:
    """Fixes that only come up when others are made are made, too; what was done is said per file."""
    write_project(tmp_path, STEPS + FLOW)
    done = wfc(tmp_path, "--fix")
    assert (tmp_path / "app/flow.py").read_text() == FIXED
    assert (done.exit_code, done.stderr) == (0, "fixed app/flow.py: 5 findings\n")
    assert done.stdout == "0 errors in 3 files, 1 workflow, 2 steps\n"
    again = wfc(tmp_path, "--fix")
    assert (again.exit_code, again.stderr) == (0, "")


@pytest.mark.parametrize(
    ("newline", "encoding", "mark"),
    [("\n", "utf-8", b""), ("\r\n", "utf-8", b""), ("\r\n", "utf-8", b"\xef\xbb\xbf"), ("\n", "latin-1", b"")],
    ids=["plain", "crlf", "mark", "latin"],
)
def test_a_fix_keeps_the_form_of_its_file(tmp_path: Path, newline: str, encoding: str, mark: bytes) -> None:
    """Line ends, encoding, byte order mark, permissions, and a missing last line break."""
    write_project(tmp_path, STEPS + FLOW)
    path = tmp_path / "app/flow.py"
    head = f"# -*- coding: {encoding} -*-\n# größe\n"
    path.write_bytes(mark + (head + path.read_text()).rstrip("\n").replace("\n", newline).encode(encoding))
    path.chmod(0o640)
    assert wfc(tmp_path, "--fix").exit_code == 0
    assert path.read_bytes() == mark + (head + FIXED).rstrip("\n").replace("\n", newline).encode(encoding)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it leads to is fixed."""
    write_project(tmp_path, STEPS + FLOW)
    flow = tmp_path / "app/flow.py"
    flow.rename(tmp_path / "flow.txt")
    flow.symlink_to("../flow.txt")
    wfc(tmp_path, "--fix")
    assert flow.is_symlink()
    assert (tmp_path / "flow.txt").read_text() == FIXED


def fix_with(root: Path, *fixes: tuple[str, Span, str]) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """Return what comes of fixes that a rule would offer for places where the project has its own findings."""
    before = check_project(root)
    offered = [
        Diagnostic("WFC205", message, span, fix=Fix("fix it", (Edit(span, text),))) for message, span, text in fixes
    ]
    state = replace(before, diagnostics=(*before.diagnostics, *offered))
    fixed = make_fixes(root, state, lambda buffers: check_project(root, buffers))
    return dict(fixed.contents), [(item.message, why) for item, why in fixed.undone]


CLEAN = (
    STEPS
    + "# file: app/flow.py\nfrom app.steps import charge\nfrom app.workflow import wf\n\n"
    + ("@wf.workflow\nasync def order(amount: int):\n    x = 1\n    y = 2\n    await charge(amount)\n")
)


def test_a_fix_that_brings_an_error_is_not_made(tmp_path: Path) -> None:
    """The others are; which error it would have been is said, and nothing is written."""
    write_project(tmp_path, CLEAN)
    before = tree(tmp_path)
    contents, undone = fix_with(
        tmp_path,
        ("one", Span("app/flow.py", 6, 5, 6, 10), "x = 3"),
        ("two", Span("app/flow.py", 7, 5, 7, 10), "charge(1)"),
        ("three", Span("app/flow.py", 8, 5, 8, 10), "   )"),
        ("four", Span("app/flow.py", 8, 18, 8, 24), "amount=amount"),
    )
    assert contents["app/flow.py"].decode().splitlines()[5:] == [
        "    x = 3",
        "    y = 2",
        "    await charge(amount=amount)",
    ]
    assert undone == [
        ("two", "it would bring WFC302 at app/flow.py:7: step `charge(...)` is never awaited"),
        ("three", "app/flow.py would not parse"),
    ]
    assert tree(tmp_path) == before


def test_an_error_elsewhere_undoes_a_fix_that_can_cause_it(tmp_path: Path) -> None:
    """An import that a fix takes away is missed in the file that imports it from there."""
    write_project(tmp_path, CLEAN)
    contents, undone = fix_with(tmp_path, ("rename", Span("app/steps.py", 4, 11, 4, 17), "pay"))
    assert contents == {}
    assert [why.partition(":")[0] for _, why in undone] == ["it would bring WFC015 at app/flow.py"]


def test_a_fix_may_bring_older_errors_to_light(tmp_path: Path) -> None:
    """With its import a step that is assigned and never awaited is found: that is for the user to see."""
    write_project(tmp_path, STEPS + FLOW.replace("    charge(amount)", "    x = charge(amount)"))
    done = wfc(tmp_path, "--fix", "--format", "concise")
    assert done.stderr == "fixed app/flow.py: 4 findings\n"
    assert [line.split()[1] for line in done.stdout.splitlines()[:-1]] == ["error[WFC302]"]


def test_a_fix_that_leaves_its_finding_is_made_once_at_most(tmp_path: Path) -> None:
    """It is undone, not made again and again."""
    write_project(tmp_path, STEPS + FLOW.replace("def order", "async def order"))
    before = check_project(tmp_path)
    useless = tuple(
        Diagnostic(
            item.code, item.message, item.span, fix=Fix("say", (Edit(Span("app/flow.py", 1, 1, 1, 1), "# x\n"),))
        )
        for item in before.diagnostics
        if item.code == "WFC016"
    )
    fixed = make_fixes(tmp_path, replace(before, diagnostics=useless), lambda buffers: check_project(tmp_path, buffers))
    assert fixed.contents == {}
    assert {why for _, why in fixed.undone} == {"it would leave the finding"}


def test_what_cant_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are fixed, the exit code is 2, the findings are those of the disk, and nothing is left lying about."""
    write_project(tmp_path, STEPS + FLOW + FLOW.replace("app/flow.py", "app/other.py"))
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("other.py") and access(path, mode))
    before = sorted(tree(tmp_path))
    done = wfc(tmp_path, "--fix", "--json")
    assert done.exit_code == 2
    assert done.stderr == "fixed app/flow.py: 5 findings\nerror: app/other.py was not fixed: it can't be written\n"
    assert {item["path"] for item in json.loads(done.stdout)["diagnostics"]} == {"app/other.py"}
    assert sorted(tree(tmp_path)) == before


def test_a_full_disk_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written beside and put in its place as a whole."""
    write_project(tmp_path, STEPS + FLOW)
    before = tree(tmp_path)

    def full(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    done = wfc(tmp_path, "--fix")
    assert done.exit_code == 2
    assert "error: app/flow.py was not fixed: No space left on device" in done.stderr
    assert tree(tmp_path) == before


def test_a_file_that_changes_meanwhile_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody saves it between the check and the fix."""
    write_project(tmp_path, STEPS + FLOW)
    flow = tmp_path / "app/flow.py"

    def and_then(*arguments: object) -> object:
        flow.write_text("# saved\n" + flow.read_text().removeprefix("# saved\n"))
        return make_fixes(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("wfc_compiler.cli.check.make_fixes", and_then)
    done = wfc(tmp_path, "--fix")
    assert "error: app/flow.py was not fixed: it has changed in the meantime" in done.stderr
    assert flow.read_text().startswith("# saved\nfrom app.workflow import wf\n\n@wf.workflow\ndef order")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("ends", [True, False], ids=["line break", "none"])
@pytest.mark.parametrize("place", [".", "my services/shop"], ids=["root", "below"])
def test_git_can_apply_the_diff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, newline: str, ends: bool, place: str
) -> None:
    """It gives what `--fix` gives, whatever the lines end with; from the root of the repository as from the project."""
    root = tmp_path / place
    write_project(root, STEPS + FLOW)
    flow = root / "app/flow.py"
    text = "# é\x0c\n" + flow.read_text() + '    """\x85"""\n'
    text = (text if ends else text.rstrip("\n")).replace("\n", newline)
    flow.write_bytes("\ufeff".encode() + text.encode())
    before = tree(root)
    monkeypatch.chdir(tmp_path)
    shown = wfc(root, "--diff")
    assert tree(root) == before
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=shown.stdout_bytes, check=True)
    applied = tree(root)
    for path, data in before.items():
        (root / path).write_bytes(data)
    wfc(root, "--fix")
    assert tree(root) == applied
    assert applied != before


def test_a_diff_says_what_it_leaves_out(tmp_path: Path) -> None:
    """Nothing to fix is an empty diff; the exit code is that of the findings."""
    write_project(tmp_path, STEPS)
    done = wfc(tmp_path, "--diff")
    assert (done.exit_code, done.stdout) == (0, "")
    write_project(tmp_path, STEPS + FLOW)
    assert wfc(tmp_path, "--diff").exit_code == 1


def at(line: int, column: int, end_line: int, end_column: int, text: str) -> Diagnostic:
    """Return a finding with an edit."""
    span = Span("x.py", line, column, end_line, end_column)
    return Diagnostic("WFC205", f"{span}{text}", span, fix=Fix("fix", (Edit(span, text),)))


@pytest.mark.parametrize(
    ("items", "together"),
    [
        ([at(1, 1, 1, 3, "a"), at(1, 3, 1, 5, "b")], 2),
        ([at(1, 1, 1, 4, "a"), at(1, 3, 1, 5, "b")], 1),
        ([at(1, 1, 3, 1, "a"), at(2, 1, 2, 1, "b")], 1),
        ([at(1, 1, 1, 3, "a"), at(1, 1, 1, 1, "b")], 2),
        ([at(1, 1, 1, 3, "a"), at(1, 3, 1, 3, "b")], 2),
        ([at(1, 1, 1, 1, "import a\n"), at(1, 1, 1, 1, "import b\n")], 2),
        ([at(1, 1, 1, 1, "a"), at(1, 1, 1, 1, "b")], 1),
        ([at(1, 1, 1, 1, "a"), at(1, 1, 1, 1, "a")], 2),
    ],
)
def test_fixes_that_overlap_wait_for_each_other(items: list[Diagnostic], together: int) -> None:
    """The first is made now; equal edits are one; lines are put in one after the other."""
    assert apart(items) == items[:together]


def test_a_fix_is_made_as_a_whole() -> None:
    """One of its edits overlaps, so that none is made."""
    both = Diagnostic("WFC205", "m", Span("x.py", 9, 1, 9, 2), fix=Fix("fix", (
        Edit(Span("x.py", 9, 1, 9, 2), "a"), Edit(Span("x.py", 1, 1, 1, 4), "b"),
    )))  # fmt: skip
    first = at(1, 3, 1, 5, "c")
    assert apart([first, both]) == [first]


@given(st.text("ab\n\r\x0c\x85é\U0001f600", max_size=30), st.data())
def test_edits_leave_the_rest_of_the_text(text: str, data: st.DataObject) -> None:
    """What is between them stays as it was, to the line end; the lines that they touch hold what they put in."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line = data.draw(st.integers(1, len(lines)))
    column = data.draw(st.integers(1, len(lines[line - 1]) + 1))
    new = data.draw(st.sampled_from(["", "XX", "X\nX\n"]))
    edited = apply_edits(text, [Edit(Span("x.py", line, column, line, column), new)])
    added = new.replace("\n", "\r\n" if "\r\n" in text else "\n")
    assert edited.text.replace(added, "", 1) == text
    rest = edited.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert all(number in edited.lines for number, found in enumerate(rest, 1) if "X" in found)


def test_a_project_without_files_to_fix_is_left(tmp_path: Path) -> None:
    """A fix in a file that is no module of the project is none that can be made."""
    write_project(tmp_path, CLEAN)
    contents, undone = fix_with(tmp_path, ("config", Span("pyproject.toml", 1, 1, 1, 1), "x"))
    assert (contents, undone) == ({}, [])
    assert check_project(tmp_path, NO_BUFFERS).diagnostics == ()
