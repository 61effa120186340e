"""What a commit does beyond its own run: it starts runs, answers questions, leaves messages, tells of its end.

Comes in: parts of a transition, inside its write transaction. Goes out: rows for other runs, which are due from then
on. Answers to the committing run go to its inbox like anything else that it hasn't seen yet.
"""

from __future__ import annotations

import sqlite3

from ...model import NewRun, Post, Question, Run, Scalar, Transition, with_attributes
from .rows import EVENT_COLUMNS, RUN_COLUMNS, dumps, event_of, run_of

INSERT_RUN = """
insert into runs (run_id, workflow_id, build_id, status, created_at, updated_at, next_seq, seed, wake_at,
clock_offset, idempotency_key, parent_run_id)
values (:run_id, :workflow_id, :build_id, 'pending', :now, :now, 2, :seed, :now,
:clock_offset, :idempotency_key, :parent_run_id)
"""
INSERT_CREATED = """
insert into events (run_id, seq, type, at, call_id, data, payload) values (?, 1, 'run_created', ?, null, ?, ?)
"""
RUN_BY_ID = f"select {RUN_COLUMNS} from runs where run_id = ?"
RUN_BY_KEY = f"select {RUN_COLUMNS} from runs where workflow_id = ? and idempotency_key = ?"
LAST_CANCELLATION = f"""
select {EVENT_COLUMNS} from events where run_id = ? and type = 'run_cancelled' order by seq desc limit 1
"""
INPUT = "select payload from events where run_id = ? and seq = 1"

INSERT_ITEM = "insert into inbox (run_id, kind, at, call_id, data, payload) values (?, ?, ?, ?, ?, ?)"
WAKE = "update runs set wake_at = min(coalesce(wake_at, :now), :now) where run_id = :run_id"

SET_ATTRIBUTE = """
insert into attributes (run_id, key, value) values (?, ?, ?)
on conflict (run_id, key) do update set value = excluded.value
"""
REMOVE_ATTRIBUTE = "delete from attributes where run_id = ? and key = ?"

HOLDS_TOKEN = "select 1 from hooks where hook_id = ? and run_id = ?"
WATCH = "insert or ignore into watchers (run_id, watcher_run_id, call_id) values (?, ?, ?)"
WATCHERS = "delete from watchers where run_id = ? returning watcher_run_id, call_id"
ANY_WATCHER = "select 1 from watchers limit 1"
STOP_WATCHING = "delete from watchers where watcher_run_id = ?"


def insert_run(db: sqlite3.Connection, new: NewRun, now: int) -> tuple[Run, bool]:
    """Write a pending run and its first event, or find the one that has its id or key."""
    found = _find(db, new)
    if found is not None:
        return found, False
    names = ("run_id", "workflow_id", "build_id", "seed", "clock_offset", "idempotency_key", "parent_run_id")
    db.execute(INSERT_RUN, {**{name: getattr(new, name) for name in names}, "now": now})
    data = dumps(with_attributes(new.data, new.attributes))
    db.execute(INSERT_CREATED, (new.run_id, now + new.clock_offset, data, new.input))
    change_attributes(db, new.run_id, new.attributes)
    return run_of(db.execute(RUN_BY_ID, (new.run_id,)).fetchone()), True


def change_attributes(db: sqlite3.Connection, run_id: str, changes: dict[str, str] | dict[str, str | None]) -> None:
    """Set attributes, or remove those that are None."""
    for key, value in changes.items():
        if value is None:
            db.execute(REMOVE_ATTRIBUTE, (run_id, key))
        else:
            db.execute(SET_ATTRIBUTE, (run_id, key, value))


def concerns_others(change: Transition) -> bool:
    """Say whether a transition changes anything that others wait for."""
    return change.run.is_terminal or bool(change.children or change.questions or change.posts)


def reach_out(db: sqlite3.Connection, change: Transition) -> bool:
    """Start children, answer questions and leave messages; True where the run itself has got an answer."""
    now = change.run.updated_at
    for new in change.children:
        insert_run(db, new, now)
    for post in change.posts:
        _leave(db, post, now)
    answered = [_ask(db, change.run, question) for question in change.questions]
    return any(answered)


def tell_watchers(db: sqlite3.Connection, change: Transition) -> None:
    """Tell all who wait for the end of a run that has ended."""
    run = change.run
    reason = next((event.data.get("reason") for event in change.events if event.type == "run_cancelled"), None)
    for watcher, call_id in db.execute(WATCHERS, (run.run_id,)).fetchall():
        _tell_end(db, run, reason, watcher, call_id)


def _find(db: sqlite3.Connection, new: NewRun) -> Run | None:
    row = db.execute(RUN_BY_ID, (new.run_id,)).fetchone()
    if row is None and new.idempotency_key is not None:
        row = db.execute(RUN_BY_KEY, (new.workflow_id, new.idempotency_key)).fetchone()
    return None if row is None else run_of(row)


def _leave(db: sqlite3.Connection, post: Post, now: int) -> None:
    run = _run(db, post.run_id)
    if run is not None and not run.is_terminal:
        put(db, post.run_id, post.kind, now, data=post.data)


def put(
    db: sqlite3.Connection,
    run_id: str,
    kind: str,
    now: int,
    *,
    call_id: str | None = None,
    data: dict[str, Scalar] | None = None,
    payload: bytes | None = None,
) -> None:
    """Put something into a run's inbox and make the run due."""
    db.execute(INSERT_ITEM, (run_id, kind, now, call_id, dumps(data or {}), payload))
    db.execute(WAKE, {"now": now, "run_id": run_id})


def _ask(db: sqlite3.Connection, asker: Run, question: Question) -> bool:
    """Answer a question at once, where that is possible; else the answer comes with the end of the other run."""
    now, call_id = asker.updated_at, question.call_id
    match question.kind:
        case "hook":
            if db.execute(HOLDS_TOKEN, (call_id, asker.run_id)).fetchone() is None:
                return False
            put(db, asker.run_id, "hook_registered", now, call_id=call_id)
            return True
        case "start":
            assert question.new is not None
            put(db, asker.run_id, "child_status", now, call_id=call_id, data=_start(db, question.new, now))
            return True
        case "status" | "end":
            run = _run(db, question.target)
            if question.kind == "end" and run is not None:
                if not run.is_terminal:
                    db.execute(WATCH, (run.run_id, asker.run_id, call_id))
                    return False
                _tell_end(db, run, _cancel_reason(db, run), asker.run_id, call_id)
                return True
            data: dict[str, Scalar] = {"childRunId": question.target, "status": None if run is None else run.status}
            kind = "child_status" if question.kind == "status" else "child_completed"
            put(db, asker.run_id, kind, now, call_id=call_id, data=data)
            return True


def _start(db: sqlite3.Connection, new: NewRun, now: int) -> dict[str, Scalar]:
    run, created = insert_run(db, new, now)
    data: dict[str, Scalar] = {"childRunId": run.run_id, "status": run.status}
    if not created and run.workflow_id != new.workflow_id:
        data["conflict"] = "another workflow"
    elif not created and db.execute(INPUT, (run.run_id,)).fetchone()[0] != new.input:
        data["conflict"] = "other arguments"
    return data


def _tell_end(db: sqlite3.Connection, run: Run, reason: Scalar, asker: str, call_id: str) -> None:
    data: dict[str, Scalar] = {"childRunId": run.run_id, "status": run.status}
    if run.status == "cancelled":
        data["reason"] = reason
    payload = run.error if run.status == "failed" else run.output
    put(db, asker, "child_completed", run.updated_at, call_id=call_id, data=data, payload=payload)


def _run(db: sqlite3.Connection, run_id: str) -> Run | None:
    row = db.execute(RUN_BY_ID, (run_id,)).fetchone()
    return None if row is None else run_of(row)


def _cancel_reason(db: sqlite3.Connection, run: Run) -> Scalar:
    row = db.execute(LAST_CANCELLATION, (run.run_id,)).fetchone()
    return None if row is None else event_of(row).data.get("reason")
