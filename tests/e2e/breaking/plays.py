"""What is played, under which circumstances, and what is written down about it: plain values that can be pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wfc.builds import Build
from wfc.model import Event


@dataclass(frozen=True)
class Circumstances:
    """With what a workflow is called, by parameter name, and what happens to it.

    Steps end before hooks are resumed and timers fire, or behind all others (`steps_last`); they return what fits their
    annotation, if nothing else is said. `cancel_at` counts the moves before the run is cancelled. `bodies` says that
    the bodies of steps are run, in workflows and by themselves, and that what comes of it is compared with the plain
    program; `records`, that values are made for all annotations and written and read.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    steps_return: Any = None
    steps_fail: bool = False
    steps_last: bool = False
    cancel_at: int | None = None
    bodies: bool = False
    records: bool = False


@dataclass(frozen=True)
class Play:
    """A workflow or a step of a build. `inner` is the one whose arguments it takes.

    Its runs are brought back in the `later` build, if there is one.
    """

    program: str
    build: Path
    root: Path
    id: str
    inner: str
    calls_steps: bool
    circumstances: Circumstances
    later: Path | None = None

    @property
    def is_step(self) -> bool:
        """Say whether a step is played by itself."""
        return self.id.startswith("step//")


@dataclass
class Life:
    """What became of a run. `cuts` are the lengths of the log at which it could have been put aside.

    `plainly` is the outcome of the plain program, `when_put_aside` what was done while the run was put aside,
    `left_behind` what the run has changed in its modules. `unread` and `unrecordable` are about annotations.
    """

    play: Play
    unloadable: str = ""
    outcome: tuple[str, str] = ("", "")
    plainly: tuple[str, str] | None = None
    log: list[Event] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    never_awaited: list[str] = field(default_factory=list)
    when_put_aside: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    unrecordable: list[str] = field(default_factory=list)

    @property
    def asked(self) -> list[tuple[Any, ...]]:
        """Return what is in the log, without the moments and the tracebacks."""
        return without_moments(self.log)


@dataclass
class Lives:
    """The first run of a play, one like it that is put aside wherever it waits, and one of other arguments."""

    first: Life
    again: Life
    other: Life


@dataclass
class Afterlife:
    """What became of the run where it was brought back: how it diverged, and how it ended otherwise than at first."""

    diverged: list[str] = field(default_factory=list)
    differs: list[tuple[str, str]] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)


class Builds:
    """The builds that this process has loaded routes of."""

    def __init__(self) -> None:
        self._builds: dict[Path, Build] = {}

    def of(self, play: Play, *, later: bool = False) -> Build:
        """Return the build of a play, or the later one."""
        path = (play.later if later else None) or play.build
        if path not in self._builds:
            self._builds[path] = Build(path, play.root)
        return self._builds[path]


def without_moments(log: list[Event]) -> list[tuple[Any, ...]]:
    """Return what is in a log, without the moments and the tracebacks."""
    return [
        (event.type, event.call_id, event.data, None if event.type == "run_failed" else event.payload) for event in log
    ]
