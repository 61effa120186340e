"""What counts as unchanged: an answer without parsing, which must never be a wrong one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import wfc_compiler.emit.stamp as stamp
import wfc_compiler.planning
from tests.compiler.conftest import write_project
from wfc_compiler.pipeline import BuildResult, compile_project
from wfc_compiler.project import Config, Snapshot, take_snapshot

PROJECT = """\
# file: pyproject.toml
[tool.wfc]
# file: main.py
from app.steps import work
# file: app/steps.py
from app.workflow import wf
try:
    from app.extra import VALUE
except ImportError:
    VALUE = 1
@wf.step
def work(): return VALUE
# file: app/odd-script.py
pass
"""
WARNING = """\
# file: app/flow.py
from app.workflow import wf
from app.steps import work
from vercel import workflow
import pydantic
class Hook(pydantic.BaseModel, workflow.BaseHook):
    a: int
@wf.workflow
async def flow():
    await work()
    await Hook.wait(token="same")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project that has been built."""
    write_project(tmp_path, PROJECT)
    assert compile_project(tmp_path).build is not None
    return tmp_path


def is_planned(root: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Build once more; say whether the sources were read and planned for it."""
    planned: list[Path] = []
    plan = wfc_compiler.planning.check_and_plan

    def spy(root: Path) -> object:
        planned.append(root)
        return plan(root)

    monkeypatch.setattr(wfc_compiler.planning, "check_and_plan", spy)
    compile_project(root)
    return bool(planned)


def edit_in_disguise(root: Path) -> None:
    """Change a file to as many other bytes, and set its time back."""
    path = root / "app" / "steps.py"
    status = path.stat()
    path.write_text(path.read_text().replace("VALUE = 1", "VALUE = 2"), encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def write(path: str, text: str) -> Callable[[Path], None]:
    """Return a change that writes a file."""

    def change(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")

    return change


CHANGES: dict[str, Callable[[Path], object]] = {
    "an edit of the same size and time": edit_in_disguise,
    "a file that is reached now": write("app/extra.py", "VALUE = 3\n"),
    "a file that hides a package": write("app.py", ""),
    "a file that is not reached": write("other.py", "x = 1\n"),
    "a file gone": lambda root: (root / "main.py").unlink(),
    "a file with a name that can't be imported": write("app/my-flow.py", "@wf.step\n"),
    "a configuration": write("pyproject.toml", '[tool.wfc]\nslice = "minimal"\n'),
    "a wrong configuration": write("pyproject.toml", "[tool.wfc]\nslize = 1\n"),
    "another configuration file": write("vercel.json", '{"experimentalServices": {}, "x": 1}'),
    "a source root": lambda root: (root / "src").mkdir(),
    "an extension module": write("app/extra.so", ""),
    "a damaged build": lambda root: next((root / ".wfc").rglob("steps.py")).write_text("", encoding="utf-8"),
    "a damaged note": write(".wfc/last-build.json", '{"untouched": 3}'),
}
HARMLESS = {"another configuration file"}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(root: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whatever may change the outcome is looked into; what can't, such as a key that nobody reads, needn't be."""
    CHANGES[name](root)
    assert is_planned(root, monkeypatch) is (name not in HARMLESS)


def test_an_untouched_project_is_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither at once nor later, when file times alone tell, is anything parsed."""
    assert not is_planned(root, monkeypatch)
    for path in root.rglob("*.py"):
        if ".wfc" not in path.parts:
            path.touch()  # another time, the same content
    assert not is_planned(root, monkeypatch)
    assert not is_planned(root, monkeypatch)


def test_settled_files_are_not_even_opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the clock has moved on, sizes and times are enough; until then the content counts."""
    opened: list[str] = []
    read = stamp._bytes

    def spy(path: str) -> bytes | None:
        opened.append(path)
        return read(path)

    monkeypatch.setattr(stamp, "_bytes", spy)
    compile_project(root)
    assert opened

    def later(root: Path, roots: tuple[Path, ...], config: Config) -> Snapshot:
        snapshot = take_snapshot(root, roots, config)
        return Snapshot(snapshot.taken_ns + 10**10, snapshot.folders, snapshot.states)

    monkeypatch.setattr(stamp, "take_snapshot", later)
    compile_project(root)
    opened.clear()
    compile_project(root)
    assert opened == []


def test_another_wfc_builds_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new version of wfc, or of what it emits with, is asked for its own answer."""
    monkeypatch.setattr(stamp, "_tools", lambda: "new")
    assert is_planned(root, monkeypatch)


def test_another_python_builds_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another Python may have other findings, and makes other code."""
    monkeypatch.setattr(sys, "version", "4.0")
    assert is_planned(root, monkeypatch)


def test_the_environment_is_a_setting(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`WFC_STRICT` changes the configuration without any file."""
    monkeypatch.setenv("WFC_STRICT", "1")
    assert is_planned(root, monkeypatch)


def test_a_data_file_is_seen(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose routes read files beside the code is always planned: those files may change, too."""
    source = "from pathlib import Path\nfrom app.workflow import wf\n@wf.step\n"
    write("app/steps.py", f"{source}def work(): return Path(__file__).with_name('data.txt').read_text()\n")(root)
    write("app/data.txt", "one")(root)
    first = compile_project(root).build_id
    write("app/data.txt", "two")(root)
    assert compile_project(root).build_id != first


def shown(result: BuildResult) -> tuple[object, ...]:
    """Return what a command prints of a result."""
    places = {path: result.sources[path] for path in {item.span.path for item in result.diagnostics}}
    return result.build_id, result.diagnostics, result.summary, places


def test_an_untouched_project_gives_the_same_findings(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings come with every build, with their place, chain and fix."""
    write_project(root, WARNING)
    before = compile_project(root)
    assert "WFC319" in [item.code for item in before.diagnostics]
    assert not is_planned(root, monkeypatch)
    assert shown(compile_project(root)) == shown(before)
