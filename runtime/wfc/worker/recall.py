"""Bring a claimed run back into memory: which build goes on with it, and from where.

A run that is still warm is taken as it is; any other is replayed from its log. Where a newer build has the same
fingerprint for its workflow, that one takes the run over: a step that was mended reaches runs that sleep.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from ..builds import Builds
from ..engine.state import RunState
from ..engine.unseen import terminated_unseen
from ..model import Run
from ..replaying import replayed
from ..store.protocol import Store
from .warm import WarmRuns

_log = logging.getLogger("wfc.worker")


class Recall:
    """See the module."""

    def __init__(self, store: Store, builds: Builds, warm: WarmRuns, clock: Callable[[], int]) -> None:
        self._store = store
        self._builds = builds
        self._warm = warm
        self._clock = clock

    async def bring_back(self, run: Run) -> RunState | str:
        """Return the run's state, with a live coroutine; or why no worker with these builds can continue it."""
        build_id = self._builds.successor(run.build_id, run.workflow_id)
        moves = build_id != run.build_id
        warm = self._warm.take(run, keep=not moves)
        if warm is not None:
            return warm
        events = await self._store.events(run.run_id)
        if not moves:
            return await replayed(self._builds, run, events)
        state = await replayed(self._builds, replace(run, build_id=build_id), events)
        if isinstance(state, RunState):
            state.moved_from = run.build_id
            return state
        _log.warning(
            "run %s stays on build %s, since %s can't continue it: %s", run.run_id, run.build_id, build_id, state
        )
        return await replayed(self._builds, run, events)

    async def block_or_end(self, run: Run, reason: str) -> None:
        """Block a run that can't be brought back, or end it where that is what it was told."""
        items = [item for item in await self._store.inbox(run.owner or "") if item.run_id == run.run_id]
        events, hooks = await self._store.events(run.run_id), await self._store.hooks(run.run_id)
        end = terminated_unseen(run, events, hooks, items, self._clock())
        if end is not None:
            await self._store.commit([end])
            return
        _log.error("run %s can't be continued: %s", run.run_id, reason)
        await self._store.block(run, reason)
