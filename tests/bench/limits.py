"""What the machine itself can do, now: durable commits of SQLite, and the import of pydantic.

Every figure is given as a multiple of one of these, measured in the same run.
"""

import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.measure import REPEATS, Result, command, summary

_COMMITS = 200
Base = tuple[str, float]


class Ground:
    """Measurements of the machine beside those of a workload."""

    def __init__(self) -> None:
        self._commits: list[float] = []

    def measure_commit(self) -> None:
        """Measure one durable commit."""
        self._commits.append(commit_seconds())

    @property
    def commit(self) -> Base:
        """What a commit took, as something to compare with."""
        return "commit", statistics.median(self._commits)


def commit_seconds() -> float:
    """Measure one durable commit of one row: what SQLite itself needs on this disk, now."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder, "raw.db"), isolation_level=None)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("create table rows (value text)")

        def once() -> float:
            started = time.perf_counter()
            connection.execute("begin immediate")
            connection.execute("insert into rows values ('x')")
            connection.execute("commit")
            return time.perf_counter() - started

        times = [once() for _ in range(_COMMITS)]
        connection.close()
    return statistics.median(times)


def import_seconds() -> tuple[float, float]:
    """Measure `import pydantic` in a process of its own: seconds with those of the interpreter, and peak memory."""
    done = command(sys.executable, "-c", "from pydantic import BaseModel", cwd=Path.cwd())
    return done.seconds, done.peak_rss_mb


def raw(_: int) -> list[Result]:
    """Durable commits a second, and the seconds that `import pydantic` takes with its interpreter."""
    commits = [commit_seconds() for _ in range(REPEATS)]
    imports = [import_seconds() for _ in range(REPEATS)]
    return [
        summary("raw commit", 1, commits, 0.0, None),
        summary("raw import pydantic", 1, [seconds for seconds, _ in imports], imports[0][1], None),
    ]
