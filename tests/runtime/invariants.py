"""What has to hold in any store at any time between two commits, whatever tests have done to it.

Comes in: a store's file, or a `Snapshot` of another kind of store; and, where they were counted, the bodies that ran
and the payloads that `resume` accepted. Goes out: nothing, or a BrokenInvariantError that lists what is broken, a line
for each. `tests/kept_promises.py` asks after every test that uses a store; `logs.py` beside this one says what is asked
of one log.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, fields
from pathlib import Path

from tests.runtime.logs import History, violations_of_log
from wfc.effective import effective
from wfc.model import Event, Hook, InboxItem, Run, Timer, attributes_of
from wfc.store.sqlite.rows import (
    EVENT_COLUMNS,
    HOOK_COLUMNS,
    INBOX_COLUMNS,
    RUN_COLUMNS,
    event_of,
    hook_of,
    item_of,
    run_of,
    timer_of,
)

Counts = Mapping[tuple[str, str], int]
"""How often something was seen, by run and call."""


class BrokenInvariantError(AssertionError):
    """Something that must hold in every store doesn't."""


@dataclass
class Snapshot:
    """All that a store holds, as it is between two commits. `watchers` are pairs of (watched run, watching run)."""

    runs: list[Run]
    logs: dict[str, list[Event]]
    inbox: list[InboxItem] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    watchers: list[tuple[str, str]] = field(default_factory=list)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)


def check_file(path: Path, *, bodies: Counts | None = None, accepted: Counts | None = None) -> None:
    """Check a SQLite store. `bodies` counts how often each step's body ran, `accepted` the payloads that hooks took."""
    check(read_file(path), bodies=bodies, accepted=accepted)


def check(snapshot: Snapshot, *, bodies: Counts | None = None, accepted: Counts | None = None) -> None:
    """Raise BrokenInvariantError where anything of what this module asks for doesn't hold."""
    broken = [*violations(snapshot), *_too_many_bodies(snapshot, bodies or {}), *_lost(snapshot, accepted or {})]
    if broken:
        raise BrokenInvariantError("\n".join(broken))


def violations(snapshot: Snapshot) -> Iterator[str]:
    """Say what is broken in a store: each run by itself, then what is left over."""
    for run in snapshot.runs:
        history = History.of(snapshot.logs.get(run.run_id, []))
        for broken in _violations_of_run(snapshot, run, history):
            yield f"{run.run_id} ({run.status}): {broken}"
    known = {run.run_id for run in snapshot.runs}
    for run_id in {item.run_id for item in snapshot.inbox} | snapshot.logs.keys():
        if run_id not in known:
            yield f"{run_id}: rows of a run that doesn't exist"


def _violations_of_run(snapshot: Snapshot, run: Run, history: History) -> Iterator[str]:
    yield from violations_of_log(history)
    yield from _violations_of_row(run, history)
    timers = [timer for timer in snapshot.timers if timer.run_id == run.run_id]
    hooks = [hook for hook in snapshot.hooks if hook.run_id == run.run_id]
    inbox = [item for item in snapshot.inbox if item.run_id == run.run_id]
    waits_for = [watched for watched, watcher in snapshot.watchers if watcher == run.run_id]
    if run.is_terminal:
        left = {"timers": timers, "hooks": hooks, "messages": inbox, "children to wait for": waits_for}
        left["watchers"] = [watcher for watched, watcher in snapshot.watchers if watched == run.run_id]
        yield from (f"has ended and left {what}: {rows}" for what, rows in left.items() if rows)
    else:
        yield from _forgotten(run, history, timers, inbox)
        if not (run.owner or run.blocked or run.wake_at is not None or hooks or waits_for):
            yield "nobody will ever wake it: no lease, no time, no message, no hook, no child"
        yield from _wrong_hooks(history, hooks, inbox)
    for timer in timers:
        if timer.wait_id not in history.open_waits:
            yield f"timer {timer.wait_id} belongs to no wait of the log"
    if snapshot.attributes.get(run.run_id, {}) != _attributes(history):
        yield f"its attributes are {snapshot.attributes.get(run.run_id, {})}, the log says {_attributes(history)}"


def _violations_of_row(run: Run, history: History) -> Iterator[str]:
    if run.next_seq != len(history.events) + 1:
        yield f"next_seq is {run.next_seq} after {len(history.events)} events"
    if run.status != history.status:
        yield f"its log says that it is {history.status}"
    if run.is_terminal != (run.completed_at is not None):
        yield f"completed_at is {run.completed_at}"
    if (run.status == "completed") != (run.output is not None) or (run.status == "failed") != (run.error is not None):
        yield "its output or error doesn't fit its status"
    if run.is_terminal and (run.owner is not None or run.wake_at is not None):
        yield f"has ended, and owner is {run.owner}, wake_at is {run.wake_at}"


def _forgotten(run: Run, history: History, timers: list[Timer], inbox: list[InboxItem]) -> Iterator[str]:
    """Find what a run that nobody owns should be woken for and won't be."""
    if run.owner or run.blocked:
        return
    if inbox and run.wake_at is None:
        yield f"messages wait in its inbox, and it is never due: {[item.kind for item in inbox]}"
    due = min((timer.due_at for timer in timers), default=None)
    if due is not None and (run.wake_at is None or run.wake_at > due - run.clock_offset):
        yield f"a timer is due at {due - run.clock_offset}, and the run at {run.wake_at}"
    if history.open_steps and run.wake_at is None:
        yield f"steps have no result, nobody works on them, and it is never due: {sorted(history.open_steps)}"


def _wrong_hooks(history: History, hooks: list[Hook], inbox: list[InboxItem]) -> Iterator[str]:
    refused = {item.call_id for item in inbox if item.kind == "hook_conflict"}
    expected = {id_: token for id_, token in history.open_hooks.items() if id_ not in refused}
    held = {hook.hook_id: hook.token for hook in hooks}
    if held != expected:
        yield f"it holds the tokens {held}, and the log says {expected}"


def _attributes(history: History) -> dict[str, str]:
    found = attributes_of(history.events[0]) if history.events else {}
    for event in effective(history.events):
        if event.type == "attr_set" and not event.data.get("refused"):
            changes: dict[str, str | None] = json.loads(event.payload or b"{}")
            found.update({key: value for key, value in changes.items() if value is not None})
            found = {key: value for key, value in found.items() if changes.get(key, "") is not None}
    return found


def _too_many_bodies(snapshot: Snapshot, bodies: Counts) -> Iterator[str]:
    """Compare what ran with what the log says was begun; runs of other stores don't matter."""
    for (run_id, call_id), count in bodies.items():
        log = snapshot.logs.get(run_id, [])
        attempts = sum(event.type == "step_started" and event.call_id == call_id for event in log)
        if log and count > attempts:
            yield f"{run_id}: the body of {call_id} ran {count} times in {attempts} attempts"


def _lost(snapshot: Snapshot, accepted: Counts) -> Iterator[str]:
    """Find payloads that were accepted and are neither in the log, delivered or refused, nor waiting; or twice.

    What a retry has cut off was there, and may be there again.
    """
    waiting = Counter((item.run_id, item.call_id or "") for item in snapshot.inbox if item.kind == "hook")
    least, most = Counter(waiting), Counter(waiting)
    for run_id, log in snapshot.logs.items():
        most.update((run_id, event.call_id or "") for event in log if event.type == "hook_received")
        least.update((run_id, event.call_id or "") for event in effective(log) if event.type == "hook_received")
    for (run_id, hook_id), count in accepted.items():
        if not least[run_id, hook_id] <= count <= most[run_id, hook_id]:
            yield f"{run_id}: {count} payloads were accepted for {hook_id}, and {most[run_id, hook_id]} are there"


# --- a snapshot of a SQLite file


def read_file(path: Path) -> Snapshot:
    """Read a whole store, in one transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("begin")
        return read_store(db)


def read_store(db: sqlite3.Connection) -> Snapshot:
    """Read all that a store holds, between two commits."""
    logs: dict[str, list[Event]] = {}
    for run_id, *row in db.execute(f"select run_id, {EVENT_COLUMNS} from events order by run_id, seq"):
        logs.setdefault(run_id, []).append(event_of(tuple(row)))
    attributes: dict[str, dict[str, str]] = {}
    for run_id, key, value in db.execute("select run_id, key, value from attributes"):
        attributes.setdefault(run_id, {})[key] = value
    return Snapshot(
        [run_of(row) for row in db.execute(f"select {RUN_COLUMNS} from runs")],
        logs,
        [item_of(row) for row in db.execute(f"select {INBOX_COLUMNS} from inbox order by item_id")],
        [hook_of(row) for row in db.execute(f"select {HOOK_COLUMNS} from hooks")],
        [timer_of(row) for row in db.execute(f"select {_columns(Timer)} from timers")],
        db.execute("select run_id, watcher_run_id from watchers").fetchall(),
        attributes,
    )


def _columns(cls: type[Timer]) -> str:
    return ", ".join(part.name for part in fields(cls))


def stores_below(folder: Path) -> Iterable[Path]:
    """Return the files of stores in a folder where projects are, and what is in it."""
    return sorted(path for path in folder.rglob("state.db") if path.is_file())
