"""Streams of runs: chunks are appended by steps, and read by whoever follows the run."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from ...errors import RunNotFoundError, StreamClosedError
from ...model import Stream

HAS_RUN = "select 1 from runs where run_id = ?"
STREAM = "select chunks, closed from streams where run_id = ? and name = ?"
SET_STREAM = """
insert into streams (run_id, name, chunks, closed) values (?, ?, ?, ?)
on conflict (run_id, name) do update set chunks = excluded.chunks, closed = excluded.closed
"""
INSERT_CHUNK = "insert into chunks (run_id, name, idx, data) values (?, ?, ?, ?)"
CHUNKS = "select idx, data from chunks where run_id = ? and name = ? and idx >= ? order by idx limit ?"
STREAMS = "select run_id, name, chunks, closed from streams where run_id = ? order by name"


def append_chunks(db: sqlite3.Connection, run_id: str, name: str, chunks: Sequence[bytes], *, close: bool) -> int:
    """Append chunks inside a write transaction; see the protocol."""
    count, closed = db.execute(STREAM, (run_id, name)).fetchone() or (0, 0)
    if closed and chunks:
        raise StreamClosedError(f"the stream {name!r} of run {run_id} was closed")
    if not count and db.execute(HAS_RUN, (run_id,)).fetchone() is None:
        raise RunNotFoundError(run_id)
    db.executemany(INSERT_CHUNK, [(run_id, name, count + index, chunk) for index, chunk in enumerate(chunks)])
    db.execute(SET_STREAM, (run_id, name, count + len(chunks), bool(closed or close)))
    return int(count) + len(chunks)


def stream_of(row: tuple[Any, ...]) -> Stream:
    """Read a row of `streams`."""
    run_id, name, chunks, closed = row
    return Stream(run_id, name, chunks, bool(closed))
