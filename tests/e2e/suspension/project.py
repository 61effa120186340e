"""Compile a folder of workflows as a project of its own, and load its flow routes."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Mapping
from pathlib import Path

from wfc.flow import FlowRoute
from wfc.loading import load_route
from wfc_compiler.pipeline import compile_project

_numbers = itertools.count()


class Routes:
    """The flow routes of a build, each loaded when it is first asked for, by `module.function`."""

    def __init__(self, root: Path, directories: dict[str, Path]) -> None:
        self.root = root
        self.names = list(directories)
        self._directories = directories
        self._loaded: dict[str, FlowRoute] = {}

    def __getitem__(self, name: str) -> FlowRoute:
        if name not in self._loaded:
            directory = self._directories[name]
            self._loaded[name] = load_route(f"_r_suspension_{next(_numbers)}", directory, self.root)
        return self._loaded[name]


def compile_folder(folder: Path, root: Path) -> Routes:
    """Compile a copy of the package `folder` in the empty folder `root`."""
    return compile_files({path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}, root)


def compile_files(files: Mapping[str, str], root: Path, *, settings: str = "") -> Routes:
    """Compile modules, text by file name, as a package in the empty folder `root`; `settings` is its pyproject.toml.

    What compiling leaves in memory is taken out of the garbage collector's way.
    """
    (root / "corpus").mkdir()
    for name, text in files.items():
        (root / "corpus" / name).write_text(text, encoding="utf-8")
    (root / "pyproject.toml").write_text(settings, encoding="utf-8")
    result = compile_project(root)
    assert result.build is not None, [item.message for item in result.diagnostics]
    directories = {
        f"{Path(path).stem}.{name}": (result.build.path / entry.route.path).parent
        for path, entries in result.build.manifest.workflows.items()
        for name, entry in entries.items()
    }
    gc.collect()
    gc.freeze()
    return Routes(root, directories)
