"""Apply a transition inside a write transaction.

The first statement updates the run's row only where owner and fence are still those of the committing worker; when it
touches no row, nothing else of the transition is applied. Since the whole batch is one transaction under the turnstile,
nobody can slip in between.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from ...model import Event, Hook, InboxItem, Run, Scalar, Transition
from ..protocol import Committed
from .others import ANY_WATCHER, STOP_WATCHING, change_attributes, put, reach_out, tell_watchers
from .rows import event_row, hook_row

# `?` in the wake_at line: when something is left in the inbox that this transition hasn't taken, the run is due at
# once.
UPDATE_RUN = """
update runs set build_id = ?, status = ?, updated_at = ?, next_seq = ?, owner = ?, clock_offset = ?, started_at = ?,
  completed_at = ?, output = ?, error = ?, blocked = null,
  wake_at = case when ? and exists (select 1 from inbox where run_id = runs.run_id and item_id > ?) then ? else ? end
where run_id = ? and owner = ? and fence = ?
"""

# The fence guards against a second retry: whoever comes first raises it.
TAKE_FAILED = """
update runs set owner = ?, fence = fence + 1 where run_id = ? and status = 'failed' and owner is null and fence = ?
"""
FORGET_ATTRIBUTES = "delete from attributes where run_id = ?"

# As UPDATE_RUN, for a run of which nothing else changes. No index has these columns, so that a step of a run that goes
# on writes one page of `runs` and none of its indexes.
GROW_RUN = """
update runs set updated_at = ?, next_seq = ?,
  wake_at = case when exists (select 1 from inbox where run_id = runs.run_id and item_id > ?) then ? else ? end
where run_id = ? and owner = ? and fence = ?
"""
STILL_OWNED = "select 1 from runs where run_id = ? and owner = ? and fence = ?"

INSERT_EVENT = "insert into events (run_id, seq, type, at, call_id, data, payload) values "
INSERT_TIMER = "insert into timers (run_id, wait_id, due_at) values (?, ?, ?)"
DELETE_TIMER = "delete from timers where run_id = ? and wait_id = ?"
DELETE_TIMERS = "delete from timers where run_id = ?"
DELETE_ITEM = "delete from inbox where item_id = ?"
DELETE_ITEMS = "delete from inbox where run_id = ?"

INSERT_HOOK = """
insert into hooks (token, hook_id, run_id, hook_class, created_at, metadata) values (?, ?, ?, ?, ?, ?)
on conflict (token) do nothing
"""
# By id: a run may ask twice for a token, and the second hook, which is refused, must not take the first one's away.
DELETE_HOOK = "delete from hooks where hook_id = ? and run_id = ? returning token"
HOLDER = "select run_id from hooks where token = ?"
DRAIN_HOOK = """
delete from inbox where run_id = ? and call_id = ? and kind = 'hook' returning item_id, payload
"""
SET_NEXT_SEQ = "update runs set next_seq = ? where run_id = ?"

# The run, the worker and the fence.
_Claim = tuple[str, str, int]
# Each length is a statement of its own to SQLite: few enough that the connection keeps them all prepared.
_EVENTS_PER_STATEMENT = 64


def apply_all(db: sqlite3.Connection, changes: Sequence[Transition]) -> list[Committed]:
    """Apply transitions, in order where order matters; see the module.

    Their events are written together, before anybody may read them.
    """
    grown = _grow_runs(db, [change for change in changes if change.only_grows])
    rows: list[tuple[Any, ...]] = []
    results = []
    for change in changes:
        if change.questions:
            _insert_events(db, rows)
            rows.clear()
        if change.only_grows and _claim_of(change) not in grown:
            results.append(Committed(None))
        else:
            results.append(_apply(db, change, rows))
    _insert_events(db, rows)
    if ended := [change for change, done in zip(changes, results, strict=True) if done.run and done.run.is_terminal]:
        _clear_up(db, ended)
    return results


def _clear_up(db: sqlite3.Connection, ended: Sequence[Transition]) -> None:
    """Forget what runs that have ended waited for, and tell those who wait for them."""
    keys = [(change.run.run_id,) for change in ended]
    if db.execute(ANY_WATCHER).fetchone():
        db.executemany(STOP_WATCHING, keys)
        for change in ended:
            tell_watchers(db, change)
    db.executemany(DELETE_TIMERS, keys)
    db.executemany(DELETE_ITEMS, keys)


def apply_reopening(db: sqlite3.Connection, change: Transition, items: Sequence[InboxItem]) -> Committed:
    """Take a failed run for the length of this transaction, and apply the transition that brings it back."""
    run = change.run
    if db.execute(TAKE_FAILED, (change.worker, run.run_id, run.fence - 1)).rowcount != 1:
        return Committed(None)
    db.execute(FORGET_ATTRIBUTES, (run.run_id,))
    for item in items:
        put(db, run.run_id, item.kind, item.at, call_id=item.call_id, data=item.data, payload=item.payload)
    (result,) = apply_all(db, [change])
    return result


def _claim_of(change: Transition) -> _Claim:
    return change.run.run_id, change.worker, change.run.fence


def _grow_runs(db: sqlite3.Connection, changes: Sequence[Transition]) -> Container[_Claim]:
    """Write the rows of runs that only grow, in one statement; return the claims by which that still was allowed.

    A run may be there twice: lost, and claimed again by the same worker before it knew.
    """
    if not changes:
        return ()
    ours = [_claim_of(change) for change in changes]
    rows = []
    for change, key in zip(changes, ours, strict=True):
        run, taken = change.run, max(change.inbox_taken, default=0)
        rows.append((run.updated_at, run.next_seq, taken, run.updated_at, run.wake_at, *key))
    if db.executemany(GROW_RUN, rows).rowcount < len(rows):
        # Another worker has taken some over. Growing changes neither owner nor fence: the rest can still be told.
        ours = [key for key in ours if db.execute(STILL_OWNED, key).fetchone()]
    return frozenset(ours)


def _apply(db: sqlite3.Connection, change: Transition, rows: list[tuple[Any, ...]]) -> Committed:
    run = change.run
    if not change.only_grows and not _update_run(db, change):
        return Committed(None)
    rows += [event_row(run.run_id, event) for event in change.events]
    if change.timers_added:
        db.executemany(INSERT_TIMER, [(t.run_id, t.wait_id, t.due_at) for t in change.timers_added])
    if change.timers_removed:
        db.executemany(DELETE_TIMER, [(run.run_id, wait_id) for wait_id in change.timers_removed])
    if change.inbox_taken:
        db.executemany(DELETE_ITEM, [(item_id,) for item_id in change.inbox_taken])
    if change.attributes:
        change_attributes(db, run.run_id, change.attributes)
    if change.hook_changes:
        run = _change_hooks(db, change)
    if (change.children or change.questions or change.posts) and reach_out(db, change):
        run = replace(run, wake_at=run.updated_at)
    return Committed(run)


def _update_run(db: sqlite3.Connection, change: Transition) -> bool:
    run = change.run
    taken = max(change.inbox_taken, default=0)
    row = (
        run.build_id,
        run.status,
        run.updated_at,
        run.next_seq,
        run.owner,
        run.clock_offset,
        run.started_at,
        run.completed_at,
        run.output,
        run.error,
        not run.is_terminal,
        taken,
        run.updated_at,
        run.wake_at,
        run.run_id,
        change.worker,
        run.fence,
    )
    return db.execute(UPDATE_RUN, row).rowcount == 1


def _insert_events(db: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> None:
    for start in range(0, len(rows), _EVENTS_PER_STATEMENT):
        part = rows[start : start + _EVENTS_PER_STATEMENT]
        marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(part))
        db.execute(INSERT_EVENT + marks, tuple(chain.from_iterable(part)))


def _change_hooks(db: sqlite3.Connection, change: Transition) -> Run:
    run = change.run
    at = change.events[-1].at if change.events else run.updated_at + run.clock_offset
    for item in change.hook_changes:
        run = _add_hook(db, run, item) if isinstance(item, Hook) else _remove_hook(db, run, item, at)
    return run


def _add_hook(db: sqlite3.Connection, run: Run, hook: Hook) -> Run:
    """Register a hook; where another live one holds the token, the run finds that out through its inbox."""
    if db.execute(INSERT_HOOK, hook_row(hook)).rowcount == 1:
        return run
    if run.is_terminal:
        return run  # nobody is left to hear of it, and a run that has ended is never due
    holder = db.execute(HOLDER, (hook.token,)).fetchone()[0]
    data: dict[str, Scalar] = {"token": hook.token, "conflictingRunId": holder}
    put(db, run.run_id, "hook_conflict", run.updated_at, call_id=hook.hook_id, data=data)
    return replace(run, wake_at=run.updated_at)


def _remove_hook(db: sqlite3.Connection, run: Run, hook_id: str, at: int) -> Run:
    """Give a token back. Payloads that were accepted and not delivered get an event that says so: none is lost
    unseen. Its time is that of the event before it: the present one may be earlier, where clocks differ.
    """
    removed = db.execute(DELETE_HOOK, (hook_id, run.run_id)).fetchone()
    if removed is None:
        return run
    token = removed[0]
    drained = sorted(db.execute(DRAIN_HOOK, (run.run_id, hook_id)).fetchall())
    if not drained:
        return run
    data: dict[str, Scalar] = {"token": token, "delivered": False}
    events = [
        Event(run.next_seq + index, "hook_received", at, hook_id, dict(data), payload)
        for index, (_, payload) in enumerate(drained)
    ]
    _insert_events(db, [event_row(run.run_id, event) for event in events])
    next_seq = run.next_seq + len(events)
    db.execute(SET_NEXT_SEQ, (next_seq, run.run_id))
    return replace(run, next_seq=next_seq)
