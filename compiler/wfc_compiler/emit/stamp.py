"""Notice that nothing has changed since the current build, so that it needn't be made again.

`.wfc/last-build.json` holds the id of the last build and what it was made from: it is a note, not part of
the build; without it, or when it is wrong about the disk, the build is simply made. It answers twice:

    find_untouched    before anything is parsed: the same files, with the same sizes and times, or else
                      the same content; the same configuration, Python and wfc. Hence the same findings.
    find_unchanged    after planning: the modules that are reached, and the files that are copied, are the same
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from ..diagnostics import Diagnostic, Span, Summary
from ..project import Snapshot, State, find_source_roots, read_settings, take_snapshot
from ..syntax import decode_source

if TYPE_CHECKING:
    from ..checking import CheckResult
    from ..discover import Program
    from ..slice import Plan

STAMP = "last-build.json"
# What the bytes of a build depend on besides the source.
_TOOLS = ("wfc_compiler", "wfc_templates", "wfc")
_LIBRARIES = ("libcst", "jinja2", "pydantic")


@dataclass(frozen=True)
class Before:
    """What there is before a build: where it goes, the setting, the files. `settings` is None when they are wrong."""

    root: Path
    out: Path
    settings: str | None
    snapshot: Snapshot


@dataclass(frozen=True)
class Last:
    """What the last build came to, when it would come to the same now."""

    build_id: str
    diagnostics: tuple[Diagnostic, ...]
    summary: Summary
    sources: Mapping[str, str]


def look(root: Path, out: Path | None) -> Before:
    """Look at a project before it is read: a change from now on will be seen by the next build."""
    if not root.is_dir():
        raise NotADirectoryError(str(root))
    root = root.resolve()
    settings = read_settings(root)
    roots = find_source_roots(root, settings.config)
    snapshot = take_snapshot(root, roots, settings.config)
    written = f"{sys.version} {settings.config!r} {settings.entrypoints!r} {roots!r} {_tools()}"
    return Before(root, out or root / settings.config.out, None if settings.diagnostics else written, snapshot)


def find_untouched(before: Before) -> Last | None:
    """Return what the current build came to when it was made from the very same files."""
    stamp = _read(before.out)
    try:
        return _untouched(before, stamp) if stamp.get("untouched") else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # somebody else's note


def _untouched(before: Before, stamp: dict[str, Any]) -> Last | None:
    noted, snapshot = stamp["untouched"], before.snapshot
    if before.settings is None or noted["settings"] != before.settings:
        return None
    if noted["folders"] != list(snapshot.folders) or noted["files"].keys() != snapshot.states.keys():
        return None
    contents: dict[str, bytes] = {}
    for path, (state, digest) in noted["files"].items():
        # A file that the compiler did not read has no digest: only its being there counts.
        if digest is not None and (state is None or tuple(state) != snapshot.states[path]):
            data = _bytes(path)
            if data is None or _hash(data) != digest:
                return None
            contents[path] = data
    if stamp["files"] != _state_of(before.out / "builds" / stamp["buildId"]):
        return None
    if contents:
        noted["files"].update(_states(contents, snapshot))  # next time without reading them
        _write(before.out, stamp)
    return _last(before.root, stamp["buildId"], noted)


def _last(root: Path, build_id: str, noted: dict[str, Any]) -> Last:
    found = _diagnostics().validate_python(noted["diagnostics"]) if noted["diagnostics"] else ()
    sources: dict[str, str] = {}
    for path in {span.path for item in found for span in _spans(item)}:
        data = _bytes(str(root / path))
        if data is not None:
            sources[path] = decode_source(data) if path.endswith(".py") else data.decode("utf-8-sig")
    return Last(build_id, found, Summary(**noted["summary"]), sources)


def find_unchanged(out: Path, program: Program, plan: Plan) -> str | None:
    """Return the id of the current build when it was made from the very same modules."""
    stamp = _read(out)
    if not stamp or stamp.get("inputs") != inputs_hash(program, plan):
        return None
    build_id = str(stamp["buildId"])
    return build_id if stamp.get("files") == _state_of(out / "builds" / build_id) else None


def remember(before: Before, checked: CheckResult, plan: Plan, build_id: str) -> None:
    """Note what a build was made from."""
    contents = checked.program.project.contents
    states = before.snapshot.states
    untouched = None
    # What is only copied, or looked for and not there, is in no snapshot; nor what came after it was taken.
    if before.settings is not None and not plan.reads_files and contents.keys() <= states.keys():
        found = checked.diagnostics
        untouched = {
            "settings": before.settings,
            "folders": before.snapshot.folders,
            "files": {**dict.fromkeys(states, (None, None)), **_states(contents, before.snapshot)},
            "summary": asdict(checked.summary),
            "diagnostics": _diagnostics().dump_python(found, mode="json") if found else [],
        }
    stamp = {
        "buildId": build_id,
        "inputs": inputs_hash(checked.program, plan),
        "files": _state_of(before.out / "builds" / build_id),
        "untouched": untouched,
    }
    _write(before.out, stamp)


def inputs_hash(program: Program, plan: Plan) -> str:
    """Return a hash over all that a build depends on."""
    total = hashlib.sha256(f"{sys.version_info} {program.project.config!r} {_tools()}".encode())
    for name, module in sorted(program.modules.items()):
        total.update(f"\0{name}\0{module.source.relpath}\0".encode())
        total.update(module.source.data)
    for path in sorted({file for route in plan.routes for file in route.data_files}):
        total.update(f"\0{path}\0".encode())
        total.update((program.project.root / path).read_bytes())
    return total.hexdigest()


def _diagnostics() -> TypeAdapter[tuple[Diagnostic, ...]]:
    return TypeAdapter(tuple[Diagnostic, ...])


def _spans(item: Diagnostic) -> list[Span]:
    return [item.span, *(note.span for note in item.secondary), *(hop.span for hop in item.chain)]


def _states(contents: Mapping[str, bytes], snapshot: Snapshot) -> dict[str, tuple[State | None, str]]:
    return {path: (snapshot.settled(path), _hash(data)) for path, data in contents.items()}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _bytes(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def _read(out: Path) -> dict[str, Any]:
    """Return the note about the current build; {} when there is none."""
    try:
        stamp = json.loads((out / STAMP).read_bytes())
        current = (out / "current").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and stamp.get("buildId") == current else {}


def _write(out: Path, stamp: Mapping[str, object]) -> None:
    (out / STAMP).write_text(json.dumps(stamp), encoding="utf-8")


def _state_of(folder: Path) -> str:
    """Return a digest of the sizes and times of all files: enough to see that somebody has touched one."""
    return _hash("\0".join(sorted(_listed(str(folder)))).encode("utf-8", "surrogateescape"))


def _listed(folder: str) -> Iterator[str]:
    waiting = [folder]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir():
                waiting.extend([entry.path] if entry.name != "__pycache__" else [])
            else:
                status = entry.stat()
                yield f"{entry.path[len(folder) :]} {status.st_size} {status.st_mtime_ns}"


def _tools() -> str:
    """Say which compiler this is: another one may emit other code for the same input."""
    total = []
    for name in _TOOLS:
        spec = find_spec(name)
        total += [_state_of(Path(folder)) for folder in (spec.submodule_search_locations or () if spec else ())]
    for name in _LIBRARIES:
        spec = find_spec(name)
        status = os.stat(spec.origin) if spec is not None and spec.origin else None
        total.append(f"{status.st_size}:{status.st_mtime_ns}" if status else "none")
    return " ".join(total)
