"""Take over the routes of the last build that would come out the same.

In: plans of routes, and the last build. Out: a key for each, and the routes that are as they were.

A route depends on its plan, on the text of the modules that it holds a part of, on the data files that go with
them, and on the settings. The last build's note (see `stamp`) has a key over all that for each of its routes; a
route whose key is the same now is neither lowered nor checked nor written: its files are linked into the new
build, and keep their times.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wfc.manifest import Manifest, StepEntry, WorkflowEntry

if TYPE_CHECKING:  # the last build is looked at by builds that need nothing else
    from ..discover import Program
    from ..slice import RoutePlan

KEPT_OUT = "__pycache__"
"""What importing a route leaves behind; it is no part of a build."""


@dataclass(frozen=True)
class SameRoute:
    """A route as the last build has it: its entry in the manifest, and its files below `folder`."""

    plan: RoutePlan
    entry: StepEntry | WorkflowEntry
    folder: Path


@dataclass(frozen=True)
class LastBuild:
    """An intact build on disk with the keys of its routes, by directory."""

    path: Path
    keys: Mapping[str, str]

    @cached_property
    def manifest(self) -> Manifest:
        """Return the build's manifest."""
        return Manifest.load(self.path / "manifest.json")

    def same(self, plan: RoutePlan, key: str) -> SameRoute | None:
        """Return the route when it would come out as it is."""
        if self.keys.get(plan.directory) != key:
            return None
        entry = self._entries.get(plan.id)
        return SameRoute(plan, entry, self.path / plan.directory) if entry is not None else None

    def with_digest(self, plan: RoutePlan, sha256: str) -> Path | None:
        """Return the folder of a route when it holds the very same files."""
        entry = self._entries.get(plan.id)
        same = entry is not None and entry.route.sha256 == sha256 and plan.directory in self.keys
        return self.path / plan.directory if same else None

    @cached_property
    def _entries(self) -> dict[str, StepEntry | WorkflowEntry]:
        found: dict[str, StepEntry | WorkflowEntry] = {}
        for steps in self.manifest.steps.values():
            found.update((entry.step_id, entry) for entry in steps.values())
        for workflows in self.manifest.workflows.values():
            found.update((entry.workflow_id, entry) for entry in workflows.values())
        return found


def files_below(folder: Path) -> Iterator[str]:
    """Yield the paths of a route's files, relative to its own directory."""
    waiting = [""]
    while waiting:
        inner = waiting.pop()
        for entry in os.scandir(f"{folder}/{inner}"):
            if entry.is_dir():
                waiting.extend([f"{inner}{entry.name}/"] if entry.name != KEPT_OUT else [])
            else:
                yield f"{inner}{entry.name}"


@dataclass
class RouteKeys:
    """Makes the keys of the routes of one program; each file is hashed once."""

    program: Program
    settings: str
    _digests: dict[str, str] = field(default_factory=dict)

    def key(self, plan: RoutePlan) -> str:
        """Return a digest over all that a route depends on."""
        total = hashlib.sha256(self.settings.encode())
        total.update(repr((plan.kind, plan.id, plan.module, plan.name, plan.slug, plan.first, plan.also)).encode())
        for name, part in sorted(plan.slices.items()):
            source = self.program.modules[name].source
            total.update(f"\0{name}\0{source.relpath}\0{self._digest(name)}\0{part.kept!r}".encode())
        for path in plan.data_files:
            data = (self.program.project.root / path).read_bytes()
            total.update(f"\0{path}\0{hashlib.sha256(data).hexdigest()}".encode())
        return total.hexdigest()[:32]

    def _digest(self, name: str) -> str:
        if name not in self._digests:
            self._digests[name] = hashlib.sha256(self.program.modules[name].source.data).hexdigest()
        return self._digests[name]
