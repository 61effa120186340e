"""Which store and which builds: from a URL, or for the project that a source file belongs to.

Comes in: a folder, options, the environment, `[tool.wfc]` of `pyproject.toml`. Goes out: an open store, a URL, a
folder. The compiler reads the same settings, and checks all of them; refused here is only what makes them unusable.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

from ..duration import DurationError, parse_duration
from ..errors import ConfigError
from .protocol import Store
from .survey import Survey

DEFAULT_URL = "sqlite:///.wfc/state.db"
_MARKERS = ("pyproject.toml", "vercel.json", ".git")


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


def configured_retention(root: Path) -> int | None:
    """Return for how long runs that have ended are kept, in microseconds; None where nothing says so: for ever."""
    written = os.environ.get("WFC_RETENTION") or _configured(root, "retention")
    try:
        return None if written is None else parse_duration(written)
    except DurationError as error:
        raise ConfigError(f"retention, of [tool.wfc] in pyproject.toml or WFC_RETENTION: {error}") from error


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


def store_url(root: Path, option: str | None = None) -> str:
    """Return the URL to use for a project: the option, else `WFC_STORE`, else `[tool.wfc] store`, else the default."""
    return option or os.environ.get("WFC_STORE") or _configured(root, "store") or DEFAULT_URL


def build_output(root: Path) -> Path:
    """Return the folder that holds the project's builds: `WFC_OUT`, else `[tool.wfc] out`, else `.wfc`."""
    return root / (os.environ.get("WFC_OUT") or _configured(root, "out") or ".wfc")


def project_root(start: Path) -> Path:
    """Return the nearest folder from `start` upwards that marks a project, else `start`'s own folder."""
    folder = start if start.is_dir() else start.parent
    for candidate in (folder, *folder.parents):
        if any((candidate / marker).exists() for marker in _MARKERS):
            return candidate
    return folder


def _configured(root: Path, key: str) -> str | None:
    try:
        settings: object = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{root / 'pyproject.toml'}: {error}") from error
    for name in ("tool", "wfc"):
        settings = settings.get(name, {}) if isinstance(settings, dict) else None
    if not isinstance(settings, dict):
        raise ConfigError(f"{root / 'pyproject.toml'}: [tool.wfc] must be a table")
    value = settings.get(key)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{root / 'pyproject.toml'}: [tool.wfc] {key} must be a string, not {value!r}")
    return value
