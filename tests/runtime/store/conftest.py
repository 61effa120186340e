"""The stores that the conformance suite runs on, each empty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.store.clock import Clock
from wfc.store.protocol import Store
from wfc.store.sqlite.store import SqliteStore

OpenStore = Callable[[], Store]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> OpenStore:
    """Return a function that opens another connection to the same store."""
    assert request.param == "sqlite"
    return lambda: SqliteStore(tmp_path / "state.db", clock)
