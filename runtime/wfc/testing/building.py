"""Build a project for its tests, by the `wfc` command: what runs in a test is what would be deployed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from ..errors import ConfigError
from .errors import BuildFailedError


def build_project(root: Path, out: Path) -> None:
    """Build the project at `root` into the folder `out`. Raises BuildFailedError with what the compiler says."""
    done = subprocess.run(
        [_command(), "build", "--project", root, "--out", out],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildFailedError(f"`wfc build` failed in {root}:\n{done.stdout}{done.stderr}".rstrip())


def _command() -> str:
    """Return the `wfc` of this interpreter's environment, else the one on PATH."""
    beside = Path(sys.executable).with_name("wfc")
    found = str(beside) if beside.exists() else shutil.which("wfc")
    if found is None:
        raise ConfigError(f"there is no `wfc` command beside {sys.executable} nor on PATH: install wfc-compiler")
    return found
