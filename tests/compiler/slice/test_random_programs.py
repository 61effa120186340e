"""Slices of random programs: a step's route gives what the whole program gives."""

from __future__ import annotations

import contextlib
import importlib
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings

from wfc_compiler.pipeline import compile_project

from ..conftest import Compiled
from .programs import programs


@contextlib.contextmanager
def imported(root: Path) -> Iterator[Any]:
    """Import the program as a normal one would be, at its entrypoint, and forget it afterwards."""
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module("app.steps")
    finally:
        sys.path.remove(str(root))
        for name in [name for name in sys.modules if name.partition(".")[0] == "app"]:
            del sys.modules[name]


def whole_results(root: Path) -> dict[str, str]:
    """Return what each step gives in the whole program, freshly imported for each; a list may hold itself."""
    with imported(root) as steps:
        names = [name for name in vars(steps) if name == "everything" or name.startswith("step")]
    found = {}
    for name in names:
        with imported(root) as steps:
            found[name] = repr(getattr(steps, name).func())
    return found


def compiled(root: Path, program: Mapping[str, str]) -> Compiled:
    """Write a program down and compile it."""
    for path, text in program.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    (root / "pyproject.toml").write_text("[tool.wfc]\nignore = ['WFC504']\n")  # each route's own state is the point
    return Compiled(root, compile_project(root))


@settings(max_examples=2 * settings().max_examples)
@given(program=programs())
def test_a_route_gives_what_the_whole_program_gives(program: Mapping[str, str]) -> None:
    """Whatever a program's modules do to each other when imported, each step's route has done it, too."""
    with tempfile.TemporaryDirectory() as folder:
        result = compiled(Path(folder), program)
        try:
            expected = whole_results(Path(folder))
        except Exception:  # noqa: BLE001 (a program that fails by itself says nothing)
            assume(False)
        for name, value in expected.items():
            assert repr(result.call(name)) == value, name
