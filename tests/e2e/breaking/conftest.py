"""All examples of the rules, compiled and played once for all tests and processes of a session."""

from __future__ import annotations

import fcntl
import pickle
from pathlib import Path

import pytest

from tests.e2e.breaking.own import own_programs
from tests.e2e.breaking.programs import bad_examples, good_examples
from tests.e2e.breaking.seeing import Seen, look_at
from tests.e2e.breaking.table import ABOUT, NOTHING_TO_SHOW
from wfc_compiler.diagnostics import CATALOGUE


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """Return by name what was seen of each example; the first process of a session looks, the others wait for it."""
    mine = tmp_path_factory.getbasetemp()
    shared = mine.parent if mine.name.startswith("popen-") else mine
    result = shared / "breaking.pickle"
    with (shared / "breaking.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            bad = bad_examples(code for code in CATALOGUE if code not in NOTHING_TO_SHOW)
            found = look_at([*bad, *own_programs(), *good_examples()], ABOUT, shared / "breaking")
            result.write_bytes(pickle.dumps(found))
    return dict(pickle.loads(Path(result).read_bytes()))
