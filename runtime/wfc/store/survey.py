"""What a store can tell of the state that it and its runs are in, for `wfc doctor`.

Everything is read at one instant, without opening the store for work: nothing is created, brought forward or locked.
Lists hold at most `MOST` entries, the oldest first; numbers count all. Times are microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model import Scalar

MOST = 1000


@dataclass(frozen=True, slots=True)
class FileHealth:
    """The file itself: its format, its size and that of its write-ahead log in bytes, what a check of it has found.

    `engine` is the version of the database library, `filesystem` the name of the network filesystem it is on, if any,
    `free` how many bytes can still be written beside it.
    """

    path: str
    schema: int
    known_schema: int
    size: int
    wal_size: int
    damage: tuple[str, ...]
    engine: tuple[int, int, int]
    filesystem: str | None
    free: int


@dataclass(frozen=True, slots=True)
class SeenWorker:
    """A worker: whether its process lives, when its event loop was last heard of, and how many runs it owns."""

    worker: str
    lives: bool
    seen_at: int | None
    runs: int


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A run that hasn't ended. `since` is when it came into the state that it is listed for, `reason` why it is in it.

    `events` is the length of its log, where it is listed for that.
    """

    run_id: str
    workflow_id: str
    build_id: str
    since: int
    reason: str = ""
    events: int = 0


@dataclass(frozen=True, slots=True)
class RetryingStep:
    """A step that has failed again and again: how often, with which recorded error, and when it is tried again."""

    run_id: str
    workflow_id: str
    step_id: str
    attempts: int
    error: bytes | None
    next_at: int


@dataclass(frozen=True, slots=True)
class AwaitedHook:
    """A hook that a parked run waits for."""

    run_id: str
    workflow_id: str
    token: str
    hook_class: str
    since: int


@dataclass(frozen=True, slots=True)
class AwaitedChild:
    """A run that a parked run waits for, and what state that one is in."""

    run_id: str
    workflow_id: str
    child_run_id: str
    child_blocked: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """See the module. `states` counts live runs by what they are doing, each once. `due` could go on, and nobody has
    taken them. `forgotten` are live runs that nothing will ever wake, which is a bug of wfc; `used` counts live runs by
    build and workflow, `origins` by what they were recorded with, of which only the versions are kept.
    """

    at: int
    file: FileHealth
    states: Mapping[str, int] = field(default_factory=dict)
    workers: list[SeenWorker] = field(default_factory=list)
    blocked: list[LiveRun] = field(default_factory=list)
    due: list[LiveRun] = field(default_factory=list)
    forgotten: list[LiveRun] = field(default_factory=list)
    long: list[LiveRun] = field(default_factory=list)
    retrying: list[RetryingStep] = field(default_factory=list)
    hooks: list[AwaitedHook] = field(default_factory=list)
    children: list[AwaitedChild] = field(default_factory=list)
    next_due: int | None = None
    used: Mapping[tuple[str, str], int] = field(default_factory=dict)
    origins: Mapping[tuple[tuple[str, Scalar], ...], int] = field(default_factory=dict)
