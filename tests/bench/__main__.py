"""`python -m tests.bench`: run the workloads and print one line per result. It decides nothing."""

import argparse
import json
from dataclasses import asdict

from tests.bench.measure import Result
from tests.bench.workloads import WORKLOADS


def main() -> None:
    """Run the workloads that were asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--workload", action="append", choices=sorted(WORKLOADS), help="may be given several times")
    parser.add_argument("--backend", choices=["sqlite"], default="sqlite")
    parser.add_argument("--n", type=int, help="the size to run at, instead of the usual ones")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    options = parser.parse_args()
    for name in options.workload or WORKLOADS:
        workload, sizes = WORKLOADS[name]
        for n in (options.n,) if options.n else sizes:
            result = workload(n)
            print(json.dumps(asdict(result)) if options.json else line(result), flush=True)


def line(result: Result) -> str:
    """Say a result in words, the median with the fastest and slowest beside it."""
    return (
        f"{result.workload} n={result.n}: {result.seconds} s ({result.fastest} to {result.slowest}), "
        f"{result.ops_per_s}/s, {result.peak_rss_mb} MB, {result.ratio} x {result.ratio_to}"
    )


main()
