"""Look at a store's file as a whole, for `wfc doctor` (see `store/survey.py`).

One read transaction on a connection of its own that can't write: what it sees is the state between two commits, in
which every rule of the store holds, and workers go on meanwhile. Each query finds the runs that are of interest by
itself, so that no list of all live runs is ever made.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from ...errors import StoreError, StoreVersionError
from ...limits import MOST_EVENTS
from ...model import Scalar
from ..survey import MOST, AwaitedChild, AwaitedHook, FileHealth, LiveRun, RetryingStep, SeenWorker, Survey
from .connection import SCHEMA_VERSION
from .filesystem import network_filesystem
from .liveness import WorkerLocks
from .store import NEXT_DUE

_LIVE = "status in ('pending', 'running')"
_PARKED = f"{_LIVE} and owner is null and blocked is null"
_HEARD = "exists (select 1 from hooks where hooks.run_id = runs.run_id)"
_CHILD = f"""exists (
  select 1 from watchers join runs as child on child.run_id = watchers.run_id and child.{_LIVE}
  where watchers.watcher_run_id = runs.run_id)"""
_RUN = "run_id, workflow_id, build_id"

STATES = f"""
select case
  when blocked is not null then 'blocked'
  when owner is not null then 'at work'
  when wake_at <= :now then 'due'
  when wake_at is not null then 'sleeping'
  when {_HEARD} then 'waiting for a hook'
  when {_CHILD} then 'waiting for a child run'
  else 'forgotten' end, count(*)
from runs where {_LIVE} group by 1
"""
WORKERS = """
select worker, max(seen_at), sum(owned) from (
  select worker, seen_at, 0 as owned from workers
  union all select owner, null, count(*) from runs where owner is not null group by owner
) group by worker order by worker
"""
BLOCKED = f"""
select {_RUN}, updated_at, blocked from runs where {_LIVE} and blocked is not null order by updated_at limit {MOST}
"""
DUE = f"select {_RUN}, wake_at, '' from runs where owner is null and wake_at <= ? order by wake_at limit {MOST}"
# What would wake a parked run is its due time; mail and timers move it, so that one without it has neither.
FORGOTTEN = f"""
select {_RUN}, updated_at, case
  when exists (select 1 from inbox where inbox.run_id = runs.run_id) then 'it has mail, and is not due'
  when exists (select 1 from timers where timers.run_id = runs.run_id) then 'it has a timer, and is not due at any time'
  else 'it has no timer, no hook, no child run and no mail' end
from runs where {_PARKED} and wake_at is null and (
  exists (select 1 from inbox where inbox.run_id = runs.run_id)
  or exists (select 1 from timers where timers.run_id = runs.run_id)
  or not ({_HEARD} or {_CHILD})
) order by updated_at limit {MOST}
"""
LONG = f"""
select {_RUN}, created_at, '', next_seq - 1 from runs where {_LIVE} and next_seq > {MOST_EVENTS // 2} limit {MOST}
"""
# The last failure of each step that has had several and hasn't ended.
RETRYING = f"""
select runs.run_id, runs.workflow_id, made.data, last.failures, failed.data, failed.payload
from (
  select run_id, call_id, count(payload) as failures, max(seq) as seq from events
  where type = 'step_retrying' and run_id in (select run_id from runs where {_LIVE} and blocked is null)
  group by run_id, call_id having count(payload) >= 3
) as last
join runs on runs.run_id = last.run_id
join events as failed on failed.run_id = last.run_id and failed.seq = last.seq
join events as made on made.run_id = last.run_id and made.call_id = last.call_id and made.type = 'step_created'
where not exists (
  select 1 from events as ended where ended.run_id = last.run_id and ended.call_id = last.call_id
  and ended.type in ('step_completed', 'step_failed'))
order by last.failures desc limit {MOST}
"""
HOOKS = f"""
select runs.run_id, workflow_id, token, hook_class, hooks.created_at from hooks join runs on runs.run_id = hooks.run_id
where {_PARKED} and wake_at is null order by hooks.created_at limit {MOST}
"""
CHILDREN = f"""
select runs.run_id, runs.workflow_id, child.run_id, child.blocked is not null from watchers
join runs on runs.run_id = watchers.watcher_run_id join runs as child on child.run_id = watchers.run_id
where runs.{_LIVE} and runs.owner is null and runs.wake_at is null and runs.blocked is null and child.{_LIVE}
order by runs.updated_at limit {MOST}
"""
USED = f"select build_id, workflow_id, count(*) from runs where {_LIVE} group by 1, 2"
ORIGINS = f"select data from events where seq = 1 and run_id in (select run_id from runs where {_LIVE})"

_VERSIONS = ("wfc", "python", "pydantic", "codec")


def survey_file(path: Path, now: int) -> Survey | None:
    """Return the state of a store; None where there is no file. Raises StoreError for one that can't be read."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as db:
            db.execute("begin")
            health = _health(db, path)
            if health.schema != SCHEMA_VERSION or health.damage:
                return Survey(now, health)
            return _survey(db, path, health, now)
    except sqlite3.Error as error:
        raise StoreError(f"can't read the store {path}: {error}. Is it a wfc store, on a disk that works?") from error


def _health(db: sqlite3.Connection, path: Path) -> FileHealth:
    schema = int(db.execute("pragma user_version").fetchone()[0])
    if schema > SCHEMA_VERSION:
        raise StoreVersionError(f"{path} was written by a newer wfc (schema {schema}; this one knows {SCHEMA_VERSION})")
    found = [str(row[0]) for row in db.execute("pragma quick_check(5)").fetchall()]
    wal = path.with_name(path.name + "-wal")
    return FileHealth(
        str(path),
        schema,
        SCHEMA_VERSION,
        path.stat().st_size,
        wal.stat().st_size if wal.exists() else 0,
        () if found == ["ok"] else tuple(found),
        sqlite3.sqlite_version_info[:3],
        network_filesystem(path),
        shutil.disk_usage(path.parent).free,
    )


def _survey(db: sqlite3.Connection, path: Path, health: FileHealth, now: int) -> Survey:
    locks = WorkerLocks(path.parent / "workers")
    return Survey(
        now,
        health,
        dict(db.execute(STATES, {"now": now}).fetchall()),
        [SeenWorker(worker, locks.is_held(worker), seen_at, runs) for worker, seen_at, runs in db.execute(WORKERS)],
        [LiveRun(*row) for row in db.execute(BLOCKED)],
        [LiveRun(*row) for row in db.execute(DUE, (now,))],
        [LiveRun(*row) for row in db.execute(FORGOTTEN)],
        [LiveRun(*row) for row in db.execute(LONG)],
        [_retrying(row) for row in db.execute(RETRYING)],
        [AwaitedHook(*row) for row in db.execute(HOOKS)],
        [AwaitedChild(run, workflow, child, bool(stuck)) for run, workflow, child, stuck in db.execute(CHILDREN)],
        db.execute(NEXT_DUE).fetchone()[0],
        {(build, workflow): count for build, workflow, count in db.execute(USED)},
        Counter(_versions(row[0]) for row in db.execute(ORIGINS)),
    )


def _retrying(row: tuple[Any, ...]) -> RetryingStep:
    run_id, workflow_id, created, failures, failed, error = row
    step, next_at = json.loads(created)["stepName"], json.loads(failed).get("retryAfter", 0)
    return RetryingStep(run_id, workflow_id, step, failures, error, next_at)


def _versions(data: str) -> tuple[tuple[str, Scalar], ...]:
    created = json.loads(data)
    return tuple((name, created[name]) for name in _VERSIONS if name in created)
