"""`python -m tests.bench`: run the workloads and print one line per result. It decides nothing."""

import argparse
import json

from tests.bench.measure import Result
from tests.bench.workloads import WORKLOADS


def main() -> None:
    """Run the workloads that were asked for, or all; what the machine itself can do comes first in any case."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--workload", action="append", choices=sorted(WORKLOADS), help="may be given several times")
    parser.add_argument("--backend", choices=["sqlite"], default="sqlite")
    parser.add_argument("--n", type=int, help="the size to run at, instead of the usual ones")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    options = parser.parse_args()
    chosen = dict.fromkeys(["raw", *(options.workload or WORKLOADS)])
    for name in chosen:
        workload, sizes = WORKLOADS[name]
        for n in (options.n,) if options.n and name != "raw" else sizes:
            for result in workload(n):
                print(json.dumps(result.line()) if options.json else in_words(result), flush=True)


def in_words(result: Result) -> str:
    """Say a result in words, the median with the fastest and slowest beside it."""
    shown = result.line()
    known = ("workload", "backend", "n", "seconds", "fastest", "slowest", "ops_per_s", "ratio", "ratio_to")
    rest = "".join(f", {name} {value}" for name, value in shown.items() if name not in known)
    ratio = f", {result.ratio} x {result.ratio_to}" if result.ratio_to else ""
    return (
        f"{result.workload} n={result.n}: {result.seconds} s ({result.fastest} to {result.slowest}), "
        f"{result.ops_per_s}/s{ratio}{rest}"
    )


if __name__ == "__main__":
    main()
