"""The pytest fixture `wfc_env`: an environment for the project that a test is in, built once for each session.

pytest loads this module wherever wfc is installed, so it imports nothing else of wfc until a test asks for the
fixture. See `wfc.testing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import Environment


@pytest.fixture(scope="session")
def wfc_build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Return a function that builds the project at a folder and returns where to; once for each."""
    built: dict[Path, Path] = {}

    def build(root: Path) -> Path:
        from .testing.building import build_project

        if root not in built:
            out = tmp_path_factory.mktemp("wfc-build")
            build_project(root, out)
            built[root] = out
        return built[root]

    return build


@pytest.fixture
def wfc_env(request: pytest.FixtureRequest, wfc_build: Callable[[Path], Path]) -> Iterator[Environment]:
    """Return an environment of its own for each test, on a build of the project that holds the test's file."""
    from .settings import project_root
    from .testing import Environment

    root = project_root(request.path)
    with Environment(root, build=wfc_build(root)) as environment:
        yield environment
