"""Bring a run back on one of the builds there are, or say why it can't be.

Comes in: a run's row, naming the build to use, and its log. Goes out: its state with a live coroutine, or the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from .builds import Builds
from .engine.replay import rebuild
from .engine.state import RunState
from .model import Event, Run


async def replayed(builds: Builds, run: Run, events: Sequence[Event]) -> RunState | str:
    """Replay in a plain callback: CPython 3.14 refuses to enter a task of another loop inside a task."""
    result: asyncio.Future[RunState | str] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(_rebuild, builds, run, events, result)
    return await result


def _rebuild(builds: Builds, run: Run, events: Sequence[Event], result: asyncio.Future[RunState | str]) -> None:
    try:
        state = rebuild(builds.get(run.build_id).flow(run.workflow_id), run, events)
    except BaseException as error:  # noqa: BLE001 - imports the user's modules, which may raise anything
        outcome: RunState | str = f"{type(error).__name__}: {error}"
    else:
        outcome = state
    if not result.done():
        result.set_result(outcome)
