"""Put a build on disk, whole or not at all.

    .wfc/.gitignore          "*"
    .wfc/builds/<buildId>/   written beside, forced to disk, renamed into place
    .wfc/current             the active build's id, replaced last

A build is named by its content, so one that is already there is left alone. Routes that are the same as in the
last build are linked, which keeps their times. Whatever fails before `current` is replaced leaves the previous build
active and untouched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

_SYNCS = 16


@dataclass(frozen=True)
class BuildFiles:
    """The files of a build by path: those that were made now, and where those are that an earlier build has, too."""

    made: Mapping[str, bytes]
    linked: Mapping[str, str]


def write_build(out: Path, build_id: str, files: BuildFiles) -> Path:
    """Write the files of a build below `out` and make it the active one; return its directory."""
    builds = out / "builds"
    builds.mkdir(parents=True, exist_ok=True)
    ignore = out / ".gitignore"
    if not ignore.exists():
        _replace(ignore, b"*\n")
    target = builds / build_id
    if not _is_whole(target, files):
        _write_tree(builds, target, files)
    current = out / "current"
    if not current.exists() or current.read_bytes().strip() != build_id.encode():
        _replace(current, f"{build_id}\n".encode())
    return target


def _is_whole(target: Path, files: BuildFiles) -> bool:
    """Say whether a build is there with every byte: a damaged one is written again."""
    try:
        return all((target / path).read_bytes() == data for path, data in files.made.items()) and all(
            same == f"{target}/{path}" or (target / path).read_bytes() == Path(same).read_bytes()
            for path, same in files.linked.items()
        )
    except OSError:
        return False


def _write_tree(builds: Path, target: Path, files: BuildFiles) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=".tmp-", dir=builds))
    base = str(temporary)
    try:
        folders = [base, *(f"{base}/{folder}" for folder in _folders([*files.made, *files.linked]))]
        for folder in folders[1:]:
            os.mkdir(folder)
        for path, same in files.linked.items():
            _link(same, f"{base}/{path}")
        written = _write_files(base, files.made)
        # Forced to disk side by side, after all is written: the file system makes few commits of many.
        with ThreadPoolExecutor(_SYNCS) as pool:
            list(pool.map(_sync_many, _spread([*written, *folders])))
        temporary.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        try:
            temporary.rename(target)
        except OSError:
            # Another process has just finished the same build: its bytes are ours.
            if not _is_whole(target, files):
                raise
        _sync(str(builds))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _write_files(base: str, files: Mapping[str, bytes]) -> list[str]:
    """Write files and return their paths; of those with the same bytes, which many routes hold, one is written."""
    first: dict[bytes, str] = {}
    for path, data in files.items():
        full = f"{base}/{path}"
        if data in first:
            _link(first[data], full)
            continue
        with open(full, "wb") as file:
            file.write(data)
        first[data] = full
    return list(first.values())


def _folders(paths: Sequence[str]) -> list[str]:
    """Return the folders of some files, outer ones first."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return sorted(found)


def _link(same: str, path: str) -> None:
    """Give a file another name; where the file system can't, copy it with its time."""
    try:
        os.link(same, path)
    except OSError:
        shutil.copy2(same, path)


def _spread(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield a share of the paths for each thread: handing them over one by one costs more than the calls."""
    yield from (paths[start::_SYNCS] for start in range(_SYNCS))


def _sync_many(paths: Sequence[str]) -> None:
    for path in paths:
        _sync(path)


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    try:
        _write(Path(name), data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
        _sync(str(path.parent))
    finally:
        Path(name).unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: str) -> None:
    with contextlib.suppress(PermissionError, IsADirectoryError):  # not every system can open a directory
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
