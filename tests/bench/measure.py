"""What a benchmark measures with: finished commands with their peak memory, and one durable commit to compare with."""

import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WFC = Path(sys.executable).parent / "wfc"
# A median of fewer says little on a machine that others use too.
REPEATS = 5


@dataclass(frozen=True)
class Result:
    """One line of output. `ratio` is seconds per operation as a multiple of what `ratio_to` names."""

    workload: str
    n: int
    seconds: float
    fastest: float
    slowest: float
    ops_per_s: float
    peak_rss_mb: float
    ratio_to: str | None = None
    ratio: float | None = None
    backend: str = "sqlite"


@dataclass(frozen=True)
class Finished:
    """A command that ended well."""

    out: str
    seconds: float
    peak_rss_mb: float


def command(*arguments: str | Path, cwd: Path) -> Finished:
    """Run a command to its end. Raise where it fails: a benchmark of failures means nothing."""
    with tempfile.TemporaryFile("w+") as out:
        started = time.perf_counter()
        process = subprocess.Popen(arguments, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        out.seek(0)
        # Linux counts kilobytes, macOS bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        return Finished(out.read(), seconds, usage.ru_maxrss * unit / 2**20)


def summary(workload: str, n: int, times: list[float], peak_rss_mb: float, base: tuple[str, float]) -> Result:
    """Condense the seconds that the repetitions took; `base` names what one operation is compared with."""
    seconds = statistics.median(times)
    return Result(
        workload=workload,
        n=n,
        seconds=round(seconds, 4),
        fastest=round(min(times), 4),
        slowest=round(max(times), 4),
        ops_per_s=round(n / seconds, 1),
        peak_rss_mb=round(peak_rss_mb, 1),
        ratio_to=base[0],
        ratio=round(seconds / n / base[1], 2),
    )


def repeated(work: Callable[[], float]) -> list[float]:
    """Do the work `REPEATS` times and return the seconds of each."""
    return [work() for _ in range(REPEATS)]


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

        times = [once() for _ in range(200)]
        connection.close()
    return statistics.median(times)


@contextmanager
def folder_with(files: dict[str, str]) -> Iterator[Path]:
    """Make a scratch project of these files."""
    with tempfile.TemporaryDirectory() as name:
        for relpath, text in files.items():
            path = Path(name, relpath)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        yield Path(name)
