"""What every store promises about what a commit does to other runs: children, questions, messages; and streams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.runtime.store.clock import Clock, claimed, event, hook, new_run, step_forward, with_store
from wfc.errors import RunNotFoundError, StreamClosedError
from wfc.model import Chunk, Post, Question, Stream
from wfc.store.protocol import Store

pytestmark = pytest.mark.raw_store("its transitions are made up: no engine has written them")

OpenStore = Callable[[], Store]


def test_a_child_is_started_with_the_commit(open_store: OpenStore) -> None:
    """It is pending and due, and not written twice."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        change = step_forward(run, event(run), status="running")
        change.children += [new_run("c1"), new_run("c1")]
        await store.commit([change])
        child = await store.run("c1")
        assert (child.status, child.owner, child.next_seq) == ("pending", None, 2)
        assert [one.run_id for one in await store.claim("w2", 10)] == ["c1"]

    with_store(open_store, test)


def test_nothing_reaches_out_from_a_stale_commit(open_store: OpenStore) -> None:
    """Children, messages and attributes belong to the transition: its fence counts for them."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        await store.create_run(new_run("r2"))
        change = step_forward(run, event(run), status="running", fence=run.fence - 1)
        change.children.append(new_run("c1"))
        change.posts.append(Post("r2", "cancel", {}))
        change.attributes["a"] = "1"
        (refused,) = await store.commit([change])
        assert refused.run is None
        with pytest.raises(RunNotFoundError):
            await store.run("c1")
        await store.claim("w2", 10)
        assert await store.inbox("w2") == []
        assert await store.attributes("r1") == {}

    with_store(open_store, test)


def test_questions_are_answered_in_the_inbox(open_store: OpenStore) -> None:
    """What can be told is told at once, and the asker is due."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        change = step_forward(run, event(run), status="running", owner=None, wake_at=None)
        change.hook_changes.append(hook(run))
        change.questions += [
            Question("q1", "start", "c1", new_run("c1")),
            Question("q2", "start", "c1", new_run("c1")),
            Question("q3", "status", "c1"),
            Question("q4", "status", "nobody"),
            Question("q5", "end", "nobody"),
            Question(change.hook_changes[0].hook_id, "hook", ""),  # type: ignore[union-attr]
        ]
        (done,) = await store.commit([change])
        assert done.run is not None
        assert done.run.wake_at is not None
        await store.claim("me", 10)
        told = [(item.call_id, item.kind, item.data) for item in await store.inbox("me") if item.run_id == "r1"]
        pending = {"childRunId": "c1", "status": "pending"}
        gone = {"childRunId": "nobody", "status": None}
        assert told == [
            ("q1", "child_status", pending),
            ("q2", "child_status", pending),
            ("q3", "child_status", pending),
            ("q4", "child_status", gone),
            ("q5", "child_completed", gone),
            (hook(run).hook_id, "hook_registered", {}),
        ]

    with_store(open_store, test)


def test_the_end_of_a_run_is_told_once_it_comes(open_store: OpenStore) -> None:
    """All who wait for it are due with its commit, which carries the result; a second end tells nobody again."""

    async def test(store: Store) -> None:
        await store.create_run(new_run("child"))
        (child,) = await store.claim("w2", 1)
        run = await claimed(store)
        asking = step_forward(run, event(run), status="running", owner=None, wake_at=None)
        asking.questions += [Question("q1", "end", "child"), Question("q2", "end", "child")]
        (asked,) = await store.commit([asking])
        assert asked.run is not None
        assert asked.run.wake_at is None
        done = step_forward(child, event(child), status="completed", owner=None, wake_at=None, output=b"7")
        await store.commit([done])
        await store.claim("me", 10)
        data = {"childRunId": "child", "status": "completed"}
        told = [(item.call_id, item.kind, item.data, item.payload) for item in await store.inbox("me")]
        assert told == [("q1", "child_completed", data, b"7"), ("q2", "child_completed", data, b"7")]

    with_store(open_store, test)


def test_a_message_reaches_a_run_that_lives(open_store: OpenStore) -> None:
    """One that has ended, or isn't there, takes no notice."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        await store.create_run(new_run("r2"))
        change = step_forward(run, event(run), status="running")
        change.posts += [Post("r2", "cancel", {"reason": "x"}), Post("nobody", "terminate", {})]
        await store.commit([change])
        await store.claim("w2", 10)
        assert [(item.kind, item.data) for item in await store.inbox("w2")] == [("cancel", {"reason": "x"})]

    with_store(open_store, test)


def test_attributes_are_set_and_removed(open_store: OpenStore) -> None:
    """The last word for each key counts; removing what isn't there is fine."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        change = step_forward(run, event(run), status="running")
        change.attributes.update({"a": "1", "b": "2", "c": None})
        (done,) = await store.commit([change])
        assert done.run is not None
        again = step_forward(done.run, event(done.run), status="running")
        again.attributes.update({"a": None, "b": "3"})
        await store.commit([again])
        assert await store.attributes("r1") == {"b": "3"}
        assert await store.attributes("nobody") == {}

    with_store(open_store, test)


def test_a_stream_keeps_its_order_and_its_end(open_store: OpenStore, clock: Clock) -> None:
    """Chunks are numbered from 0; streams of one run, and of two, don't mix; nothing follows the end."""

    async def test(store: Store) -> None:
        await store.create_run(new_run("r1"))
        await store.create_run(new_run("r2"))
        assert await store.chunks("r1", "s", 0, 10) == []
        assert await store.write_chunks("r1", "s", [b"a", b"b"]) == 2
        assert await store.write_chunks("r1", "s", [b"c"]) == 3
        await store.write_chunks("r1", "t", [b"x"])
        await store.write_chunks("r2", "s", [b"y"], close=True)
        assert await store.chunks("r1", "s", 1, 10) == [Chunk(1, b"b"), Chunk(2, b"c")]
        assert await store.chunks("r1", "s", 0, 1) == [Chunk(0, b"a")]
        assert await store.write_chunks("r2", "s", [], close=True) == 1
        assert await store.streams("r2") == [Stream("r2", "s", 1, closed=True)]
        assert await store.streams("r1") == [Stream("r1", "s", 3, closed=False), Stream("r1", "t", 1, closed=False)]
        with pytest.raises(StreamClosedError, match="'s' of run r2"):
            await store.write_chunks("r2", "s", [b"z"])
        with pytest.raises(RunNotFoundError):
            await store.write_chunks("nobody", "s", [b"z"])

    with_store(open_store, test)


def test_what_comes_too_late_is_no_older_than_the_log(open_store: OpenStore, clock: Clock) -> None:
    """Payloads that a disposed hook had accepted follow the last event, also where the store's clock is behind it."""

    async def test(store: Store) -> None:
        run = await claimed(store)
        change = step_forward(run, event(run), status="running")
        change.hook_changes.append(hook(run))
        (done,) = await store.commit([change])
        assert done.run is not None
        await store.post_payload("t", b"1")
        late = replace(event(done.run, "hook_disposed"), at=clock.now + 7)
        change = step_forward(done.run, late, updated_at=clock.now - 5)
        change.hook_changes.append(hook(run).hook_id)
        await store.commit([change])
        assert [(one.type, one.at) for one in (await store.events("r1"))[-2:]] == [
            ("hook_disposed", clock.now + 7),
            ("hook_received", clock.now + 7),
        ]

    with_store(open_store, test)
