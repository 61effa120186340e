"""Remove old runs while working: what `[tool.wfc] retention` promises, without a cron job."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ..old_runs import prune_runs
from ..store.protocol import Store
from .background import Background

EVERY_SECONDS = 3600.0
PAUSE_SECONDS = 0.05  # between transactions, which others may want to make

_log = logging.getLogger("wfc.worker")


class Retention:
    """Prunes when a worker starts, and once an hour; `retention_us` is how long runs are kept, None for ever."""

    def __init__(
        self, store: Store, clock: Callable[[], int], retention_us: int | None, stopping: Callable[[], bool]
    ) -> None:
        self._store = store
        self._clock = clock
        self._retention_us = retention_us
        self._stopping = stopping
        self._last = -EVERY_SECONDS

    def begin_if_due(self, background: Background) -> None:
        """Start a round beside the worker's own work, where it is time."""
        now = asyncio.get_running_loop().time()
        if self._retention_us is not None and now - self._last >= EVERY_SECONDS:
            self._last = now
            background.run(self._round(self._clock() - self._retention_us))

    async def _round(self, ended_before: int) -> None:
        pruned = await prune_runs(self._store, ended_before, pause=PAUSE_SECONDS, stopping=self._stopping)
        if pruned.runs:
            _log.info("removed %d run(s) that ended longer ago than they are kept", pruned.runs)
