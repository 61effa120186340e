"""Remove runs that ended long ago.

Comes in: a store, and a time. Goes out: how much was removed. It takes many short commits with pauses between them, in
which others write: `wfc prune` waits for the end, a worker does it beside its own work (worker/retention.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .store.protocol import Pruned, Store


async def prune_runs(
    store: Store,
    ended_before: int,
    *,
    pause: float,
    dry_run: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> Pruned:
    """Remove the runs that ended before a time of the store's clock; with `dry_run` only count them.

    `pause` is in seconds. Returns what was removed in all; once it is `stopping`, that is less than there was, and the
    cursor says where to go on.
    """
    runs, events, cursor = 0, 0, None
    while True:
        pruned = await store.prune(ended_before, cursor=cursor, dry_run=dry_run)
        runs, events, cursor = runs + pruned.runs, events + pruned.events, pruned.cursor
        if cursor is None or stopping():
            return Pruned(runs, events, cursor)
        await asyncio.sleep(pause)
