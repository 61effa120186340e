"""The pytest plugin: loaded wherever wfc is installed, so it must not be felt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LOADED = "import sys, pytest; before = set(sys.modules); import wfc.pytest_plugin; print(*(set(sys.modules) - before))"


def pytest_run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_plugin_loads_nothing_by_itself() -> None:
    """Neither the engine nor pydantic, nor the compiler."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"wfc", "wfc.pytest_plugin", "wfc.version"}


def test_the_fixture_builds_the_project_that_the_test_is_in(tmp_path: Path) -> None:
    """Once for all tests of a session, by the project around the test's file; each test begins with nothing."""
    for name in ("one", "two"):
        (tmp_path / name / "tests").mkdir(parents=True)
        (tmp_path / name / "pyproject.toml").write_text("[tool.wfc]\n")
        (tmp_path / name / f"flows_{name}.py").write_text(
            f"import wfc\nwf = wfc.Workflows()\n\n@wf.workflow\nasync def main() -> str:\n    return {name!r}\n"
        )
        test = (
            f"import flows_{name}\n"
            "def check(env):\n"
            "    assert env.runs == []\n"
            f"    assert env.run(flows_{name}.main) == {name!r}\n"
            "def test_first(wfc_env): check(wfc_env)\n"
            "def test_second(wfc_env): check(wfc_env)\n"
        )
        (tmp_path / name / "tests" / f"test_{name}.py").write_text(test)
    paths = f"pythonpath={tmp_path / 'one'} {tmp_path / 'two'}"
    done = pytest_run(tmp_path, "-o", paths)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_who_does_not_use_it_notices_nothing(tmp_path: Path) -> None:
    """A session without the fixture builds nothing, and `-p no:wfc` leaves the plugin out."""
    (tmp_path / "test_plain.py").write_text("import sys\ndef test_plain(): assert 'wfc.testing' not in sys.modules\n")
    assert "1 passed" in pytest_run(tmp_path).stdout
    (tmp_path / "test_plain.py").write_text("def test_plain(wfc_env): pass\n")
    assert "fixture 'wfc_env' not found" in pytest_run(tmp_path, "-p", "no:wfc").stdout
