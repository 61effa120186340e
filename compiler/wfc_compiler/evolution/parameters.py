"""Parameters of steps and workflows that callers of the active build can't rely on any more: WFC703.

    async def order(topic)          async def order(subject)            renamed
    async def order(topic, lang)    async def order(topic)              no longer taken
    async def order(topic, lang=1)  async def order(topic, lang)        needed now

In: the manifest of the active build, the entries of the next one. Out: findings with the id of the step or workflow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wfc.manifest import Manifest

from ..diagnostics import Diagnostic
from ..emit.manifest import Entries
from .places import Places


@dataclass(frozen=True)
class _Signature:
    file: str
    name: str
    input: Mapping[str, Any]

    @property
    def taken(self) -> list[str]:
        return list(self.input.get("properties", {}))

    @property
    def required(self) -> list[str]:
        return list(self.input.get("required", ()))


def find_parameters(before: Manifest, now: Entries, places: Places) -> Iterator[tuple[str, Diagnostic]]:
    """Yield a finding per parameter."""
    known = _signatures(Entries(before.steps, before.workflows))
    for id, signature in _signatures(now).items():
        if id in known:
            for found in _compared(id.partition("//")[0], known[id], signature, places):
                yield id, found


def _signatures(entries: Entries) -> Mapping[str, _Signature]:
    found: dict[str, _Signature] = {}
    for file, steps in entries.steps.items():
        found.update((entry.step_id, _Signature(file, name, entry.input)) for name, entry in steps.items())
    for file, workflows in entries.workflows.items():
        found.update((entry.workflow_id, _Signature(file, name, entry.input)) for name, entry in workflows.items())
    return found


def _compared(kind: str, old: _Signature, new: _Signature, places: Places) -> Iterator[Diagnostic]:
    shown = f"{kind} `{new.name}`"
    any_name = bool(new.input.get("additionalProperties"))
    removed = [name for name in old.taken if name not in new.taken and not any_name]
    added = [name for name in new.taken if name not in old.taken]
    needed = [name for name in new.required if name not in old.required]
    if len(removed) == 1 and len(added) == 1:
        yield Diagnostic(
            "WFC703",
            f"parameter `{removed[0]}` of {shown} is `{added[0]}` now",
            places.parameter_span(new.file, new.name, added[0]),
            label=f"what was passed as `{removed[0]}` before",
            help=f"keep the name `{removed[0]}`, or take both for a while",
        )
        removed, needed = [], [name for name in needed if name != added[0]]
    for name in removed:
        yield Diagnostic(
            "WFC703",
            f"{shown} no longer takes `{name}`",
            places.name_span(new.file, new.name),
            label=f"refuses who still passes `{name}`",
            help=f"keep `{name}`, with a default, until nobody passes it",
        )
    for name in needed:
        yield Diagnostic(
            "WFC703",
            f"{shown} needs `{name}` now",
            places.parameter_span(new.file, new.name, name),
            label="refuses who doesn't pass it",
            help="give it a default",
        )
