"""The store that a URL names: open it, or look into it without opening it for work.

Comes in: a URL, and the project's root, which paths in it are relative to. Goes out: a store, or what is in one. Where
the URL comes from is in `settings.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

from ..errors import ConfigError
from ..settings import build_output
from .protocol import Store
from .survey import Survey


def open_store(url: str, root: Path) -> Store:
    """Open the store of a URL. A relative SQLite path is relative to the project's root.

    With `?durability=normal` a power loss may undo the last commits; a crash of the process still undoes none. Raises
    ConfigError for a URL that names no store wfc has, StoreError when the store can't be used.
    """
    from .sqlite.store import SqliteStore

    return SqliteStore(_sqlite_path(url, root), synced=_is_synced(url))


def store_is_there(url: str, root: Path) -> bool:
    """Has anybody made the store of a URL yet? Raises ConfigError for a URL that names no store wfc has."""
    return _sqlite_path(url, root).exists()


def open_empty_store() -> Store:
    """Open what stands for a store that nobody has made yet: it holds nothing, and leaves nothing behind."""
    from .memory import MemoryStore

    return MemoryStore()


def count_live(url: str, root: Path) -> Mapping[str, int] | None:
    """Return how many runs of each workflow haven't ended, without opening the store for work; None if none can tell.

    Raises ConfigError for a URL that names no store wfc has.
    """
    from .sqlite.peek import count_live_runs

    return count_live_runs(_sqlite_path(url, root))


def survey(url: str, root: Path, now: int) -> Survey | None:
    """Return the state of a store and its runs, without opening it for work; None where there is no store yet.

    Raises ConfigError for a URL that names no store wfc has, StoreError for a store that can't be read.
    """
    from .sqlite.survey import survey_file

    return survey_file(_sqlite_path(url, root), now)


def builds_needed_elsewhere(root: Path) -> set[str] | None:
    """Return the builds that runs need in whatever stores lie beside the project's builds; None if one can't tell."""
    from .sqlite.peek import builds_needed

    found: set[str] = set()
    for path in build_output(root).glob("*.db"):
        needed = builds_needed(path)
        if needed is None:
            return None
        found |= needed
    return found


def _sqlite_path(url: str, root: Path) -> Path:
    scheme, separator, rest = url.partition("://")
    if not separator or scheme != "sqlite":
        raise ConfigError(f"store {url!r}: write it as sqlite:///relative/path.db or sqlite:////absolute/path.db")
    path = rest.removeprefix("/").partition("?")[0]
    if not path:
        raise ConfigError(f"store {url!r} names no file; write it as sqlite:///relative/path.db")
    return root / path


def _is_synced(url: str) -> bool:
    durability = dict(parse_qsl(url.partition("?")[2], keep_blank_values=True))
    asked = durability.pop("durability", "full")
    if durability or asked not in ("full", "normal"):
        raise ConfigError(f"store {url!r}: after the path only ?durability=normal or ?durability=full can be said")
    return asked == "full"
