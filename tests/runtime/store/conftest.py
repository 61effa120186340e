"""The stores that the conformance suite runs on, each empty.

The suite is `test_conformance.py`, `test_others.py` and `test_workers.py`. To run it on another store, add a factory to
`STORES`: given a scratch folder and the test's clock, it returns a function that opens one more connection to the same,
empty store, as another process would. All that a test uses is `wfc.store.protocol.Store`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.store.clock import Clock
from wfc.store.memory import Memory, MemoryStore
from wfc.store.protocol import Store
from wfc.store.sqlite.store import SqliteStore

OpenStore = Callable[[], Store]


def sqlite(folder: Path, clock: Clock) -> OpenStore:
    return lambda: SqliteStore(folder / "state.db", clock)


def memory(folder: Path, clock: Clock) -> OpenStore:
    shared = Memory()
    return lambda: MemoryStore(shared, clock)


STORES = {"sqlite": sqlite, "memory": memory}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=STORES)
def open_store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> OpenStore:
    """Return a function that opens another connection to the same store."""
    return STORES[request.param](tmp_path, clock)
