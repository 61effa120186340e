"""Notice that nothing has changed since the current build, so that it needn't be made again.

`.wfc/last-build.json` holds the id of the last build and what it was made from: it is a note, not part of
the build; without it, or when it is wrong about the disk, the build is simply made. It answers three times:

    find_untouched    before anything is parsed: the same files, with the same sizes and times, or else
                      the same content; the same configuration, Python and wfc. Hence the same findings.
    find_edited       likewise: the very same files but for some that were edited (see `incremental`)
    find_last_build   after planning: what can be taken over of a build that isn't up to date
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from ..diagnostics import Diagnostic, Span, Summary
from ..project import Project, Snapshot, State, find_source_roots, read_regular, read_settings, take_snapshot
from ..syntax import decode_source
from .reuse import KEPT_OUT, LastBuild

if TYPE_CHECKING:
    from ..checking import CheckResult
    from ..slice import Plan

STAMP = "last-build.json"
# What the bytes of a build depend on besides the source.
_TOOLS = ("wfc_compiler", "wfc_templates", "wfc")
_KINDS = ("steps", "flows")
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


def find_untouched(before: Before, found: Compared | None) -> Last | None:
    """Return what the current build came to when it was made from the very same files."""
    if found is None or found.changed:
        return None
    if found.reread:
        # Next time their states tell, without reading them.
        found.stamp["untouched"]["files"].update(_states(found.reread, before.snapshot))
        _write(before.out, found.stamp)
    return found.noted(before.root)


def find_edited(before: Before, found: Compared | None) -> Edited | None:
    """Return which files are not as the current build was made from, when nothing else has changed."""
    if found is None or not found.changed or not isinstance(found.stamp.get("routes"), dict):
        return None
    last = LastBuild(before.out / "builds" / found.stamp["buildId"], found.stamp["routes"])
    return Edited(last, tuple(found.changed), found.noted(before.root), found.stamp)


@dataclass(frozen=True)
class Edited:
    """The current build, the absolute paths of the files that were edited since, and what it came to."""

    last: LastBuild
    paths: tuple[str, ...]
    noted: Last
    stamp: dict[str, Any]


@dataclass(frozen=True)
class Compared:
    """A note beside the disk: what was read since times didn't tell, and which files are not as noted."""

    stamp: dict[str, Any]
    reread: Mapping[str, bytes]
    changed: tuple[str, ...]

    def noted(self, root: Path) -> Last:
        """Return what the noted build came to."""
        return _last(root, self.stamp["buildId"], self.stamp["untouched"])


def compare(before: Before) -> Compared | None:
    """Compare the files with the note; None where it is about another setting, other files, or a damaged build."""
    stamp = _read(before.out)
    try:
        return _compared(before, stamp) if stamp.get("untouched") else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # somebody else's note


def _compared(before: Before, stamp: dict[str, Any]) -> Compared | None:
    noted, snapshot = stamp["untouched"], before.snapshot
    if before.settings is None or noted["settings"] != before.settings:
        return None
    if noted["folders"] != list(snapshot.folders) or noted["files"].keys() != snapshot.states.keys():
        return None
    reread: dict[str, bytes] = {}
    changed: list[str] = []
    for path, (state, digest) in noted["files"].items():
        # A file that the compiler did not read has no digest: only its being there counts.
        if digest is not None and (state is None or tuple(state) != snapshot.states[path]):
            data = _bytes(path)
            if data is None:
                return None
            if _hash(data) == digest:
                reread[path] = data
            else:
                changed.append(path)
    if stamp["files"] != _build_state(before.out / "builds" / stamp["buildId"]):
        return None
    return Compared(stamp, reread, tuple(changed))


def _last(root: Path, build_id: str, noted: dict[str, Any]) -> Last:
    found = _diagnostics().validate_python(noted["diagnostics"]) if noted["diagnostics"] else ()
    sources: dict[str, str] = {}
    for path in {span.path for item in found for span in _spans(item)}:
        data = _bytes(str(root / path))
        if data is not None:
            sources[path] = decode_source(data) if path.endswith(".py") else data.decode("utf-8-sig")
    return Last(build_id, found, Summary(**noted["summary"]), sources)


def find_last_build(out: Path) -> LastBuild | None:
    """Return the current build with the keys of its routes, None when it is not as it was written."""
    stamp = _read(out)
    keys = stamp.get("routes")
    if not isinstance(keys, dict):
        return None
    path = out / "builds" / str(stamp["buildId"])
    return LastBuild(path, keys) if stamp.get("files") == _build_state(path) else None


def active_id(out: Path) -> str:
    """Return the id of the active build, nothing where there is none."""
    try:
        return (out / "current").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def noted_keys(out: Path) -> Mapping[str, str]:
    """Return the keys of the active build's routes, by directory; whether it is still intact isn't looked at."""
    keys = _read(out).get("routes")
    return keys if isinstance(keys, dict) else {}


def remember(before: Before, checked: CheckResult, plan: Plan, keys: Mapping[str, str], build_id: str) -> None:
    """Note what a build was made from, and the keys of its routes."""
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
        "routes": dict(keys),
        "files": _build_state(before.out / "builds" / build_id),
        "untouched": untouched,
    }
    _write(before.out, stamp)


def remember_edited(
    before: Before,
    edited: Edited,
    contents: Mapping[str, bytes],
    summary: Summary,
    keys: Mapping[str, str],
    build_id: str,
) -> None:
    """Note a build that was made of the last one, with the keys of the routes that were made anew.

    `contents` are the edited files as they were compiled.
    """
    untouched = edited.stamp["untouched"]
    files = {**untouched["files"], **_states(contents, before.snapshot)}
    stamp = {
        "buildId": build_id,
        "routes": {**edited.last.keys, **keys},
        "files": {**edited.stamp["files"], **_build_state(before.out / "builds" / build_id, ["", *keys])},
        "untouched": {**untouched, "files": files, "summary": asdict(summary)},
    }
    _write(before.out, stamp)


def route_settings(project: Project) -> str:
    """Say what the bytes of a route depend on besides its plan and its sources."""
    return f"{sys.version_info} {project.config!r} {_tools()}"


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
        return read_regular(Path(path))
    except OSError:
        return None


def _read(out: Path) -> dict[str, Any]:
    """Return the note about the current build; {} when there is none."""
    try:
        stamp = json.loads((out / STAMP).read_bytes())
        current = active_id(out)
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and stamp.get("buildId") == current else {}


def _write(out: Path, stamp: Mapping[str, object]) -> None:
    with contextlib.suppress(OSError):  # only a note: without it the next build looks at everything
        (out / STAMP).write_text(json.dumps(stamp), encoding="utf-8")


def _build_state(build: Path, parts: Collection[str] | None = None) -> dict[str, str]:
    """Return the state of each route's directory, and of the manifest (""); or of some of these `parts`."""
    if parts is None:
        parts = ["", *(f"{kind}/{name}" for kind in _KINDS for name in _names_in(build / kind))]
    return {part: _state_of(build / part) if part else _manifest_state(build) for part in parts}


def _manifest_state(build: Path) -> str:
    try:
        status = (build / "manifest.json").stat()
    except OSError:
        return "none"
    return f"{status.st_size} {status.st_mtime_ns}"


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


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
                waiting.extend([entry.path] if entry.name != KEPT_OUT else [])
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
