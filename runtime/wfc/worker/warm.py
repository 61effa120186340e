"""Runs that wait and that nobody owns, kept in memory by the worker that parked them, so that they needn't replay."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from ..engine.state import RunState
from ..model import Run


class WarmRuns:
    """At most `limit` parked runs, the least recently parked put aside first. Use it on a running event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._states: OrderedDict[str, RunState] = OrderedDict()

    def keep(self, state: RunState) -> None:
        """Keep a run that was parked."""
        self._states[state.run.run_id] = state
        while len(self._states) > self._limit:
            _, coldest = self._states.popitem(last=False)
            _put_aside(coldest)

    def take(self, run: Run, *, keep: bool = True) -> RunState | None:
        """Return a run that was claimed again, if it is to be kept and is still what the store has; else it has to be
        replayed.
        """
        state = self._states.pop(run.run_id, None)
        if state is None:
            return None
        if not keep or (state.run.fence + 1, state.run.next_seq) != (run.fence, run.next_seq):
            _put_aside(state)
            return None
        state.run = run
        return state

    def let_go(self) -> None:
        """Put all of them aside."""
        while self._states:
            _put_aside(self._states.popitem()[1])


def _put_aside(state: RunState) -> None:
    # Never inside a task of this loop: CPython 3.14 refuses to enter a task of another one there.
    asyncio.get_running_loop().call_soon(state.flow.evict)
