"""The benchmarks themselves: each runtime workload runs at a tiny size and says what TARGETS.md asks of a line."""

import json

import pytest

from tests.bench import running, waiting
from tests.bench.__main__ import in_words
from tests.bench.measure import Result, quantile_ms, summary
from tests.bench.workloads import WORKLOADS

ALWAYS = {"workload", "backend", "n", "seconds", "fastest", "slowest", "ops_per_s", "peak_rss_mb"}
WITH_BASE = ALWAYS | {"ratio_to", "ratio"}


@pytest.fixture(autouse=True)
def _once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "REPEATS", 1)
    monkeypatch.setattr(waiting, "REPEATS", 1)
    monkeypatch.setattr(waiting, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(waiting, "_WARM_UP", 3)


@pytest.mark.parametrize(
    ("workload", "n", "more"),
    [
        ("w1", 3, set()),
        ("w1p", 3, set()),
        ("w2", 3, set()),
        ("w3", 3, set()),
        ("w4", 3, {"p50_ms", "p99_ms"}),
        ("w5", 12, {"rss_growth_mb", "idle_cpu"}),
        ("w6", 30, {"finished_s", "bodies_again"}),
        ("w8", 3, set()),
    ],
)
def test_workload_says_what_is_asked(workload: str, n: int, more: set[str]) -> None:
    """A workload goes through with real processes, and its line has every field, as JSON."""
    results = WORKLOADS[workload][0](n)
    line = json.loads(json.dumps(results[0].line()))
    assert line.keys() == WITH_BASE | more
    assert (line["workload"], line["backend"], line["n"]) == (workload, "sqlite", n)
    assert line["seconds"] > 0
    if workload == "w6":
        assert line["bodies_again"] <= 1


def test_every_workload_of_the_targets_is_there() -> None:
    """Whoever asks for one of TARGETS.md finds it."""
    asked = {"w1", "w1p", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "c1", "c2"}
    assert asked <= WORKLOADS.keys()


def test_summary_takes_the_median_of_one_operation() -> None:
    """Seconds are those of a repetition, the ratio is that of one of its operations."""
    result = summary("w3", 10, [3.0, 1.0, 2.0], 5.0, ("commit", 0.01), operations=20)
    assert (result.seconds, result.fastest, result.slowest) == (2.0, 1.0, 3.0)
    assert (result.ops_per_s, result.ratio) == (10.0, 10.0)


def test_line_in_words_names_what_is_special() -> None:
    """A person reads the same figures."""
    result = Result("w4", 50, 0.1, 0.1, 0.2, 500.0, 30.0, p50_ms=1.5, more={"odd": 3.0})
    assert in_words(result) == "w4 n=50: 0.1 s (0.1 to 0.2), 500.0/s, peak_rss_mb 30.0, p50_ms 1.5, odd 3.0"


@pytest.mark.parametrize(("fraction", "expected"), [(0.5, 3000.0), (0.99, 4000.0), (0.0, 1000.0)])
def test_quantile(fraction: float, expected: float) -> None:
    """A quantile is one of the times."""
    assert quantile_ms([4.0, 1.0, 3.0, 2.0], fraction) == expected
