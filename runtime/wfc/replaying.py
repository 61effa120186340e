"""Bring a run back on one of the builds there are, or say why it can't be.

Comes in: a run's row, naming the build to use, and its log. Goes out: its state with a live coroutine, or the reason:
the build is gone, its flow can't be imported, or the replay differs, with both calls and their lines in the source.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from typing import Any

from .builds import Builds
from .call_sites import call_sites
from .codec.exceptions import describe_exception
from .engine.divergence import ReplayDivergenceError
from .engine.replay import rebuild
from .engine.state import RunState
from .errors import ConfigError
from .flow.commands import Fail
from .flow.placed import PlacedRun
from .flow.route import FlowRoute
from .model import Event, Run

_NAMES_BUILD = {"run_created": "buildId", "run_moved": "to", "run_reopened": "build"}
_LINE_OF_TRACEBACK = re.compile(r'File "([^"]+)", line (\d+)')


async def replayed(builds: Builds, run: Run, events: Sequence[Event]) -> RunState | str:
    """Replay in a plain callback: CPython 3.14 refuses to enter a task of another loop inside a task."""
    if len(events) == 1:  # nothing was delivered yet, so no turn is run
        return _rebuild(builds, run, events)
    result: asyncio.Future[RunState | str] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(_settle, builds, run, events, result)
    return await result


def _settle(builds: Builds, run: Run, events: Sequence[Event], result: asyncio.Future[RunState | str]) -> None:
    outcome = _rebuild(builds, run, events)
    if not result.done():
        result.set_result(outcome)


def _rebuild(builds: Builds, run: Run, events: Sequence[Event]) -> RunState | str:
    try:
        route = builds.get(run.build_id).flow(run.workflow_id)
    except ConfigError as error:
        return _without_build(builds, run, error)
    except BaseException as error:  # noqa: BLE001 - imports the user's modules, which may raise anything
        return f"the flow of build {run.build_id} can't be imported: {type(error).__name__}: {error}"
    try:
        return rebuild(route, run, events)
    except ReplayDivergenceError as error:
        text = error.text(_recorded_at(builds, run, events, error.event), _issued_at(route, run, events))
        return text.replace(f"{builds.root}{os.sep}", "")
    except BaseException as error:  # noqa: BLE001 - decodes the user's values, which may raise anything
        return f"{type(error).__name__}: {error}"


def _without_build(builds: Builds, run: Run, error: ConfigError) -> str:
    folder = builds.out / "builds" / run.build_id
    if folder.is_dir():
        return str(error)
    return (
        f"its build {run.build_id} is gone: there is no build at {folder}. Put the folder back, or check out the "
        "source that it was made from and `wfc build`: the same source gives the same build"
    )


def _recorded_at(builds: Builds, run: Run, events: Sequence[Event], event: Event | None) -> str:
    """Say where the call that the log has stands in the source of the build that recorded it, where that is there."""
    if event is None:
        return ""
    build_id = run.build_id
    for earlier in events:
        if earlier.seq > event.seq:
            break
        named = earlier.data.get(_NAMES_BUILD.get(earlier.type, ""))
        build_id = str(named) if named else build_id
    try:
        return " or ".join(call_sites(builds.get(build_id), run.workflow_id, event))
    except (ConfigError, OSError, ValueError, SyntaxError):
        return ""


def _issued_at(route: FlowRoute, run: Run, events: Sequence[Event]) -> str:
    """Replay once more, noting lines: say where the call that isn't in the log was made."""
    flows: list[PlacedRun] = []

    def make_flow(*args: Any) -> PlacedRun:
        flows.append(PlacedRun(*args))
        return flows[-1]

    try:
        rebuild(route, run, events, make_flow=make_flow).flow.evict()
    except ReplayDivergenceError as error:
        command = error.command
        if command is None:
            return ""
        return _raised_at(command) if isinstance(command, Fail) else flows[0].place_of(command)
    except BaseException:  # noqa: BLE001 - what has diverged once may do anything the second time
        return ""
    return ""


def _raised_at(failure: Fail) -> str:
    lines = _LINE_OF_TRACEBACK.findall(describe_exception(failure.error).get("traceback") or "")
    return ":".join(lines[-1]) if lines else ""
