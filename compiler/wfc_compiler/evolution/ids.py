"""Steps and workflows of the active build that the next one doesn't have: WFC701.

    step//app.steps//charge     renamed to `bill`, moved to another file, no longer decorated, or gone with its file

In: the manifest of the active build, the entries of the next one. Out: findings, each with the ids that it is about;
of a file that is gone there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from wfc.manifest import Manifest

from ..diagnostics import Diagnostic, Span
from ..emit.manifest import Entries
from .places import Places

_HELP = "keep name and module where others refer to the id"


@dataclass(frozen=True)
class _Definition:
    kind: str
    id: str
    file: str
    name: str

    @property
    def shown(self) -> str:
        return f"{self.kind} `{self.name}`"


def find_gone(before: Manifest, now: Entries, places: Places) -> Iterator[tuple[Sequence[str], Diagnostic]]:
    """Yield a finding per definition that is gone, one for all of a file that is gone."""
    there = _definitions(now)
    known = _definitions(Entries(before.steps, before.workflows))
    fresh = [item for id, item in there.items() if id not in known]
    files = sorted({item.file for item in there.values()})
    gone: dict[str, list[_Definition]] = {}
    for id, item in known.items():
        if id not in there:
            gone.setdefault(item.file, []).append(item)
    for file, items in gone.items():
        if file in files or places.exists(file):
            for item in items:
                yield [item.id], _one(item, fresh, places)
        elif files:
            yield [item.id for item in items], _whole_file(items, fresh, files[0], places)


def _definitions(entries: Entries) -> Mapping[str, _Definition]:
    steps = [
        _Definition("step", entry.step_id, file, name)
        for file, found in entries.steps.items()
        for name, entry in found.items()
    ]
    workflows = [
        _Definition("workflow", entry.workflow_id, file, name)
        for file, found in entries.workflows.items()
        for name, entry in found.items()
    ]
    return {item.id: item for item in (*steps, *workflows)}


def _one(item: _Definition, fresh: Sequence[_Definition], places: Places) -> Diagnostic:
    """Return the finding for a definition whose file is still there."""
    moved = [other for other in fresh if (other.kind, other.name) == (item.kind, item.name)]
    beside = [other for other in fresh if (other.kind, other.file) == (item.kind, item.file)]
    close = get_close_matches(item.name, [other.name for other in beside], 1)
    if moved:
        span, label = places.name_span(moved[0].file, item.name), f"moved here from `{item.file}`: another id"
    elif beside and (close or len(beside) == 1):
        name = close[0] if close else beside[0].name
        span, label = places.name_span(item.file, name), f"if `{item.name}` was renamed to this, it has another id"
    elif places.function(item.file, item.name) is not None:
        span, label = places.name_span(item.file, item.name), f"no longer a {item.kind}"
    else:
        span, label = Span(item.file, 1, 1, 1, 1), f"defined `{item.name}`"
    return Diagnostic("WFC701", f"{item.shown} of the previous build is gone", span, label=label, help=_HELP)


def _whole_file(items: Sequence[_Definition], fresh: Sequence[_Definition], entry: str, places: Places) -> Diagnostic:
    """Return the finding for a file that is gone; it is shown where its definitions are now, else at `entry`."""
    first = items[0]
    moved = [other for other in fresh if (other.kind, other.name) == (first.kind, first.name)]
    more = f" and {len(items) - 1} more" if len(items) > 1 else ""
    span, label = Span(entry, 1, 1, 1, 1), ""
    if moved:
        span, label = places.name_span(moved[0].file, first.name), f"moved here from `{first.file}`: another id"
    message = f"`{first.file}` of the previous build is gone, with {first.shown}{more}"
    return Diagnostic("WFC701", message, span, label=label, help=_HELP)
