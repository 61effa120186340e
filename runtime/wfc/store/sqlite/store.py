"""The SQLite store: the store protocol over one file (see `schema/`, `connection.py`, `commit.py`).

Methods stand in the order of the protocol. Reads fetch whole results at once: a cursor left open would keep the WAL
from being reset. Statements that change who owns a run all go through `BEGIN IMMEDIATE` under the turnstile, so that
two workers can't claim the same run.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...clock import wall_clock_us
from ...errors import HookNotFoundError, RunNotFoundError
from ...model import Chunk, Event, Hook, InboxItem, InboxKind, NewRun, Run, Scalar, Stream, Timer, Transition
from ..protocol import Committed, Pruned, RunQuery
from .bell import Bell
from .commit import apply_all, apply_reopening
from .connection import Database
from .listing import listing
from .liveness import WorkerLocks
from .others import INSERT_ITEM, RUN_BY_ID, concerns_others, insert_run, put
from .peek import BUILDS_NEEDED
from .pruning import PAGE, choose, page, prune
from .rows import (
    EVENT_COLUMNS,
    HOOK_COLUMNS,
    INBOX_COLUMNS,
    RUN_COLUMNS,
    event_of,
    hook_of,
    item_of,
    item_row,
    run_of,
    timer_of,
)
from .streams import CHUNKS, STREAMS, append_chunks, stream_of

STOPPED_AFTER_US = 60_000_000  # a worker that sends no heartbeat for so long is stopped

COUNT_LIVE = "select count(*) from runs where status in ('pending', 'running')"
EVENTS = f"select {EVENT_COLUMNS} from events where run_id = ? order by seq"
HOOKS = f"select {HOOK_COLUMNS} from hooks where run_id = ? order by created_at, hook_id"
HOOK = f"select {HOOK_COLUMNS} from hooks where token = ?"
ATTRIBUTES = "select key, value from attributes where run_id = ? order by key"
TIMERS = "select run_id, wait_id, due_at from timers where run_id = ? order by due_at, wait_id"

IS_DUE = "select 1 from runs where owner is null and wake_at <= ? limit 1"
NEXT_DUE = "select min(wake_at) from runs where owner is null and wake_at is not null"
CLAIM = f"""
update runs set owner = :worker, fence = fence + 1 where run_id in (
  select run_id from runs where owner is null and wake_at <= :now order by wake_at limit :limit
) returning {RUN_COLUMNS}
"""
INBOX_OF_OWNED = f"""
select {INBOX_COLUMNS} from inbox where run_id in (select run_id from runs where owner = ?) order by item_id
"""
OWNERS = "select distinct owner from runs where owner is not null and owner <> ?"
LAST_SEEN = "select seen_at from workers where worker = ?"
# A run that is due keeps the time since when: the clock of whoever releases it may be ahead of all others.
RELEASE = """
update runs set owner = null, fence = fence + 1, wake_at = min(coalesce(wake_at, :now), :now) where owner = :worker
"""
FORGET_WORKER = "delete from workers where worker = ?"
HEARTBEAT = """
insert into workers (worker, seen_at) values (?, ?) on conflict (worker) do update set seen_at = excluded.seen_at
"""
SKIP_AHEAD = """
update runs set clock_offset = clock_offset + (wake_at - :now), wake_at = :now
where run_id = :run_id and owner is null and wake_at > :now
"""
BLOCK = """
update runs set blocked = ?, updated_at = ?, owner = null, wake_at = null where run_id = ? and owner = ? and fence = ?
"""
RETRY_BLOCKED = "update runs set wake_at = ? where blocked is not null and owner is null"


class SqliteStore:
    """See the module. `clock` gives microseconds since the epoch."""

    def __init__(self, path: Path, clock: Callable[[], int] = wall_clock_us, *, synced: bool = True) -> None:
        path = path.absolute()  # a step may change the current folder
        self._database = Database(path, synced=synced)
        self._clock = clock
        self._bell = Bell(path.parent / "wake")
        self._locks = WorkerLocks(path.parent / "workers")

    # --- outside

    async def create_run(self, new: NewRun) -> tuple[Run, bool]:
        """Write a pending run, or find the one that has its id or key."""
        now = self._clock()

        result = await self._database.write(lambda db: insert_run(db, new, now))
        self._bell.ring()
        return result

    async def post(self, run_id: str, kind: InboxKind, data: dict[str, Scalar], payload: bytes | None = None) -> Run:
        """Put something into a run's inbox."""
        now = self._clock()

        def body(db: sqlite3.Connection) -> Run:
            run = _run_of(db.execute(RUN_BY_ID, (run_id,)).fetchall(), run_id)
            if not run.is_terminal:
                put(db, run_id, kind, now, data=data, payload=payload)
            return run

        run = await self._database.write(body)
        self._bell.ring()
        return run

    async def post_payload(self, token: str, payload: bytes) -> Hook:
        """Put a payload into the inbox of the token's run."""
        now = self._clock()

        def body(db: sqlite3.Connection) -> Hook:
            hook = _hook_of(db.execute(HOOK, (token,)).fetchall(), token)
            put(db, hook.run_id, "hook", now, call_id=hook.hook_id, data={"token": token}, payload=payload)
            return hook

        hook = await self._database.write(body)
        self._bell.ring()
        return hook

    async def reopen(self, change: Transition, items: Sequence[InboxItem]) -> Committed:
        """Bring a failed run back."""
        result = await self._database.write(lambda db: apply_reopening(db, change, items))
        self._bell.ring()
        return result

    async def run(self, run_id: str) -> Run:
        """Return a run."""
        return _run_of(self._database.read(RUN_BY_ID, (run_id,)), run_id)

    async def runs(self, query: RunQuery) -> list[Run]:
        """Return runs, newest first."""
        return [run_of(row) for row in self._database.read(*listing(query))]

    async def live_runs(self) -> int:
        """Count the runs that haven't ended."""
        return int(self._database.read(COUNT_LIVE)[0][0])

    async def events(self, run_id: str) -> list[Event]:
        """Return a run's log."""
        return [event_of(row) for row in self._database.read(EVENTS, (run_id,))]

    async def hooks(self, run_id: str) -> list[Hook]:
        """Return a run's live hooks."""
        return [hook_of(row) for row in self._database.read(HOOKS, (run_id,))]

    async def hook(self, token: str) -> Hook:
        """Return the live hook with this token."""
        return _hook_of(self._database.read(HOOK, (token,)), token)

    async def timers(self, run_id: str) -> list[Timer]:
        """Return a run's pending waits."""
        return [timer_of(row) for row in self._database.read(TIMERS, (run_id,))]

    async def attributes(self, run_id: str) -> dict[str, str]:
        """Return a run's attributes."""
        return dict(self._database.read(ATTRIBUTES, (run_id,)))

    async def write_chunks(self, run_id: str, name: str, chunks: Sequence[bytes], *, close: bool = False) -> int:
        """Append to a stream of a run."""
        written = await self._database.write(lambda db: append_chunks(db, run_id, name, chunks, close=close))
        self._bell.ring()
        return written

    async def chunks(self, run_id: str, name: str, start: int, limit: int) -> list[Chunk]:
        """Return chunks of a stream."""
        return [Chunk(*row) for row in self._database.read(CHUNKS, (run_id, name, start, limit))]

    async def streams(self, run_id: str) -> list[Stream]:
        """Return the streams of a run."""
        return [stream_of(row) for row in self._database.read(STREAMS, (run_id,))]

    async def prune(self, ended_before: int, *, cursor: tuple[int, str] | None = None, dry_run: bool = False) -> Pruned:
        """Remove some of the runs that ended before a time."""
        given = page(ended_before, cursor)
        if dry_run:
            return choose(self._database.read(PAGE, given))[1]
        return await self._database.write(lambda db: prune(db, given))

    async def builds_in_use(self) -> set[str]:
        """Return the builds that runs need."""
        return {row[0] for row in self._database.read(BUILDS_NEEDED)}

    def subscribe(self) -> asyncio.Event:
        """Return an event that is set when something may have changed."""
        return self._bell.subscribe()

    def unsubscribe(self, event: asyncio.Event) -> None:
        """Stop setting the event."""
        self._bell.unsubscribe(event)

    # --- workers

    async def register(self, worker: str) -> None:
        """Take the worker's lock and send the first heartbeat."""
        self._locks.hold(worker)
        await self.heartbeat(worker)

    async def unregister(self, worker: str) -> None:
        """Return the worker's runs and forget it."""
        await self._release(worker)
        self._locks.drop(worker)
        self._bell.ring()

    async def heartbeat(self, worker: str) -> None:
        """Note that the worker's loop turns."""
        row = (worker, self._clock())
        await self._database.write(lambda db: db.execute(HEARTBEAT, row))

    async def release_dead(self, worker: str) -> int:
        """Return the runs of dead and stopped workers."""
        released = 0
        for (other,) in self._database.read(OWNERS, (worker,)):
            if self._is_gone(other):
                released += await self._release(other)
        return released

    async def retry_blocked(self) -> int:
        """Make blocked runs due."""
        row = (self._clock(),)
        return await self._database.write(lambda db: db.execute(RETRY_BLOCKED, row).rowcount)

    async def claim(self, worker: str, limit: int) -> list[Run]:
        """Take over due runs; free of charge when there is none."""
        now = self._clock()
        if not self._database.read(IS_DUE, (now,)):
            return []
        given = {"worker": worker, "now": now, "limit": limit}
        # Nobody is told of a claim: a power loss that undoes it finds the run as it was.
        rows = await self._database.write(lambda db: db.execute(CLAIM, given).fetchall(), at_once=True, durable=False)
        return [run_of(row) for row in rows]

    async def inbox(self, worker: str) -> list[InboxItem]:
        """Return what has arrived for the worker's runs."""
        return [item_of(row) for row in self._database.read(INBOX_OF_OWNED, (worker,))]

    async def skip_ahead(self, run_id: str) -> bool:
        """Move a parked run's clock to its next due time."""
        given = {"now": self._clock(), "run_id": run_id}
        return await self._database.write(lambda db: db.execute(SKIP_AHEAD, given).rowcount == 1)

    async def next_due(self) -> int | None:
        """Return when the next free run is due."""
        due = self._database.read(NEXT_DUE)[0][0]
        return None if due is None else int(due)

    async def commit(self, transitions: Sequence[Transition]) -> list[Committed]:
        """Apply transitions in one transaction."""
        results = await self._database.write(lambda db: apply_all(db, transitions), at_once=True)
        if any(concerns_others(change) for change in transitions):
            self._bell.ring()
        return results

    async def block(self, run: Run, reason: str, items: Sequence[InboxItem] = ()) -> None:
        """Let go of a run that can't be continued."""
        row = (reason, self._clock(), run.run_id, run.owner, run.fence)

        def body(db: sqlite3.Connection) -> None:
            if db.execute(BLOCK, row).rowcount == 1:  # and then not `put`, which would make the run due
                db.executemany(INSERT_ITEM, [item_row(item) for item in items])

        await self._database.write(body)
        self._bell.ring()

    async def close(self) -> None:
        """Close files; idempotent."""
        self._bell.close()
        self._locks.close()
        self._database.close()

    # --- inside

    def _is_gone(self, worker: str) -> bool:
        if self._locks.is_dead(worker):
            return True
        rows = self._database.read(LAST_SEEN, (worker,))
        return not rows or rows[0][0] < self._clock() - STOPPED_AFTER_US

    async def _release(self, worker: str) -> int:
        now = self._clock()

        def body(db: sqlite3.Connection) -> int:
            db.execute(FORGET_WORKER, (worker,))
            return db.execute(RELEASE, {"now": now, "worker": worker}).rowcount

        return await self._database.write(body)


def _run_of(rows: list[Any], run_id: str) -> Run:
    if not rows:
        raise RunNotFoundError(run_id)
    return run_of(rows[0])


def _hook_of(rows: list[Any], token: str) -> Hook:
    if not rows:
        raise HookNotFoundError(token)
    return hook_of(rows[0])
