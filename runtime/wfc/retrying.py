"""Retry runs that have failed: check that it can be done, and do it in one transaction.

Comes in: a run's id, and which build is to go on with it. Goes out: the run, which is live again and due; a worker
takes it from there. Where the log is cut, and what becomes of what came after, is in `engine/reopening.py`.

Who waited for the run and was told that it had failed (a parent's `return_value()`, host code) has been told for good.
Who asks from now on waits for its new end; so does a parent that is itself retried from before it was told.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial

from .builds import Builds
from .client import Client
from .clock import wall_clock_us
from .engine.reopening import Cut, find_cut, reopen
from .errors import ConfigError, RetryRefusedError
from .ids import short_name, ulid
from .model import Run
from .origin import origin_of
from .replaying import replayed


@dataclass(frozen=True, slots=True)
class Retried:
    """A run that goes on; `changed` says that its workflow isn't what it was on the build that it had."""

    run: Run
    cut: Cut
    changed: bool


async def retry_run(client: Client, run_id: str, *, build: str | None = None, force: bool = False) -> Retried:
    """Let a failed run go on from before its failure, durably on return.

    `build` is a build's id or `current`; without it, the run goes on with the current build where the fingerprint of
    its workflow is the same there, else with its own. Whichever it is, it has to give the same calls as the log up to
    where the run goes on. Raises RetryRefusedError, with nothing changed: the run hasn't failed, something was done
    since the failure that may be done again (unless `force`), or no such build can go on. Raises RunNotFoundError.
    """
    run = await client.store.run(run_id)
    _check_failed(run)
    cut = find_cut(await client.store.events(run_id))
    if cut.done and not force:
        raise RetryRefusedError(_done_since(run, cut))
    chosen = _build_for(client.builds, run, build)
    state = await replayed(client.builds, replace(run, build_id=chosen), cut.kept)
    if isinstance(state, str):
        raise RetryRefusedError(_unable(run, chosen, state))
    change, items = reopen(
        state, cut, worker=f"retry_{ulid()}", now=wall_clock_us(), origin_of=partial(origin_of, build_id=chosen)
    )
    asyncio.get_running_loop().call_soon(state.flow.evict)
    committed = await client.store.reopen(change, items)
    if committed.run is None:
        raise RetryRefusedError(f"run {run_id!r} was changed meanwhile, probably by another retry: `wfc inspect` it")
    return Retried(committed.run, cut, changed=_fingerprints_differ(client.builds, run, chosen))


def _check_failed(run: Run) -> None:
    if run.status == "failed":
        return
    reasons = {
        "cancelled": "it was told to end; start the workflow again with `wfc start`",
        "completed": "it has its result",
        "pending": "a worker begins with it by itself",
        "running": "it goes on by itself",
    }
    reason = reasons[run.status]
    if run.blocked is not None:
        reason = "it is blocked, and tried again with the next build and whenever a worker starts (`wfc inspect`)"
    raise RetryRefusedError(f"run {run.run_id!r} is {run.status}, and only a failed run can be retried: {reason}")


def _build_for(builds: Builds, run: Run, wanted: str | None) -> str:
    """Return the id of the build that goes on with the run."""
    own = run.build_id
    chosen = builds.successor(own, run.workflow_id) if wanted is None else wanted
    if wanted == "current":
        chosen = builds.current_id()
    try:
        builds.get(chosen).manifest.workflow(run.workflow_id)
    except ConfigError as error:
        way = "name another one with --build" if wanted else "--build current checks whether that one can go on with it"
        raise RetryRefusedError(f"run {run.run_id!r} can't go on with build {chosen}: {error}; or {way}") from error
    return chosen


def _fingerprints_differ(builds: Builds, run: Run, chosen: str) -> bool:
    if chosen == run.build_id:
        return False
    try:
        before = builds.get(run.build_id).manifest.workflow(run.workflow_id).fingerprint
    except ConfigError:
        return True  # its own build is gone: nobody can tell
    return before != builds.get(chosen).manifest.workflow(run.workflow_id).fingerprint


def _done_since(run: Run, cut: Cut) -> str:
    failed = f"step {cut.step} failed" if cut.step else "the workflow failed"
    return (
        f"run {run.run_id!r}: after {failed}, this was done, and would stay done: {', '.join(cut.done)}. The run would "
        f"go on from before the failure, and may do it again: see `wfc inspect {run.run_id}`. If that is right, use "
        "--force"
    )


def _unable(run: Run, chosen: str, reason: str) -> str:
    if chosen == run.build_id:
        return f"run {run.run_id!r} can't go on with its own build {chosen}: {reason}"
    return (
        f"run {run.run_id!r} of {short_name(run.workflow_id)} can't go on with build {chosen}: {reason}. Without "
        f"--build it goes on with {run.build_id}, as long as that is there"
    )
