"""Look into a store's file without opening it for work: nothing is created, migrated or locked.

For commands that only want to know what is there, beside workers of whatever version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

LIVE_RUNS = "select workflow_id, count(*) from runs where status in ('pending', 'running') group by workflow_id"


# A failed run may be retried, on its own build.
BUILDS_NEEDED = "select distinct build_id from runs where status in ('pending', 'running', 'failed')"


def builds_needed(path: Path) -> set[str] | None:
    """Return the builds that a store's live and failed runs have; None where it can't be read."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return {row[0] for row in connection.execute(BUILDS_NEEDED)}
    except sqlite3.Error:
        return None


def count_live_runs(path: Path) -> Mapping[str, int] | None:
    """Return how many runs of each workflow haven't ended; None where there is no store, or none that can be read."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return dict(connection.execute(LIVE_RUNS).fetchall())
    except sqlite3.Error:
        return None
