"""A library as careless as some are. It isn't compiled: nothing in it is guarded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any


async def call(function: Callable[[], Awaitable[Any]], after: Callable[[], object]) -> Any:
    """Call a function, and a callback afterwards, whatever happens."""
    try:
        return await function()
    finally:
        after()


async def insist(function: Callable[[], Awaitable[Any]]) -> Any:
    """Call a function until it returns."""
    while True:
        try:
            return await function()
        except BaseException:  # noqa: BLE001, S110 - as careless as it gets
            pass
