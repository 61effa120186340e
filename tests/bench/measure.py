"""What a benchmark measures with: finished commands with their peak memory, and a Result made of repetitions."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

WFC = Path(sys.executable).parent / "wfc"
# A median of fewer says little on a machine that others use too.
REPEATS = 5


@dataclass(frozen=True)
class Result:
    """One line of output. `ratio` is seconds per operation as a multiple of what `ratio_to` names.

    `more` are figures that only this workload has.
    """

    workload: str
    n: int
    seconds: float
    fastest: float
    slowest: float
    ops_per_s: float
    peak_rss_mb: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    ratio_to: str | None = None
    ratio: float | None = None
    more: Mapping[str, float] = field(default_factory=dict)
    backend: str = "sqlite"

    def line(self) -> dict[str, Any]:
        """Return the result as a JSON object, without what doesn't apply to it."""
        fields = asdict(self)
        del fields["more"]
        return {name: value for name, value in fields.items() if value is not None} | dict(self.more)


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


def summary(
    workload: str,
    n: int,
    times: Sequence[float],
    peak_rss_mb: float,
    base: tuple[str, float] | None,
    *,
    operations: int | None = None,
    p50_ms: float | None = None,
    p99_ms: float | None = None,
    more: Mapping[str, float] | None = None,
) -> Result:
    """Condense the seconds that the repetitions took.

    Each is the time of `operations` (n where nothing is said); `base` names what one operation is compared with.
    """
    seconds = statistics.median(times)
    count = n if operations is None else operations
    return Result(
        workload=workload,
        n=n,
        seconds=round(seconds, 6),
        fastest=round(min(times), 6),
        slowest=round(max(times), 6),
        ops_per_s=round(count / seconds, 1),
        peak_rss_mb=round(peak_rss_mb, 1),
        p50_ms=p50_ms,
        p99_ms=p99_ms,
        ratio_to=None if base is None else base[0],
        ratio=None if base is None else round(seconds / count / base[1], 2),
        more={name: round(value, 3) for name, value in (more or {}).items()},
    )


def quantile_ms(times: Sequence[float], fraction: float) -> float:
    """Return a quantile of some seconds, in milliseconds: the smallest time that so many are not above."""
    ordered = sorted(times)
    return round(ordered[min(len(ordered) - 1, int(fraction * len(ordered)))] * 1000, 3)


def repeated(work: Callable[[], float]) -> list[float]:
    """Do the work `REPEATS` times and return the seconds of each."""
    return [work() for _ in range(REPEATS)]


@contextmanager
def folder_with(files: dict[str, str]) -> Iterator[Path]:
    """Make a scratch project of these files."""
    with tempfile.TemporaryDirectory() as name:
        for relpath, text in files.items():
            path = Path(name, relpath)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        yield Path(name)
