"""Rows of the tables as values, and back. Columns stand in one order everywhere: that of the dataclass's fields."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from ...codec.jsontext import reader, writer
from ...model import Event, Hook, InboxItem, Run, Timer

RUN_COLUMNS = ", ".join(field.name for field in fields(Run))
EVENT_COLUMNS = "seq, type, at, call_id, data, payload"
INBOX_COLUMNS = "item_id, run_id, kind, at, call_id, data, payload"
HOOK_COLUMNS = "token, hook_id, run_id, hook_class, created_at, metadata"

_dumps = writer(allow_nan=True)
_loads = reader(allow_nan=True)


def run_of(row: tuple[Any, ...]) -> Run:
    """Read a row of `runs`."""
    return Run(*row)


def event_of(row: tuple[Any, ...]) -> Event:
    """Read a row of `events`."""
    seq, type_, at, call_id, data, payload = row
    return Event(seq, type_, at, call_id, {} if data == "{}" else _loads(data), payload)


def event_row(run_id: str, event: Event) -> tuple[Any, ...]:
    """Write a row of `events`, with the run's id first."""
    return run_id, event.seq, event.type, event.at, event.call_id, dumps(event.data), event.payload


def item_of(row: tuple[Any, ...]) -> InboxItem:
    """Read a row of `inbox`."""
    item_id, run_id, kind, at, call_id, data, payload = row
    return InboxItem(item_id, run_id, kind, at, call_id, _loads(data), payload)


def item_row(item: InboxItem) -> tuple[Any, ...]:
    """Write a row of `inbox`, which gets its number there."""
    return item.run_id, item.kind, item.at, item.call_id, dumps(item.data), item.payload


def hook_of(row: tuple[Any, ...]) -> Hook:
    """Read a row of `hooks`."""
    return Hook(*row)


def hook_row(hook: Hook) -> tuple[Any, ...]:
    """Write a row of `hooks`."""
    return hook.token, hook.hook_id, hook.run_id, hook.hook_class, hook.created_at, hook.metadata


def timer_of(row: tuple[Any, ...]) -> Timer:
    """Read a row of `timers`."""
    return Timer(*row)


def dumps(data: dict[str, Any]) -> str:
    """Write a small dict of scalars."""
    return _dumps(data) if data else "{}"
