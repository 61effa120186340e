"""What functions of the standard library do with the order of what they are passed, by canonical name."""

from __future__ import annotations


def _names(module: str, names: str) -> frozenset[str]:
    return frozenset(f"{module}.{name}" for name in names.split())


ORDERLESS = (
    _names("builtins", "sorted len sum min max any all set frozenset bool isinstance")
    | _names("statistics", "mean fmean median median_low median_high stdev pstdev variance pvariance quantiles")
    | _names("heapq", "nlargest nsmallest")
    | _names("math", "fsum prod")
    | {"collections.Counter"}
)
"""What gives the same whatever the order is."""

CONTAINERS = (
    _names("builtins", "list tuple iter enumerate zip map filter reversed dict")
    | _names(
        "itertools",
        "accumulate batched chain chain.from_iterable combinations cycle dropwhile filterfalse groupby islice pairwise "
        "permutations product starmap takewhile zip_longest",
    )
    | _names("collections", "deque OrderedDict")
)
"""What puts the things that it is passed in a row, or goes over them."""

SAME = {"copy.copy": 0, "copy.deepcopy": 0, "typing.cast": 1, "asyncio.wait_for": 0, "asyncio.shield": 0}
"""What gives back one of its arguments, by position."""

GROUPS = _names("asyncio", "gather as_completed")
"""What starts coroutines in the order in which they are passed."""

STARTERS = _names("asyncio", "create_task ensure_future TaskGroup.create_task")
"""What makes a task of a coroutine."""

WHOLE = _names("builtins", "str repr ascii format bytes bytearray")
"""What makes a text of all that it is passed."""

QUIET = frozenset({"builtins.print", "asyncio.wait"})
"""What gives nothing of what it is passed, or tasks, which have an order of their own."""
