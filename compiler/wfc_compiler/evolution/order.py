"""Durable calls that come in another order than in the active build: WFC702.

    await charge()              await reserve()         a run that has charged would ask for `charge` again
    await ship()                await charge()
                                await ship()

The graph of a workflow says which durable call may come after which. What the old one could have done so far, the new
one must be able to do as well: then it has only grown, at its end or by branches of its own. Both are walked side by
side, the new one with all places where it may be by then.

In: two entries of one workflow. Out: the first place where the old one goes on as the new one can't.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wfc.manifest import WorkflowEntry

from ..diagnostics import Diagnostic
from ..emit.manifest import Entries
from .places import Places

_MOST_STATES = 20_000
_DURABLE = frozenset({"step", "primitive"})


@dataclass(frozen=True)
class _Call:
    """A durable call: what it is, and how it is written in a message."""

    key: str
    label: str
    step_id: str | None = None


@dataclass(frozen=True)
class Parting:
    """Where two graphs part: after which call, what the old one has there, and what the new one.

    `is_gone` says that the new one has the old call nowhere.
    """

    after: _Call | None
    old: _Call
    new: tuple[_Call, ...]
    is_gone: bool


def find_reordered(before: WorkflowEntry, now: WorkflowEntry, entries: Entries, places: Places) -> Iterator[Diagnostic]:
    """Yield a finding where runs of the old workflow couldn't go on with the new one."""
    parting = parting_of(before.graph, now.graph)
    steps = {entry.step_id for found in entries.steps.values() for entry in found.values()}
    if parting is None or (parting.old.step_id is not None and parting.old.step_id not in steps):
        return  # of a step that is gone WFC701 tells
    file, name = next(
        (file, name)
        for file, found in entries.workflows.items()
        for name, entry in found.items()
        if entry.workflow_id == now.workflow_id
    )
    old, new = parting.old.label, parting.new[0].label if parting.new else ""
    message = f"durable calls of workflow `{name}` come in another order"
    yield Diagnostic(
        "WFC702",
        f"workflow `{name}` no longer calls `{old}`" if parting.is_gone else message,
        places.call_span(file, name, new or old),
        label=_in_words(parting),
        help=f"keep the call of `{old}` where it was" if parting.is_gone else f"call `{new}` behind `{old}`",
    )


def _in_words(parting: Parting) -> str:
    place = f"after `{parting.after.label}`" if parting.after else "at the start"
    new = " or ".join(f"`{call.label}`" for call in parting.new[:2]) or "the end"
    return f"{place} comes {new} now, where `{parting.old.label}` came before"


class _Graph:
    """A graph of the manifest, with decisions left out: which durable calls come first, and which after each."""

    def __init__(self, graph: Mapping[str, Any]) -> None:
        self.calls = {
            node["id"]: _Call(
                node["data"].get("stepId") or node["data"]["label"], node["data"]["label"], node["data"].get("stepId")
            )
            for node in graph["nodes"]
            if node["type"] in _DURABLE
        }
        # What isn't looked into for its size may hold anything.
        self.is_whole = not any(node.get("metadata", {}).get("truncated") for node in graph["nodes"])
        self._ways: dict[str, list[str]] = {}
        for edge in graph["edges"]:
            self._ways.setdefault(edge["source"], []).append(edge["target"])
        self._next: dict[str, tuple[str, ...]] = {}

    def after(self, node: str) -> Sequence[str]:
        """Return the durable calls that may come next."""
        if node not in self._next:
            found: dict[str, None] = {}
            seen, waiting = {node}, deque(self._ways.get(node, ()))
            while waiting:
                target = waiting.popleft()
                if target in self.calls:
                    found[target] = None
                elif target not in seen:
                    seen.add(target)
                    waiting.extend(self._ways.get(target, ()))
            self._next[node] = tuple(found)
        return self._next[node]


def parting_of(before: Mapping[str, Any], now: Mapping[str, Any]) -> Parting | None:
    """Walk two graphs side by side, breadth first; return the first place where the old one goes on alone."""
    old, new = _Graph(before), _Graph(now)
    if not (old.is_whole and new.is_whole):
        return None
    start = ("start", frozenset({"start"}))
    seen, waiting = {start}, deque([start])
    while waiting and len(seen) < _MOST_STATES:
        node, places = waiting.popleft()
        following = [other for place in sorted(places) for other in new.after(place)]
        for target in old.after(node):
            same = frozenset(other for other in following if new.calls[other].key == old.calls[target].key)
            if not same:
                others = {new.calls[other].key: new.calls[other] for other in following}
                is_gone = all(call.key != old.calls[target].key for call in new.calls.values())
                return Parting(old.calls.get(node), old.calls[target], tuple(others.values()), is_gone)
            if (target, same) not in seen:
                seen.add((target, same))
                waiting.append((target, same))
    return None
