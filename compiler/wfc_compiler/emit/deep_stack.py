"""Run a function where deep recursion is safe.

LibCST visits and prints by recursion, several Python frames per nested expression, so a literal sum of
a thousand terms overflows the ordinary limit; so do imports and calls through thousands of modules. A thread with a big
stack has room; memory is only taken as far as it is used. Where the system refuses so much, there is less.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

STACK_BYTES = 512 * 1024 * 1024
RECURSION_LIMIT = 100_000
_LEAST = 16 * 1024 * 1024


def with_deep_stack(function: Callable[[], Result]) -> Result:
    """Call `function` in a thread of its own and return what it returns, or raise what it raises."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 (raised again below, in the caller's thread)
            errors.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size()
    try:
        _started(run, max(limit, RECURSION_LIMIT)).join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if errors:
        raise errors[0]
    return results[0]


def _started(run: Callable[[], None], limit: int) -> threading.Thread:
    """Return a running thread with as big a stack as there is; Ctrl-C needn't wait for its end."""
    stack = STACK_BYTES
    while True:
        threading.stack_size(stack)
        sys.setrecursionlimit(limit)
        thread = threading.Thread(target=run, name="wfc-compiler", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # can't start new thread
            if stack <= _LEAST:
                raise
            stack, limit = stack // 2, limit // 2
        else:
            return thread
