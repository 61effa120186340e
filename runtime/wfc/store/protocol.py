"""What a store promises, whatever it is built on.

One rule carries the engine: everything that a transition changes (events, the run's row, timers, hooks, the inbox, the
runs that it starts, the answers to its questions) is committed as a whole, and refused as a whole when the run has got
another owner since. So there is no instant at which a crash could leave a run that nobody will wake. Everybody but the
owner of a run writes to its inbox only.

Methods are async because a server's store has to wait; the embedded one answers at once. Times are microseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..model import Chunk, Event, Hook, InboxItem, InboxKind, NewRun, Run, Scalar, Stream, Timer, Transition

LISTED_BYTES = 4000


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs to list: at most `limit`, older than `before` (created_at, run_id).

    `workflow` is a full id or what follows its last `//`; of the `attributes` a run has to have all.
    """

    limit: int
    status: str | None = None
    workflow: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    before: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """What became of a transition: `run` as it is now in the store, or None when its fence was stale."""

    run: Run | None


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a call of `prune` has removed: so many runs, with so many events. `cursor` is where to go on, if at all."""

    runs: int
    events: int
    cursor: tuple[int, str] | None


class Store(Protocol):
    """See the module. Every store passes the same conformance suite (tests/runtime/store)."""

    # --- outside: anyone may call these

    async def create_run(self, new: NewRun) -> tuple[Run, bool]:
        """Write a pending run and its first event, due now. Returns (run, True), or the run that has the id or the
        idempotency key already and False.
        """

    async def post(self, run_id: str, kind: InboxKind, data: dict[str, Scalar], payload: bytes | None = None) -> Run:
        """Put something into a run's inbox and make the run due. Returns the run as it was; a run that has ended takes
        nothing. Raises RunNotFoundError.
        """

    async def post_payload(self, token: str, payload: bytes) -> Hook:
        """Put a hook's payload into the inbox of the run that holds the token. Raises HookNotFoundError."""

    async def reopen(self, change: Transition, items: Sequence[InboxItem]) -> Committed:
        """Apply a transition to a run that has failed, by somebody who doesn't own it, and put items into its inbox.

        Committed(None), with nothing applied, where the run isn't a failed one with the fence before `change`'s: it
        was never to be retried, or somebody has retried it since it was read. Its attributes are then those of
        `change`; its hooks, timers and questions, which ended with it, are taken up as in any commit. The items go
        before what that commit itself puts into the inbox, and keep their times.
        """

    async def run(self, run_id: str) -> Run:
        """Return a run. Raises RunNotFoundError."""

    async def runs(self, query: RunQuery) -> list[Run]:
        """Return the runs that fit, newest first. Results and errors of more than LISTED_BYTES are left out of them."""

    async def live_runs(self) -> int:
        """Count the runs that haven't ended."""

    async def events(self, run_id: str) -> list[Event]:
        """Return a run's log in order."""

    async def hooks(self, run_id: str) -> list[Hook]:
        """Return a run's live hooks, oldest first."""

    async def hook(self, token: str) -> Hook:
        """Return the live hook that holds a token. Raises HookNotFoundError."""

    async def timers(self, run_id: str) -> list[Timer]:
        """Return a run's pending waits, the next one first."""

    async def attributes(self, run_id: str) -> dict[str, str]:
        """Return a run's attributes as far as its log tells of them, by key."""

    async def write_chunks(self, run_id: str, name: str, chunks: Sequence[bytes], *, close: bool = False) -> int:
        """Append to a stream of a run, in one durable commit; it is made where it isn't there. Returns how many chunks
        it has then. Raises RunNotFoundError, and StreamClosedError where it was closed (closing twice is fine).
        """

    async def chunks(self, run_id: str, name: str, start: int, limit: int) -> list[Chunk]:
        """Return chunks of a stream from an index on, in order; none where there is no such stream yet."""

    async def streams(self, run_id: str) -> list[Stream]:
        """Return the streams of a run, by name."""

    async def prune(self, ended_before: int, *, cursor: tuple[int, str] | None = None, dry_run: bool = False) -> Pruned:
        """Remove some of the runs that ended before a time of the store's clock, with all that belongs to them.

        A call is one short commit: begin without a cursor, and go on with the one that is returned, until it is None.
        A run stays while its parent does, which may ask for its result, or be retried and then ask. With `dry_run`
        nothing is removed, and told what would be.
        """

    async def builds_in_use(self) -> set[str]:
        """Return the builds of the runs that are live, or have failed and may be retried."""

    def subscribe(self) -> asyncio.Event:
        """Return an event that is set whenever something may have changed, in this process or another.

        A hint: it may be set for nothing, and a lost one costs at most the caller's own poll interval.
        """

    def unsubscribe(self, event: asyncio.Event) -> None:
        """Stop setting the event."""

    # --- workers

    async def register(self, worker: str) -> None:
        """Say that this worker lives, until `unregister` or the end of the process, however that comes."""

    async def unregister(self, worker: str) -> None:
        """Say that the worker is gone, and return what it still owns to work."""

    async def heartbeat(self, worker: str) -> None:
        """Say that the worker is neither dead nor stopped."""

    async def release_dead(self, worker: str) -> int:
        """Return the runs of workers that have died to work; how many."""

    async def retry_blocked(self) -> int:
        """Make blocked runs due once more, for who may have the build or library that they lack; how many."""

    async def claim(self, worker: str, limit: int) -> list[Run]:
        """Take over runs that are due and that nobody owns. Each has the worker as owner and a new fence."""

    async def inbox(self, worker: str) -> list[InboxItem]:
        """Return what is in the inboxes of the worker's runs, in order of arrival."""

    async def skip_ahead(self, run_id: str) -> bool:
        """Move the clock of a run that nobody owns to what it waits for, for good; False when it waits for no time."""

    async def next_due(self) -> int | None:
        """Return when the next run that nobody owns is due."""

    async def commit(self, transitions: Sequence[Transition]) -> list[Committed]:
        """Apply transitions in one durable commit, each whole or, where its fence is stale, not at all."""

    async def block(self, run: Run, reason: str, items: Sequence[InboxItem] = ()) -> None:
        """Let go of a run that its owner can't continue, with the reason; nothing else about it changes.

        `items`, which keep their times, go into its inbox for when it is continued.
        """

    async def close(self) -> None:
        """Let go of files and connections. Idempotent."""
