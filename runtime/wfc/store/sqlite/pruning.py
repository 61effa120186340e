"""Remove runs that ended long ago, some at a time, so that nobody who writes beside it has to wait.

Runs are looked at in the order in which they were started, a page after the other, which the index on that order
serves: those that are live, or have ended since, are passed over once in each round.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from ..protocol import Pruned

_LOOKED_AT = 500
_MOST_EVENTS = 2_000

_ENDED = "('completed', 'failed', 'cancelled')"
# A child stays as long as a parent that may still ask for its result, or be retried and then ask again.
PAGE = f"""
select r.created_at, r.run_id, r.next_seq - 1,
  r.status in {_ENDED} and r.updated_at < :before
  and (p.run_id is null or (p.status in {_ENDED} and p.updated_at < :before))
from runs r left join runs p on p.run_id = r.parent_run_id
where (r.created_at, r.run_id) > (:created_at, :run_id) and r.created_at < :before
order by r.created_at, r.run_id limit :limit
"""
TABLES = ("events", "attributes", "chunks", "streams", "hooks", "inbox", "timers", "watchers", "runs")


def page(ended_before: int, cursor: tuple[int, str] | None) -> dict[str, Any]:
    """Return the parameters of PAGE."""
    created_at, run_id = cursor or (-1, "")
    return {"before": ended_before, "created_at": created_at, "run_id": run_id, "limit": _LOOKED_AT}


def choose(rows: list[tuple[int, str, int, int]]) -> tuple[list[str], Pruned]:
    """Return the runs of a page that one transaction removes: few enough events, but always a run if there is one."""
    chosen: list[str] = []
    events = 0
    for created_at, run_id, count, prunable in rows:
        if prunable:
            chosen.append(run_id)
            events += count
        if events >= _MOST_EVENTS:
            return chosen, Pruned(len(chosen), events, (created_at, run_id))
    last = rows[-1][:2] if len(rows) == _LOOKED_AT else None
    return chosen, Pruned(len(chosen), events, last)


def prune(db: sqlite3.Connection, given: dict[str, Any]) -> Pruned:
    """Remove what PAGE finds, inside a write transaction: what was retried meanwhile isn't found."""
    runs, pruned = choose(db.execute(PAGE, given).fetchall())
    for table in TABLES:
        db.executemany(f"delete from {table} where run_id = ?", [(run_id,) for run_id in runs])
    return pruned
