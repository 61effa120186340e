"""Every case under `tests/golden/` and every example, compiled and compared as whole trees.

    <case>/input/            a project, small enough to read
    <case>/emitted/          what a build of it holds; a missing, changed or stale file is a failure
    <case>/diagnostics.txt   what the compiler had to say

`pytest --update-golden` rewrites the expected side; the diff is for a person to read.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wfc_compiler.diagnostics import render_concise
from wfc_compiler.pipeline import compile_project

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
CASES = {case.name: case / "input" for case in sorted(HERE.iterdir()) if (case / "input").is_dir()}
CASES |= {
    f"example-{example.name}": example
    for example in sorted(EXAMPLES.iterdir())
    if any((example / marker).exists() for marker in ("pyproject.toml", "vercel.json"))
}


def emitted_by(project: Path, scratch: Path) -> dict[str, str]:
    """Compile a copy of a project; return the files of its build and its findings, as text."""
    root = scratch / "project"
    shutil.copytree(project, root, ignore=shutil.ignore_patterns(".wfc", "__pycache__"))
    (root / ".git").mkdir(exist_ok=True)
    result = compile_project(root)
    found = {"diagnostics.txt": render_concise(result.diagnostics)}
    if result.build is not None:
        build = result.build.path
        for path in build.rglob("*"):
            if path.is_file():
                found[f"emitted/{path.relative_to(build).as_posix()}"] = path.read_text(encoding="utf-8")
    return found


def expected_of(case: Path) -> dict[str, str]:
    """Return the expected side of a case."""
    files = [case / "diagnostics.txt", *(case / "emitted").rglob("*")]
    return {path.relative_to(case).as_posix(): path.read_text(encoding="utf-8") for path in files if path.is_file()}


def rewrite(case: Path, files: dict[str, str]) -> None:
    """Replace the expected side of a case."""
    shutil.rmtree(case / "emitted", ignore_errors=True)
    for path, text in files.items():
        (case / path).parent.mkdir(parents=True, exist_ok=True)
        (case / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole tree that a project compiles to is what a person has read."""
    monkeypatch.setattr("wfc_compiler.emit.manifest.PYTHON", "3.11")  # the same tree on every Python
    found = emitted_by(CASES[name], tmp_path)
    if request.config.getoption("--update-golden"):
        rewrite(HERE / name, found)
    expected = expected_of(HERE / name)
    assert sorted(found) == sorted(expected), "files are missing or stale: read the diff of `make golden`"
    for path in sorted(found):
        assert found[path] == expected[path], f"{name}/{path} differs: read the diff of `make golden`"


def test_no_case_without_input() -> None:
    """A folder of expectations whose project is gone is stale."""
    folders = {case.name for case in HERE.iterdir() if case.is_dir() and not case.name.startswith(("_", "."))}
    assert folders == set(CASES)
