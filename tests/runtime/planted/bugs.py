"""Mistakes that an engine could make, each to be planted for the length of a test.

Comes in: pytest's monkeypatch. Goes out: an engine, store or worker with the mistake. `test_planted.py` beside this one
says who must notice it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from wfc import replaying
from wfc.engine import advance, replay
from wfc.engine.deliveries import StepReturned
from wfc.engine.state import RunState
from wfc.store.sqlite import commit, others, store
from wfc.worker import committer, warm, worker

Plant = Callable[[pytest.MonkeyPatch], None]

BUGS: dict[str, Plant] = {}


def planted(plant: Plant) -> Plant:
    """Enter a mistake into the list."""
    BUGS[plant.__name__] = plant
    return plant


@planted
def drop_a_wake_up(patch: pytest.MonkeyPatch) -> None:
    """What arrives for a run doesn't make it due."""
    patch.setattr(others, "WAKE", "update runs set wake_at = wake_at where run_id = :run_id and :now is not null")


@planted
def start_bodies_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    """A body runs although nobody knows yet that it was asked for."""
    add = committer.Committer.add

    def eager(self: Any, active: Any, advanced: Any) -> None:
        for step in advanced.started:
            self._on_committed.__self__._start_body(active, step)
        advanced.started.clear()
        add(self, active, advanced)

    patch.setattr(committer.Committer, "add", eager)


@planted
def skip_the_fencing_check(patch: pytest.MonkeyPatch) -> None:
    """Whoever commits, commits."""
    for statement in ("UPDATE_RUN", "GROW_RUN", "STILL_OWNED"):
        checked = getattr(commit, statement)
        patch.setattr(commit, statement, checked.replace("owner = ? and fence = ?", "? is not null and ? is not null"))


@planted
def reorder_two_events(patch: pytest.MonkeyPatch) -> None:
    """Of what a turn asked for, the last comes first."""
    finish = advance._Turns.finish

    def swapped(self: Any) -> Any:
        events = self._change.events
        if len(events) > 1 and events[-1].is_issued and events[-2].is_issued:
            events[-2:] = [replace(events[-1], seq=events[-2].seq), replace(events[-2], seq=events[-1].seq)]
        return finish(self)

    patch.setattr(advance._Turns, "finish", swapped)


@planted
def forget_the_timers_of_a_run_that_is_replayed(patch: pytest.MonkeyPatch) -> None:
    """A run that comes back waits for what it slept for no longer."""
    rebuild = replay.rebuild

    def forgetful(*args: Any, **options: Any) -> RunState:
        state = rebuild(*args, **options)
        state.flow._timers.clear()
        return state

    patch.setattr(replaying, "rebuild", forgetful)


@planted
def forget_the_runs_of_a_dead_worker(patch: pytest.MonkeyPatch) -> None:
    """They are nobody's, and not due."""
    patch.setattr(
        store,
        "RELEASE",
        "update runs set owner = null, fence = fence + 1, wake_at = nullif(:now, :now) where owner = :worker",
    )


@planted
def deliver_a_payload_twice(patch: pytest.MonkeyPatch) -> None:
    """What was taken out of the inbox stays there."""
    patch.setattr(commit, "DELETE_ITEM", "delete from inbox where item_id = ? and 0")


@planted
def lose_the_payloads_of_a_hook_that_is_disposed(patch: pytest.MonkeyPatch) -> None:
    """What was accepted and not delivered vanishes."""

    def lossy(db: Any, run: Any, hook_id: str, _: int) -> Any:
        db.execute(commit.DELETE_HOOK, (hook_id, run.run_id)).fetchall()
        db.execute(commit.DRAIN_HOOK, (run.run_id, hook_id)).fetchall()
        return run

    patch.setattr(commit, "_remove_hook", lossy)


@planted
def spend_no_attempt_on_a_lost_worker(patch: pytest.MonkeyPatch) -> None:
    """A body that kills its worker runs for ever."""

    def unspent(state: RunState, now: int) -> list[StepReturned]:
        return [StepReturned(now, step.call_id, step.attempt) for step in state.steps.values() if step.running]

    patch.setattr(worker, "lost_attempts", unspent)


@planted
def run_a_body_again_after_a_replay(patch: pytest.MonkeyPatch) -> None:
    """An attempt that was begun is taken for one that wasn't."""
    note = replay._note_attempt

    def blind(state: RunState, event: Any) -> None:
        if event.type != "step_started":
            note(state, event)

    patch.setattr(replay, "_note_attempt", blind)


@planted
def forget_to_end_cancelled_steps(patch: pytest.MonkeyPatch) -> None:
    """A step that is told to stop before its body could begin never ends."""
    patch.setattr(advance._Turns, "end_unheard", lambda _: None)


@planted
def take_a_warm_run_for_what_the_store_has(patch: pytest.MonkeyPatch) -> None:
    """Another worker has gone on with the run meanwhile; this one goes on from where it was."""

    def trusting(self: Any, run: Any, *, keep: bool = True) -> RunState | None:
        state: RunState | None = self._states.pop(run.run_id, None)
        if state is not None:
            state.run = run
        return state

    patch.setattr(warm.WarmRuns, "take", trusting)


@planted
def steal_a_token(patch: pytest.MonkeyPatch) -> None:
    """The last to ask for a token gets it, whoever holds it."""
    patch.setattr(
        commit,
        "INSERT_HOOK",
        commit.INSERT_HOOK.replace("do nothing", "do update set hook_id = excluded.hook_id, run_id = excluded.run_id"),
    )


@planted
def tell_nobody_of_an_end(patch: pytest.MonkeyPatch) -> None:
    """Who waits for a run waits for ever."""
    patch.setattr(commit, "tell_watchers", lambda *_: None)


@planted
def leave_timers_behind(patch: pytest.MonkeyPatch) -> None:
    """A run that has ended still has some."""
    patch.setattr(commit, "DELETE_TIMERS", "delete from timers where run_id = ? and 0")
