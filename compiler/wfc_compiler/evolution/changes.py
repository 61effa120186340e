"""Compare the active build with the next one: what is gone, what comes in another order, what has to be passed.

In: the manifest of the active build, and the entries of the next one, made or not. Out: a finding for each difference
that someone may depend on, with the workflows whose runs it concerns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from wfc.manifest import Manifest, WorkflowEntry

from ..diagnostics import Diagnostic
from ..emit.manifest import GENERATOR, Entries
from .ids import find_gone
from .order import find_reordered
from .parameters import find_parameters
from .places import Places

CODES = frozenset({"WFC701", "WFC702", "WFC703"})


def find_changes(before: Manifest, now: Entries, places: Places) -> Iterator[Diagnostic]:
    """Yield what is different from the active build."""
    callers = _callers(before)
    for ids, found in find_gone(before, now, places):
        yield _concerning(found, (workflow for id in ids for workflow in callers.get(id, ())))
    old = {entry.workflow_id: entry for _, entry in before.workflow_entries()}
    changed = [entry for entry in _workflows(now) if _has_changed(old.get(entry.workflow_id), entry)]
    if before.generator == GENERATOR:  # another version may draw the same workflow in another way
        for entry in changed:
            for found in find_reordered(old[entry.workflow_id], entry, now, places):
                yield _concerning(found, [entry.workflow_id])
    # What a run passes to a step is fixed by its workflow: where that is as it was, nothing can go wrong.
    unsafe = {entry.workflow_id for entry in changed}
    for id, found in find_parameters(before, now, places):
        workflows = [id] if id in old else [workflow for workflow in callers.get(id, ()) if workflow in unsafe]
        if workflows:
            yield _concerning(found, workflows)


def _callers(before: Manifest) -> Mapping[str, tuple[str, ...]]:
    """Return the workflows that may call each step, each workflow its own."""
    found: dict[str, tuple[str, ...]] = {}
    for _, entry in before.workflow_entries():
        found[entry.workflow_id] = (entry.workflow_id,)
        for step in entry.steps:
            found[step] = (*found.get(step, ()), entry.workflow_id)
    return found


def _workflows(now: Entries) -> list[WorkflowEntry]:
    return [entry for entries in now.workflows.values() for entry in entries.values()]


def _has_changed(old: WorkflowEntry | None, entry: WorkflowEntry) -> bool:
    return old is not None and old.fingerprint != entry.fingerprint


def _concerning(found: Diagnostic, workflows: Iterable[str]) -> Diagnostic:
    return replace(found, in_flight=tuple(sorted(set(workflows))))
