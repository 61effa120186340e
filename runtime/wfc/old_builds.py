"""Remove builds that nothing needs any more.

Comes in: a project's builds, and the ids of those that runs need. Goes out: the ids of what was removed. `wfc build`
never removes one, since it doesn't know of runs.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection
from pathlib import Path

from .builds import Builds
from .errors import ConfigError

YOUNG_SECONDS = 3600.0  # one that was just made may be about to become the current one


def unneeded_builds(builds: Builds, in_use: Collection[str]) -> list[str]:
    """Return the builds that are neither current nor in use nor young."""
    folder = builds.out / "builds"
    current = _current(builds)
    if current is None or not folder.is_dir():
        return []
    old = time.time() - YOUNG_SECONDS
    found = [entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    names = [entry.name for entry in found if entry.stat().st_mtime < old]
    return sorted(name for name in names if name != current and name not in in_use)


def remove_builds(builds: Builds, names: Collection[str]) -> list[str]:
    """Remove builds; one that has become current meanwhile is put back. Returns those that are gone."""
    folder = builds.out / "builds"
    return [name for name in names if _remove(builds, folder / name, folder / f".tmp-prune-{name}")]


def _remove(builds: Builds, path: Path, aside: Path) -> bool:
    try:
        path.rename(aside)
    except OSError:  # somebody else removes it, or may not
        return False
    if _current(builds) == path.name:
        aside.rename(path)
        return False
    shutil.rmtree(aside, ignore_errors=True)
    return True


def _current(builds: Builds) -> str | None:
    try:
        return builds.current_id()
    except ConfigError:
        return None
