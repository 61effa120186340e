"""What every test of the runtime shares."""

from collections.abc import Iterator

import pytest

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
