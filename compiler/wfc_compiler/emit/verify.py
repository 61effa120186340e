"""Import each route of a build in a fresh interpreter, as a worker would, and report what fails.

In: a build on disk. Out: a diagnostic per route that can't be imported, at the user's line where it
went wrong. This executes the user's module-level code, so only `wfc build --verify` asks for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from wfc.manifest import Manifest, StepEntry, WorkflowEntry

from ..diagnostics import Diagnostic, Span

_PROBE = """
import json, sys, traceback
sys.path[0] = ""  # as for a worker, whose current directory is the project
from pathlib import Path
package, directory, root = sys.argv[1:4]
try:
    from wfc.loading import load_route
    load_route(package, Path(directory), Path(root))
except BaseException as error:
    lines = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    text = "".join(traceback.format_exception_only(error)).strip()
    print("\\n" + json.dumps({"error": text, "frames": lines}))
"""
_SECONDS = 120


def verify_build(directory: Path, root: Path, manifest: Manifest) -> list[Diagnostic]:
    """Return what goes wrong when the routes of a build are imported, in the manifest's order."""
    entries = list(_entries(manifest))
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        outcomes = pool.map(lambda entry: _probe(directory, root, entry[1]), entries)
        return [
            _finding(root, file, entry, outcome)
            for (file, entry), outcome in zip(entries, outcomes, strict=True)
            if outcome is not None
        ]


def _entries(manifest: Manifest) -> Iterator[tuple[str, StepEntry | WorkflowEntry]]:
    for kind in (manifest.steps, manifest.workflows):
        for file, entries in kind.items():
            for entry in entries.values():
                yield file, entry


def _probe(directory: Path, root: Path, entry: StepEntry | WorkflowEntry) -> dict[str, Any] | None:
    route = (directory / entry.route.path).parent
    command = [sys.executable, "-c", _PROBE, entry.route.package, str(route), str(root)]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"importing takes more than {_SECONDS} seconds", "frames": []}
    lines = done.stdout.strip().splitlines()
    if lines and lines[-1].startswith('{"error"'):
        outcome: dict[str, Any] = json.loads(lines[-1])
        return outcome
    if done.returncode:
        return {
            "error": f"the interpreter ended with code {done.returncode}: {done.stderr.strip()[-500:]}",
            "frames": [],
        }
    return None


def _finding(root: Path, file: str, entry: StepEntry | WorkflowEntry, outcome: dict[str, Any]) -> Diagnostic:
    identity = entry.step_id if isinstance(entry, StepEntry) else entry.workflow_id
    path, line = _place(root, outcome["frames"]) or (file, entry.source.line)
    name = identity.rpartition("//")[2]
    return Diagnostic(
        "WFC520",
        f"route of `{name}` can't be imported: {outcome['error']}",
        Span(path, line, 1, line, 1),
        label="raised here",
        help="make the import work where the worker runs; only the routes named here are affected",
        workflow=identity,
    )


def _place(root: Path, frames: list[tuple[str, int]]) -> tuple[str, int] | None:
    """Return the innermost frame that lies in the user's own source."""
    for filename, line in reversed(frames):
        path = Path(filename)
        if path.is_relative_to(root) and ".wfc" not in path.parts and ".venv" not in path.parts:
            return path.relative_to(root).as_posix(), line
    return None
