"""What every test of the runtime shares."""

from collections.abc import Iterator

import pytest

from tests.kept_promises import watch_stores
from tests.runtime import probe
from tests.runtime.memory_run import let_go


@pytest.fixture(autouse=True)
def _runs_end_with_their_test() -> Iterator[None]:
    """Put runs in memory aside after each test."""
    yield
    let_go()


@pytest.fixture(autouse=True)
def _bodies_start_afresh() -> Iterator[None]:
    """Forget what step bodies of the test before have noted."""
    probe.reset()
    yield
    probe.reset()


@pytest.fixture(autouse=True)
def _stores_keep_their_promises(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Check what must hold in any store; a test that can't promise it is marked `raw_store` with a reason."""
    yield from watch_stores(request, monkeypatch)
