"""Suppressions: which lines a comment counts for, what is no suppression, what is left over, and its fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compiler.conftest import write_project
from wfc_compiler.diagnostics import Diagnostic, Span
from wfc_compiler.pipeline import check_project
from wfc_compiler.project import Config
from wfc_compiler.rules import suppress
from wfc_compiler.rules.comments import read_comments


def lines_of(text: str) -> dict[int, str]:
    """Return for which lines the comments of a text count, and with which codes."""
    comments = [comment for comment in read_comments("x.py", text) if comment.word == "ignore"]
    found = {}
    for line in range(1, text.count("\n") + text.count("\r") + 2):
        covering = [comment for comment in comments if comment.covers(Span("x.py", line, 1, line, 2))]
        if covering:
            found[line] = " ".join(code for comment in covering for code, _ in comment.codes)
    return found


A, B = "# wfc: ignore[WFC201] -- a reason", "# wfc: ignore[WFC202]"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"x = 1  {A}\ny = 2\n", {1: "WFC201"}),
        (f"x = 1\n{A}\ny = 2\nz = 3\n", {3: "WFC201"}),
        (f"{A}\n{B}\n# a word of its own\nx = 1\ny = 2\n", {4: "WFC201 WFC202"}),
        (f"{A}\n\nx = 1\n", {1: "WFC201"}),
        (f"x = f(\n    a,\n    b,\n)  {A}\ny = 1\n", {1: "WFC201", 2: "WFC201", 3: "WFC201", 4: "WFC201"}),
        (f"x = f(  {A}\n    a,\n)\n", {1: "WFC201", 2: "WFC201", 3: "WFC201"}),
        (f"x = f(\n    a,  {A}\n    b,\n)\n", {2: "WFC201"}),
        (f"x = f(\n    {A}\n    # word\n    a,\n    b,\n)\n", {4: "WFC201"}),
        (f"{A}\nx = f(\n    a,\n)\ny = 1\n", {2: "WFC201", 3: "WFC201", 4: "WFC201"}),
        (f"{A}\n@one\n@two(\n    1\n)\nasync def f(\n    a\n):\n    pass\n", dict.fromkeys(range(2, 9), "WFC201")),
        (f"@one  {A}\ndef f():\n    pass\n", {1: "WFC201"}),
        (f"while True:  {A}\n    pass\n", {1: "WFC201"}),
        (f"if x:\n    pass\n    {A}\nelse:\n    pass\n", {4: "WFC201"}),
        (f"x = 1 \\\n    + 2  {A}\n", {1: "WFC201", 2: "WFC201"}),
        (f'x = """\n{A}\n"""\ny = "{A}"\n', {}),
        (f"x = 1  {A}\r\ny = 2\r\n{B}\r\nz = 3\r\n", {1: "WFC201", 4: "WFC202"}),
        (f"x = 1  {A}\ry = 2\r", {1: "WFC201"}),
        (f"\x0cx = '''\n'''  {A}\n", {1: "WFC201", 2: "WFC201"}),
        (f"x = 1  # type: ignore  {A}\n", {1: "WFC201"}),
        (f"x = 1  {A}  # noqa\n", {1: "WFC201"}),
        ("x = 1  # wfc: ignore[WFC201, WFC202,WFC203 WFC204] because\n", {1: "WFC201 WFC202 WFC203 WFC204"}),
        ("x = 1  #wfc:ignore[WFC201]\n", {1: "WFC201"}),
        ("x = 1  # WFC: Ignore [WFC201]\n", {1: "WFC201"}),
        ("x = 1  # see `# wfc: ignore[WFC201]`, or wfc: ignore[WFC202]\n", {}),
        (f"x = 1  {A}", {1: "WFC201"}),
        (A, {1: "WFC201"}),
        (f"x = (\n{A}\n", {}),
        (f"def f(:\n{A}\nx = 1\n", {}),
    ],
)  # fmt: skip
def test_a_comment_counts_for_its_lines(text: str, lines: dict[int, str]) -> None:
    """Its line, the statement below it, the statement that begins or ends with it; nothing more."""
    assert lines_of(text) == lines


def test_a_finding_over_several_lines_is_met_on_its_last() -> None:
    """Behind an argument of several lines the comment counts for the argument, not for what that stands in."""
    text = f"while True:\n    f(\n        g(\n            1\n        ),  {A}\n        2,\n    )\n"
    (comment,) = read_comments("x.py", text)
    assert comment.covers(Span("x.py", 3, 9, 5, 10))
    assert not comment.covers(Span("x.py", 1, 1, 7, 6))
    assert not comment.covers(Span("x.py", 6, 9, 6, 10))


def findings(root: Path, body: str, configuration: str = "") -> list[Diagnostic]:
    """Return the findings of a workflow with a body of several lines, by code."""
    lines = "".join(f"    {line}\n" if line else "\n" for line in body.split("\n"))
    text = f"import time\nfrom app.workflow import wf\n@wf.workflow\nasync def order():\n{lines}    return 1\n"
    write_project(root, f"# file: pyproject.toml\n[tool.wfc]\n{configuration}\n# file: app/steps.py\n{text}")
    return sorted(check_project(root).diagnostics, key=lambda item: item.code)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("# wfc: ignore", "WFC904"),
        ("# wfc: ignore because I say so", "WFC904"),
        ("# wfc: ignore[]", "WFC904"),
        ("# wfc: ignore[WFC205", "WFC904"),
        ("# wfc: ignore(WFC205)", "WFC904"),
        ("# wfc: ignore[*]", "WFC904"),
        ("# wfc: ignore[WFC2]", "WFC904"),
        ("# wfc: ignore[wfc205]", "WFC904"),
        ("# wfc: ignore[blocking-sleep]", "WFC904"),
        ("# wfc: ignroe[WFC205]", "WFC904"),
        ("# wfc: noqa[WFC205]", "WFC904"),
        ("# wfc: disable WFC205", "WFC904"),
        ("# wfc: ignores nothing here", None),
        ("# wfc: this is for the worker [see there]", None),
        ("# noqa", None),
    ],
)
def test_nothing_suppresses_everything(tmp_path: Path, written: str, code: str | None) -> None:
    """What only looks like a suppression leaves the finding, and is one itself; prose is prose."""
    found = findings(tmp_path, f"time.sleep(1)  {written}")
    assert [item.code for item in found] == ["WFC205", *([code] if code else [])]
    if code:
        assert "ignore[" in found[-1].help or "wfc explain" in found[-1].help


@pytest.mark.parametrize(
    ("body", "fixed"),
    [
        ("x = 1  # wfc: ignore[WFC205] -- why", "x = 1"),
        ("# wfc: ignore[WFC205] -- why\nx = 1", "x = 1"),
        ("x = 1  # wfc: ignore[WFC205, WFC201]", "x = 1"),
        ("time.sleep(1)  # wfc: ignore[WFC205, WFC201] -- why", "time.sleep(1)  # wfc: ignore[WFC205] -- why"),
        ("time.sleep(1)  # wfc: ignore[WFC201, WFC205, WFC202]", "time.sleep(1)  # wfc: ignore[WFC205]"),
        ("x = 1  # type: ignore  # wfc: ignore[WFC205] -- why", "x = 1  # type: ignore"),
        ("x = 1  # wfc: ignore[WFC205] -- why  # noqa", "x = 1  # noqa"),
        ("# wfc: ignore[WFC205]  # noqa\nx = 1", "# noqa\nx = 1"),
        ("# wfc: ignore[WFC001]\nx = 1", "x = 1"),
    ],
)
def test_what_is_left_over_can_be_taken_out(tmp_path: Path, body: str, fixed: str) -> None:
    """The code alone, or the comment; one finding per comment. The fixed file has no finding."""
    (found,) = findings(tmp_path, body)
    assert found.code == "WFC902"
    assert found.fix is not None
    (edit,) = found.fix.edits
    path = tmp_path / "app/steps.py"
    path.write_text(edited(path.read_text(), edit.span, edit.text))
    expected = "".join(f"    {line}\n" for line in fixed.splitlines())
    assert f"async def order():\n{expected}    return 1\n" in path.read_text()
    assert check_project(tmp_path).diagnostics == ()


def edited(text: str, span: Span, new: str) -> str:
    """Return a text with a place replaced."""
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[: span.line - 1])) + span.column - 1
    end = sum(map(len, lines[: span.end_line - 1])) + span.end_column - 1
    return text[:start] + new + text[end:]


def test_codes_that_need_no_judgement(tmp_path: Path) -> None:
    """WFC902 in a comment accepts what is left over in it; while the structure is wrong nothing is judged."""
    assert findings(tmp_path, "x = 1  # wfc: ignore[WFC205, WFC902] -- on other systems") == []
    broken = findings(tmp_path, "x = 1  # wfc: ignore[WFC205]\ny = undefined")
    assert [item.code for item in broken] == ["WFC016"]


@pytest.mark.parametrize(("statement", "codes"), [("x = print()", []), ("x = 1", ["WFC902"])])
def test_what_slicing_finds_is_judged_when_it_has_looked(tmp_path: Path, statement: str, codes: list[str]) -> None:
    """A suppression of WFC503 that suppresses nothing is left over, one that does is not."""
    text = "from app.workflow import wf\n{}  # wfc: ignore[WFC503]\n@wf.step\ndef f(): return x\n"
    write_project(tmp_path, "# file: app/steps.py\n" + text.format(statement))
    assert [item.code for item in check_project(tmp_path).diagnostics] == codes


@pytest.mark.parametrize(
    ("configuration", "codes"),
    [
        ("ignore = ['WFC205']", []),
        ("per-file-ignores = {'app/*.py' = ['WFC205']}", []),
        ("per-file-ignores = {'app/**' = ['WFC205']}", []),
        ("per-file-ignores = {'app' = ['WFC205']}", []),
        ("per-file-ignores = {'./app/' = ['WFC205']}", []),
        ("per-file-ignores = {'steps.py' = ['WFC205']}", []),
        ("per-file-ignores = {'**/steps.py' = ['WFC205']}", []),
        ("per-file-ignores = {'app/steps.py' = ['WFC201']}", ["WFC205"]),
        ("per-file-ignores = {'pp/steps.py' = ['WFC205']}", ["WFC205"]),
        ("per-file-ignores = {'step' = ['WFC205']}", ["WFC205"]),
        ("ignore = ['WFC205', 'WFC016']", ["WFC016"]),
        ("ignore = ['WFC25']", ["WFC205", "WFC904"]),
    ],
)
def test_the_configuration_accepts_by_code(tmp_path: Path, configuration: str, codes: list[str]) -> None:
    """Everywhere, or in files by path, folder or name; what can't be suppressed stays."""
    extra = "\nx = undefined" if "WFC016" in configuration else ""
    assert [item.code for item in findings(tmp_path, "time.sleep(1)" + extra, configuration)] == codes


def test_the_configuration_can_accept_what_is_left_over(tmp_path: Path) -> None:
    """WFC902 and WFC904 are codes like any other."""
    body = "x = 1  # wfc: ignore[WFC205]\ny = 1  # wfc: ignore[WFC2999]"
    assert [item.code for item in findings(tmp_path, body)] == ["WFC902", "WFC904"]
    assert findings(tmp_path, body, "ignore = ['WFC902', 'WFC904']") == []


def test_comments_in_files_that_nothing_reaches_are_not_judged(tmp_path: Path) -> None:
    """No rule has looked there."""
    write_project(
        tmp_path,
        "# file: pyproject.toml\n[tool.wfc]\nentrypoints = ['app.workflow:wf']\n"
        "# file: app/steps.py\nfrom app.workflow import wf\n@wf.step\n"
        "def f():  # wfc: ignore[WFC013] -- later\n    return 1  # wfc: ignore[WFC205]\n",
    )
    assert check_project(tmp_path).diagnostics == ()


def test_findings_are_compared_with_the_comments_of_their_own_file() -> None:
    """Each of many is accepted by the comment on its line, in its file."""
    sources = {f"m{number}.py": "x = 1  # wfc: ignore[WFC201]\n" * 50 for number in range(20)}
    found = [Diagnostic("WFC201", "m", Span(path, line, 1, line, 2)) for path in sources for line in range(1, 51)]
    assert suppress(found, sources, Config()) == []
    assert len(suppress([], sources, Config())) == 1000


PIECES = (
    "# wfc: ignore[WFC201]", "# wfc: ignore", "x", "=", "(", ")", "\n", "\r\n", "    ", '"""', "'", "@", "\\",
    "def f():", "[", "]", "#", "\x0c", "é", "\t", ":", ",", "\0", "\ufeff",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever a file holds, reading its comments ends, and what would be deleted with one lies around it."""
    for comment in read_comments("x.py", text):
        assert comment.first <= comment.last
        assert comment.whole.line == comment.span.line
        assert comment.whole.column <= comment.span.column
