"""Play workflows and steps of a build on the real engine, in a process of its own, and say what was seen.

    python -m tests.e2e.breaking.player JOBS SEEN

JOBS holds pickled `Play`s, or `Life`s that another process has seen. SEEN receives for each play its `Lives`: a run
from its start to its end, one that is put aside wherever it waits, and one with other arguments. For a life it receives
an `Afterlife`: the run is brought back from each moment at which it could have been put aside, and played to its end.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.breaking.moves import MOST_MOVES, OTHER, play_on, run_body
from tests.e2e.breaking.plays import Afterlife, Builds, Life, Lives, Play, without_moments
from tests.e2e.breaking.recording import unread, unrecordable
from tests.e2e.breaking.traces import ProcessState, changed, traces_of
from tests.e2e.breaking.values import another, arguments_for
from tests.e2e.breaking.watching import HeldUpError, install, watched
from tests.runtime.memory_run import MemoryRun, let_go
from wfc.builds import Build
from wfc.compat import vercel as _vercel  # noqa: F401 - as in every process of wfc, plain programs find it, too
from wfc.engine.divergence import ReplayDivergenceError

_MOST_REPLAYS = 12
_RUN = "first"


def live(play: Play, builds: Builds) -> Lives:
    """Play a workflow three times; a step, or a workflow that doesn't end, once."""
    first = _life(play, builds)
    if play.is_step or first.unloadable or first.outcome[0] in ("held up", "runaway", "endless"):
        return Lives(first, first, first)
    again = _life(play, builds, aside=True)
    held_up = again.outcome[0] == "held up"
    return Lives(first, again, first if held_up else _life(play, builds, run_id=OTHER, change=another))


def _life(
    play: Play,
    builds: Builds,
    *,
    run_id: str = _RUN,
    change: Callable[[Any], Any] = lambda same: same,
    aside: bool = False,
) -> Life:
    life = Life(play)
    try:
        build = builds.of(play)
        inner = _route(build, play.inner)
        _route(build, play.id)
    except BaseException as error:  # noqa: BLE001 - whatever keeps a route from being loaded
        life.unloadable = f"{type(error).__name__}: {error}"
        return life
    life.unread = list(unread(inner.signature))
    if play.circumstances.records:
        life.unrecordable = list(unrecordable(inner.signature))
    if play.is_step and not play.circumstances.bodies:
        return life
    looks = not (play.is_step or aside or run_id != _RUN)
    package = inner.function.__module__.partition(".")[0] if looks else ""
    before = traces_of(package) if looks else {}
    with watched() as seen:
        life.outcome = _live(life, build, run_id, change, aside=aside)
    life.left_behind += changed(before, traces_of(package)) if looks else []
    if life.outcome[0] in ("completed", "failed"):  # else there are coroutines that are still to be awaited
        life.never_awaited = seen.never_awaited
    if play.circumstances.bodies and play.id == play.inner:
        with watched():
            life.plainly = _run_plainly(play, inner)
    let_go()
    return life


def _live(life: Life, build: Build, run_id: str, change: Callable[[Any], Any], *, aside: bool) -> tuple[str, str]:
    play = life.play
    inner, route = _route(build, play.inner), _route(build, play.id)

    def given(value: Any) -> Any:
        return route.codec.decode(inner.codec.encode(change(value)))  # the classes are those of the route

    try:
        args, kwargs = arguments_for(inner.signature, play.circumstances.given)
        args, kwargs = [given(value) for value in args], {key: given(value) for key, value in kwargs.items()}
        input = route.signature.encode_args(tuple(args), kwargs)
        if play.is_step:
            return _outcome(lambda: route.signature.decode_result(run_body(route, input)))
        run = MemoryRun(route, input=input, run_id=run_id, seed=run_id.encode().ljust(32))
    except Exception as error:  # noqa: BLE001 - where annotations can't be read, or no value be made for one
        return "failed", f"{type(error).__name__}: {error}"
    if aside:
        return _play_put_aside(run, life, build)
    life.log = run.log
    return play_on(run, play, build, life.cuts)


def _play_put_aside(run: MemoryRun, life: Life, build: Build) -> tuple[str, str]:
    """Play a run that is put aside wherever it waits, and brought back in the same process."""
    outcome = ("endless", "")
    before_run = ProcessState.present()
    for _ in range(MOST_MOVES):
        before = len(life.cuts)
        outcome = play_on(run, life.play, build, life.cuts, moves=1)
        life.log = run.log
        if run.ended or len(life.cuts) == before:
            return outcome
        with watched() as seen:
            run.put_aside()
        life.when_put_aside += [*seen.effects, *seen.printed]
        life.left_behind += before_run.differing()
        before_run.restore()
        try:
            run = run.replayed()
        except ReplayDivergenceError as error:
            return "diverged", str(error)
    return outcome


def live_again(life: Life, builds: Builds) -> Afterlife:
    """Bring a run back from each moment at which it could have been put aside, and play it to its end."""
    found = Afterlife()
    build = builds.of(life.play, later=True)
    try:
        route = build.flow(life.play.id)
    except Exception as error:  # noqa: BLE001 - whatever keeps a route from being loaded here
        found.differs.append(("unloadable", f"{type(error).__name__}: {error}"))
        return found
    # A run that has ended sees no later build.
    cuts = [cut for cut in life.cuts if not life.play.later or cut < len(life.log)]
    for cut in cuts[:_MOST_REPLAYS]:
        run = MemoryRun(route, input=life.log[0].payload, run_id=_RUN, seed=_RUN.encode().ljust(32))
        run.log = life.log[:cut]
        with watched() as seen:
            back = _bring_back(run, found)
        found.effects += seen.effects
        if found.differs and found.differs[-1][0] == "held up":
            break
        if back is not None and not back.ended:
            with watched():
                outcome = play_on(back, life.play, build, [])
            if not life.play.later and without_moments(back.log) != life.asked:
                found.differs.append(outcome)
        del run, back
        let_go()
    return found


def _bring_back(run: MemoryRun, found: Afterlife) -> MemoryRun | None:
    try:
        return run.replayed()
    except ReplayDivergenceError as error:
        found.diverged.append(str(error))
    except HeldUpError:
        found.differs.append(("held up", ""))
    return None


def _route(build: Build, id: str) -> Any:
    return build.step(id) if id.startswith("step//") else build.flow(id)


def _run_plainly(play: Play, inner: Any) -> tuple[str, str]:
    """Run a workflow or a step as the plain program that it is, in its own module, steps and all."""
    args, kwargs = arguments_for(inner.signature, play.circumstances.given)
    _, module, name = play.id.split("//")
    before = set(sys.modules)
    sys.path.insert(0, str(play.root))
    try:
        return _outcome(lambda: _call(getattr(importlib.import_module(module), name).func, args, kwargs))
    finally:
        sys.path.remove(str(play.root))
        for loaded in set(sys.modules) - before:
            if str(getattr(sys.modules[loaded], "__file__", None) or "").startswith(f"{play.root}{os.sep}"):
                del sys.modules[loaded]


def _call(function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
    result = function(*args, **kwargs)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def _outcome(function: Callable[[], Any]) -> tuple[str, str]:
    try:
        return "completed", repr(function())
    except HeldUpError:
        return "held up", ""
    except BaseException as error:  # noqa: BLE001 - whatever ends it is its outcome
        return "failed", f"{type(error).__name__}: {error}"


def main(jobs: str, seen: str) -> None:
    """Play what is in one file, and write what was seen to another."""
    install()
    builds = Builds()
    found: list[Any] = []
    for job in pickle.loads(Path(jobs).read_bytes()):
        print((job if isinstance(job, Play) else job.play).id, file=sys.stderr, flush=True)  # the last one is it
        before = ProcessState.present()
        found.append(live(job, builds) if isinstance(job, Play) else live_again(job, builds))
        before.restore()
    Path(seen).write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
