"""The state of a project on disk, told by looking at directories alone: nothing is read or parsed.

In: the source roots. Out: a `Snapshot`, which `emit.stamp` compares with that of the last build. It walks
exactly as the scan for modules does, so that a file that the scan would find is in it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .modules import walk_folders
from .values import Config

State = tuple[int, int, int, int]
"""Size, times of change of content and of the file itself in ns, and inode."""

# Two writes within the clock's tick can't be told apart by time; file systems tick at most every two seconds.
_TICK_NS = 2_000_000_000


@dataclass(frozen=True)
class Snapshot:
    """Folders (what can't be read among them) and files below the source roots; `states` by absolute path."""

    taken_ns: int
    folders: tuple[str, ...]
    states: Mapping[str, State]

    def settled(self, path: str) -> State | None:
        """Return a file's state, None when it was written so recently that a later change may look the same."""
        state = self.states[path]
        return state if max(state[1], state[2]) < self.taken_ns - _TICK_NS else None


def take_snapshot(root: Path, roots: tuple[Path, ...], config: Config) -> Snapshot:
    """Look at everything that a scan of the source roots would see."""
    taken = time.time_ns()
    out = (root / config.out).resolve()
    folders: list[str] = []
    states: dict[str, State] = {}
    unreadable: dict[Path, OSError] = {}
    for base in roots:
        for folder, files in walk_folders(base, out, unreadable):
            folders.append(folder)
            for entry in files:
                try:
                    status = entry.stat()
                except OSError:  # gone since the folder was listed
                    continue
                states[entry.path] = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    folders += [f"{path}: {error.strerror}" for path, error in sorted(unreadable.items())]
    return Snapshot(taken, tuple(folders), states)
