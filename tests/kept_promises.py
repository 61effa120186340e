"""For every test that may use a store: what must hold in any store holds in each one that the test leaves behind.

Comes in: a test, from a fixture of its conftest. Goes out: an error of that test where an invariant of
`tests/runtime/invariants.py` is broken. Bodies that run in the test's own process are counted, and so are payloads that
are accepted there. A test that writes into a store what no engine would is marked `raw_store(reason)`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.invariants import check_file, stores_below
from wfc.model import Hook
from wfc.store.sqlite.store import SqliteStore
from wfc.worker.bodies import run_body


def watch_stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the test run, then check every store in its folder."""
    if "tmp_path" not in request.fixturenames:
        yield
        return
    folder: Path = request.getfixturevalue("tmp_path")
    bodies, accepted = _count_bodies(monkeypatch), _count_payloads(monkeypatch)
    yield
    marker = request.node.get_closest_marker("raw_store")
    assert marker is None or marker.args, "say why the store of this test isn't checked"
    for path in [] if marker else stores_below(folder):
        check_file(path, bodies=bodies, accepted=accepted[path])


def _count_bodies(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """Count how often a worker begins a body, by run and call."""
    bodies: Counter[tuple[str, str]] = Counter()

    async def counted(build: Any, run: Any, step: Any, *args: Any, **options: Any) -> Any:
        bodies[run.run_id, step.call_id] += 1
        return await run_body(build, run, step, *args, **options)

    monkeypatch.setattr("wfc.worker.attempts.run_body", counted)
    return bodies


class _Accepted(dict[Path, Counter[tuple[str, str]]]):
    def __missing__(self, path: Path) -> Counter[tuple[str, str]]:
        return self.setdefault(path, Counter())


def _count_payloads(monkeypatch: pytest.MonkeyPatch) -> _Accepted:
    """Count the payloads that each store has accepted, by run and hook."""
    accepted = _Accepted()
    post_payload = SqliteStore.post_payload

    async def counted(store: SqliteStore, token: str, payload: bytes) -> Hook:
        hook = await post_payload(store, token, payload)
        accepted[store._database.path][hook.run_id, hook.hook_id] += 1
        return hook

    monkeypatch.setattr(SqliteStore, "post_payload", counted)
    return accepted
