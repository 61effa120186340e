"""The compiled corpus, shared by the tests of this folder."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.suspension.project import Routes, compile_folder


@pytest.fixture(scope="module", autouse=True)
def _little_to_collect() -> Iterator[None]:
    """Take what is in memory by now out of the garbage collector's way; these tests call it after each move."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Routes:
    """Compile the corpus and load its routes, once in a process."""
    routes = compile_folder(Path(__file__).parent / "corpus", tmp_path_factory.mktemp("suspension"))
    for name in routes.names:
        routes[name]
    return routes
