"""What every test of the runtime shares."""

from collections.abc import Iterator

import pytest

from tests.runtime.memory_run import let_go


@pytest.fixture(autouse=True)
def _runs_end_with_their_test() -> Iterator[None]:
    """Put runs in memory aside after each test."""
    yield
    let_go()
