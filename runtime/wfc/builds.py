"""Builds on disk: which one is current, and the routes of those that runs belong to.

Comes in: a project's output folder (`.wfc`). Goes out: manifests and loaded routes, each loaded once per process.
Several builds can be in use at once, since a run stays with the build that started it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ConfigError
from .loading import load_route
from .manifest import Manifest, Route

if TYPE_CHECKING:
    from .flow import FlowRoute
    from .route import StepRoute


class Build:
    """One build directory."""

    def __init__(self, directory: Path, root: Path) -> None:
        self.directory = directory
        self.manifest = Manifest.load(directory / "manifest.json")
        self._root = root
        self._flows: dict[str, FlowRoute] = {}
        self._steps: dict[str, StepRoute] = {}

    def flow(self, workflow_id: str) -> FlowRoute:
        """Return a workflow's flow, imported at the first use. Raises what importing the user's code raises."""
        if workflow_id not in self._flows:
            self._flows[workflow_id] = self._load(self.manifest.workflow(workflow_id).route, shares=False)
        return self._flows[workflow_id]

    def step(self, step_id: str) -> StepRoute:
        """Return a step's route, imported at the first use. Raises what importing the user's code raises."""
        if step_id not in self._steps:
            self._steps[step_id] = self._load(self.manifest.step(step_id).route, shares=not self.manifest.isolate)
        return self._steps[step_id]

    def _load(self, route: Route, *, shares: bool) -> Any:
        return load_route(route.package, (self.directory / route.path).parent, self._root, shares=shares)


class Builds:
    """All builds of a project. `root` is the folder that holds the user's sources."""

    def __init__(self, out: Path, root: Path) -> None:
        self.out = out
        self.root = root
        self._builds: dict[str, Build] = {}
        self._successors: dict[tuple[str, str, str], bool] = {}
        self._seen: str | None = None
        self._pointer = out / "current"

    def current_id(self) -> str:
        """Return the active build's id; ConfigError when nothing was built."""
        try:
            # A worker asks for each run that it takes up: `read_text` takes three times as long. Times and sizes of the
            # file tell nothing of an edit within the same tick of the file system's clock.
            fd = os.open(self._pointer, os.O_RDONLY | os.O_CLOEXEC)
            try:
                return os.read(fd, 4096).decode(errors="replace").strip()
            finally:
                os.close(fd)
        except FileNotFoundError:
            raise ConfigError(f"nothing is built in {self.out}; run `wfc build` first") from None

    def has_another_current(self) -> bool:
        """Has another build become the active one since this was asked last? The first time it is no news."""
        try:
            before, self._seen = self._seen, self.current_id()
        except ConfigError:
            return False
        return before not in (None, self._seen)

    def get(self, build_id: str) -> Build:
        """Return a build; ConfigError when its files are gone."""
        if build_id not in self._builds:
            self._builds[build_id] = Build(self.out / "builds" / build_id, self.root)
        return self._builds[build_id]

    def successor(self, build_id: str, workflow_id: str) -> str:
        """Return the build that goes on with a run of this workflow: the active one, where it may, else its own.

        It may where its fingerprint for the workflow is the same, and neither build keeps its runs (`pin`).
        """
        try:
            current = self.current_id()
            if current == build_id:
                return build_id
            known = (build_id, current, workflow_id)
            if known not in self._successors:
                self._successors[known] = self._may_move(*known)
            return current if self._successors[known] else build_id
        except ConfigError:  # a build or the workflow is gone: where it matters, the run says so when it is replayed
            return build_id

    def _may_move(self, build_id: str, current: str, workflow_id: str) -> bool:
        before, after = self.get(build_id).manifest, self.get(current).manifest
        if before.pin or after.pin:
            return False
        return before.workflow(workflow_id).fingerprint == after.workflow(workflow_id).fingerprint

    def current(self) -> Build:
        """Return the active build."""
        return self.get(self.current_id())
