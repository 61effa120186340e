"""Where a project's store and builds are, and how long its runs are kept.

Comes in: a folder, options, the environment, `[tool.wfc]` of `pyproject.toml`; each wins over what follows it. Goes
out: a URL, a folder, a time. The compiler reads the same settings, and checks all of them; refused here is only what
makes them unusable.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from .duration import DurationError, parse_duration
from .errors import ConfigError

DEFAULT_STORE = "sqlite:///.wfc/state.db"
_MARKERS = ("pyproject.toml", "vercel.json", ".git")


def project_root(start: Path) -> Path:
    """Return the nearest folder from `start` upwards that marks a project, else `start`'s own folder."""
    folder = start if start.is_dir() else start.parent
    for candidate in (folder, *folder.parents):
        if any((candidate / marker).exists() for marker in _MARKERS):
            return candidate
    return folder


def store_url(root: Path, option: str | None = None) -> str:
    """Return the URL to use for a project: the option, else `WFC_STORE`, else `[tool.wfc] store`, else the default."""
    return option or os.environ.get("WFC_STORE") or _configured(root, "store") or DEFAULT_STORE


def build_output(root: Path) -> Path:
    """Return the folder that holds the project's builds: `WFC_OUT`, else `[tool.wfc] out`, else `.wfc`."""
    return root / (os.environ.get("WFC_OUT") or _configured(root, "out") or ".wfc")


def configured_retention(root: Path) -> int | None:
    """Return for how long runs that have ended are kept, in microseconds; None where nothing says so: for ever."""
    written = os.environ.get("WFC_RETENTION") or _configured(root, "retention")
    try:
        return None if written is None else parse_duration(written)
    except DurationError as error:
        raise ConfigError(f"retention, of [tool.wfc] in pyproject.toml or WFC_RETENTION: {error}") from error


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
