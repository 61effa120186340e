"""Tells the store that a worker's event loop turns, for as long as the worker has runs: also while it drains."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf

from ..errors import StoreError
from ..store.protocol import Store


@contextmanager
def beating(store: Store, worker: str, seconds: float, on_failure: Callable[[StoreError], None]) -> Iterator[None]:
    """Send heartbeats in its block, at whose end nothing is waited for. `on_failure` hears of a store that failed."""
    task = asyncio.create_task(_beat(store, worker, seconds, on_failure), name="wfc-heartbeat")
    try:
        yield
    finally:
        task.cancel()


async def _beat(store: Store, worker: str, seconds: float, on_failure: Callable[[StoreError], None]) -> None:
    try:
        while seconds != inf:
            await asyncio.sleep(seconds)
            await store.heartbeat(worker)
    except StoreError as error:
        on_failure(error)
