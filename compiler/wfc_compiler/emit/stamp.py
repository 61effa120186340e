"""Notice that nothing has changed since the current build, so that it needn't be made again.

`.wfc/last-build.json` holds the id of the last build and a hash over everything it was made from: the
sources, the configuration, the copied files, the compiler itself. It is a note, not part of the build;
without it, or when it is wrong about the disk, the build is simply made.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from ..discover import Program
from ..slice import Plan

STAMP = "last-build.json"


def find_unchanged(out: Path, program: Program, plan: Plan) -> str | None:
    """Return the id of the current build when it was made from the very same input."""
    try:
        stamp = json.loads((out / STAMP).read_bytes())
        build_id = stamp["buildId"]
        current = (out / "current").read_text(encoding="utf-8").strip()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if current != build_id or stamp.get("inputs") != inputs_hash(program, plan):
        return None
    build = out / "builds" / build_id
    sizes = stamp.get("files")
    if not isinstance(sizes, dict) or sizes != _sizes(build):
        return None
    return str(build_id)


def remember(out: Path, program: Program, plan: Plan, build_id: str) -> None:
    """Note what a build was made from."""
    stamp = {
        "buildId": build_id,
        "inputs": inputs_hash(program, plan),
        "files": _sizes(out / "builds" / build_id),
    }
    (out / STAMP).write_text(json.dumps(stamp), encoding="utf-8")


def inputs_hash(program: Program, plan: Plan) -> str:
    """Return a hash over all that a build depends on."""
    total = hashlib.sha256(f"{sys.version_info} {program.project.config!r} {_compiler()}".encode())
    for name, module in sorted(program.modules.items()):
        total.update(f"\0{name}\0{module.source.relpath}\0".encode())
        total.update(module.source.data)
    for path in sorted({file for route in plan.routes for file in route.data_files}):
        total.update(f"\0{path}\0".encode())
        total.update((program.project.root / path).read_bytes())
    return total.hexdigest()


def _sizes(build: Path) -> dict[str, list[int]]:
    """Return size and time of the files of a build: enough to see that somebody has touched one."""
    found: dict[str, list[int]] = {}
    for path in sorted(build.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            status = path.stat()
            found[path.relative_to(build).as_posix()] = [status.st_size, status.st_mtime_ns]
    return found


def _compiler() -> str:
    """Say which compiler this is: a new version may emit other code for the same input."""
    package = Path(__file__).parents[1]
    states = [path.stat() for path in sorted(package.rglob("*.py"))]
    return ",".join(f"{state.st_size}:{state.st_mtime_ns}" for state in states)
