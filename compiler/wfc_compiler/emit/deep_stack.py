"""Run a function where deep recursion is safe.

LibCST visits and prints by recursion, several Python frames per nested expression, so a literal sum of
a thousand terms overflows the ordinary limit. A thread with a big stack has room; memory is only
taken as far as it is used.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

STACK_BYTES = 512 * 1024 * 1024
RECURSION_LIMIT = 100_000


def with_deep_stack(function: Callable[[], Result]) -> Result:
    """Call `function` in a thread of its own and return what it returns, or raise what it raises."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 (raised again below, in the caller's thread)
            errors.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size(STACK_BYTES)
    sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
    try:
        thread = threading.Thread(target=run, name="wfc-compiler")
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if errors:
        raise errors[0]
    return results[0]
