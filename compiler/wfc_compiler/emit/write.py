"""Put a build on disk, whole or not at all.

    .wfc/.gitignore          "*"
    .wfc/builds/<buildId>/   written beside, forced to disk, renamed into place
    .wfc/current             the active build's id, replaced last

A build is named by its content, so one that is already there is left alone. Whatever fails before
`current` is replaced leaves the previous build active and untouched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_SYNCS = 16


def write_build(out: Path, build_id: str, files: Mapping[str, bytes]) -> Path:
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
    if not current.exists() or current.read_text(encoding="utf-8").strip() != build_id:
        _replace(current, f"{build_id}\n".encode())
    return target


def _is_whole(target: Path, files: Mapping[str, bytes]) -> bool:
    """Say whether a build is there with every byte: a damaged one is written again."""
    try:
        return all((target / path).read_bytes() == data for path, data in files.items())
    except OSError:
        return False


def _write_tree(builds: Path, target: Path, files: Mapping[str, bytes]) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=".tmp-", dir=builds))
    try:
        for parts in sorted(_folders(files)):
            temporary.joinpath(*parts).mkdir(parents=True, exist_ok=True)
        written = [temporary / path for path in files]
        for full, data in zip(written, files.values(), strict=True):
            full.write_bytes(data)
        folders = {temporary / "/".join(parts[:end]) for parts in _folders(files) for end in range(len(parts) + 1)}
        # Forced to disk side by side, after all is written: the file system makes few commits of many.
        with ThreadPoolExecutor(_SYNCS) as pool:
            list(pool.map(_sync, [*written, *folders]))
        temporary.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        try:
            temporary.rename(target)
        except OSError:
            # Another process has just finished the same build: its bytes are ours.
            if not _is_whole(target, files):
                raise
        _sync(builds)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _folders(files: Mapping[str, bytes]) -> set[tuple[str, ...]]:
    return {tuple(path.split("/")[:-1]) for path in files}


def _replace(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    try:
        _write(Path(name), data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
        _sync(path.parent)
    finally:
        Path(name).unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    with contextlib.suppress(PermissionError, IsADirectoryError):  # not every system can open a directory
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
