"""Which first-party modules there are: source roots, and the dotted name of every file below them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from .values import Config

_NEVER = frozenset({"node_modules", "__pycache__", "site-packages", "__pypackages__"})
_NEVER_UNLESS_PACKAGE = frozenset({"build", "dist", "venv", "env"})


def find_source_roots(root: Path, config: Config) -> tuple[Path, ...]:
    """Return the configured roots, else `src/` when it is no package, else the project root."""
    if config.src:
        return tuple((root / entry).resolve() for entry in config.src)
    src = root / "src"
    if src.is_dir() and not (src / "__init__.py").exists():
        return (src,)
    return (root,)


def index_modules(root: Path, roots: tuple[Path, ...], config: Config) -> Mapping[str, Path]:
    """Return every importable first-party module by dotted name, in order of path.

    Where roots overlap in a name the first wins, as it would on `sys.path`; a package wins over a
    module of the same name.
    """
    found: dict[str, Path] = {}
    out = (root / config.out).resolve()
    for base in roots:
        here: dict[str, Path] = {}
        for path in _walk_files(base, out, (".py",)):
            name = module_name(path, (base,))
            if name is None or _interpreter_wins(name, base):
                continue
            if name not in here or path.name == "__init__.py":
                here[name] = path
        found = here | found
    return dict(sorted(found.items(), key=lambda item: item[1].as_posix()))


def find_extensions(root: Path, roots: tuple[Path, ...], config: Config) -> frozenset[str]:
    """Return the dotted names of first-party extension modules (`app/_fast.cpython-311.so`)."""
    out = (root / config.out).resolve()
    return frozenset(
        name
        for base in roots
        for path in _walk_files(base, out, (".so", ".pyd"))
        if (name := module_name(path.with_name(path.name.partition(".")[0] + ".py"), (base,)))
    )


def module_name(path: Path, roots: tuple[Path, ...]) -> str | None:
    """Return the dotted name of a file below a source root, None when it can't be imported."""
    for base in roots:
        if not path.is_relative_to(base):
            continue
        parts = list(path.relative_to(base).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        if parts and all(part.isidentifier() for part in parts):
            return ".".join(parts)
    return None


def is_excluded(relpath: str, config: Config) -> bool:
    """Say whether a pattern of `exclude` names the file or a directory above it."""
    parents = [relpath]
    while "/" in parents[-1]:
        parents.append(parents[-1].rpartition("/")[0])
    patterns = [pattern.rstrip("/").removesuffix("/**") for pattern in config.exclude]
    return any(fnmatch(path, pattern) for path in parents for pattern in patterns)


def _interpreter_wins(name: str, base: Path) -> bool:
    """Say whether Python would not find this module first.

    Modules built into the interpreter come before any path, and a folder without `__init__.py`
    comes after a regular package of the standard library.
    """
    first = name.partition(".")[0]
    if first in sys.builtin_module_names:
        return True
    folder = base / first
    namespace = folder.is_dir() and not (folder / "__init__.py").exists()
    return namespace and first in sys.stdlib_module_names and not (base / f"{first}.py").exists()


def _walk_files(base: Path, out: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()
    waiting = [base]
    while waiting:
        directory = waiting.pop()
        try:
            status = directory.stat()
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        except OSError:
            continue
        if (status.st_dev, status.st_ino) in seen:  # a link back up the tree
            continue
        seen.add((status.st_dev, status.st_ino))
        names = {entry.name for entry in entries}
        if directory != base and _is_foreign(directory, names, out):
            continue
        for entry in entries:
            if entry.name.endswith(suffixes):
                if entry.is_file():
                    yield Path(entry.path)
            elif entry.is_dir() and not entry.name.startswith("."):
                waiting.append(Path(entry.path))


def _is_foreign(directory: Path, names: set[str], out: Path) -> bool:
    if directory.name in _NEVER or "pyvenv.cfg" in names or directory == out:
        return True
    return directory.name in _NEVER_UNLESS_PACKAGE and "__init__.py" not in names
