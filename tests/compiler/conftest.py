"""What the compiler's tests share: write a project down in a few lines, compile it, call its steps.

A project is one text; `# file: path` starts a file. A registry `app/workflow.py` is there unless the
text has one.
"""

from __future__ import annotations

import asyncio
import itertools
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wfc.loading import load_route
from wfc.manifest import Route
from wfc_compiler.pipeline import BuildResult, compile_project

REGISTRY = "from vercel import workflow\n\nwf = workflow.Workflows()\n"
_numbers = itertools.count()


def tree(directory: Path) -> dict[str, bytes]:
    """Return the files below a directory."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def write_project(root: Path, text: str) -> None:
    """Write the files of a project."""
    files: dict[str, str] = {"app/workflow.py": REGISTRY}
    path = "app/steps.py"
    for line in textwrap.dedent(text).splitlines(keepends=True):
        if line.startswith(("# without: ", "# python: ")):
            continue
        if line.startswith("# file: "):
            path = line.removeprefix("# file: ").strip()
            files[path] = ""
        else:
            files[path] = files.get(path, "") + line
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, encoding="utf-8")


@dataclass
class Compiled:
    """A compiled project: the text of its routes, and its steps and flows to call."""

    root: Path
    result: BuildResult

    @property
    def codes(self) -> list[str]:
        """Return the codes of the findings."""
        return [item.code for item in self.result.diagnostics]

    def route(self, name: str) -> Route:
        """Return the manifest's route of a step, else of a workflow."""
        assert self.result.build is not None, [item.message for item in self.result.diagnostics]
        manifest = self.result.build.manifest
        routes = {key: item.route for entries in manifest.steps.values() for key, item in entries.items()}
        routes |= {key: item.route for entries in manifest.workflows.values() for key, item in entries.items()}
        return routes[name]

    def directory(self, name: str) -> Path:
        """Return the directory of a route."""
        assert self.result.build is not None
        return (self.result.build.path / self.route(name).path).parent

    def text(self, name: str, path: str) -> str:
        """Return an emitted module of a route."""
        return (self.directory(name) / path).read_text(encoding="utf-8")

    def load(self, name: str) -> Any:
        """Import a route; what its module raises at import is raised here."""
        package = f"_r_{name}_{next(_numbers)}"
        return load_route(package, self.directory(name), self.root)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Run the body of a step in its own route."""
        outcome = self.load(name).step.func(*args, **kwargs)
        return asyncio.run(outcome) if asyncio.iscoroutine(outcome) else outcome


Compile = Callable[[str], Compiled]


@pytest.fixture
def compile_text(tmp_path: Path) -> Compile:
    """Return a function that compiles a project given as text."""

    def run(text: str) -> Compiled:
        root = tmp_path / f"project{next(_numbers)}"
        root.mkdir()
        (root / "pyproject.toml").write_text("", encoding="utf-8")
        write_project(root, text)
        return Compiled(root, compile_project(root))

    return run
