"""The manifest of a build: what the compiler writes and the runtime reads.

Comes in: `manifest.json` of a build directory. Goes out: frozen values with the names of that file (which
extends the Workflow SDK's manifest 1.0.0), and look-ups by id. The compiler makes the same values and dumps them, so
the two sides can't drift apart. Serialised keys are camelCase; unknown keys of other generators are ignored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import to_json

from .errors import ConfigError, StepNotRegisteredError

FORMAT = "1.0.0"


class _Value(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")


class Route(_Value):
    """Where a route is, and what it holds. `path` is relative to the build's directory."""

    path: str
    files: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    sha256: str

    @property
    def slug(self) -> str:
        """The name of the route's directory."""
        return self.path.split("/")[-2]

    @property
    def package(self) -> str:
        """The unique import name of the route's tree; a leading underscore keeps it out of star imports."""
        return f"_r_{self.slug}_{self.sha256[:12]}"


class Source(_Value):
    """The lines of a definition in its file, from its first decorator to the end of its body, from 1."""

    line: int
    end_line: int


class RetryPolicy(_Value):
    """How long to wait before each further attempt: `initial * factor**n`, at most `max`, in seconds."""

    initial_seconds: float = 1.0
    factor: float = 2.0
    max_seconds: float = 60.0
    jitter: bool = True


class StepEntry(_Value):
    """A step of the build."""

    step_id: str
    route: Route
    source: Source
    max_retries: int = 3
    timeout_seconds: float | None = None
    cancellable: bool = False
    retry: RetryPolicy = RetryPolicy()
    input: dict[str, Any] = Field(default_factory=dict)
    output: dict[str, Any] = Field(default_factory=dict)


class WorkflowEntry(_Value):
    """A workflow of the build; `steps` are the ids that its flow can call, `hooks` its hook classes."""

    workflow_id: str
    fingerprint: str
    route: Route
    source: Source
    graph: dict[str, Any] = Field(default_factory=lambda: {"nodes": [], "edges": []})
    input: dict[str, Any] = Field(default_factory=dict)
    output: dict[str, Any] = Field(default_factory=dict)
    steps: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()


class Manifest(_Value):
    """All of a build, steps and workflows by source file, then by qualified name.

    `pin` keeps its runs on it; with `isolate` its step routes share no modules.
    """

    version: str = FORMAT
    generator: str
    build_id: str
    python: str
    pin: bool = False
    isolate: bool = False
    steps: Mapping[str, Mapping[str, StepEntry]] = Field(default_factory=dict)
    workflows: Mapping[str, Mapping[str, WorkflowEntry]] = Field(default_factory=dict)
    classes: Mapping[str, Any] = Field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Manifest:
        """Read a manifest; raise ConfigError when it is missing or not one that this wfc can read."""
        try:
            data = json.loads(path.read_bytes())
        except FileNotFoundError:
            raise ConfigError(f"there is no build at {path.parent}; run `wfc build`") from None
        except ValueError as error:
            raise ConfigError(f"{path} is not JSON ({error}); run `wfc build` again") from error
        found = data.get("version") if isinstance(data, dict) else None
        if found != FORMAT:
            raise ConfigError(
                f"{path} has manifest version {found!r}; this wfc reads {FORMAT!r}: run `wfc build` again"
            )
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ConfigError(
                f"{path} is no manifest that this wfc can read; run `wfc build` again: {error}"
            ) from error

    def dump(self) -> bytes:
        """Serialise with sorted keys: the same build gives the same bytes on any machine."""
        # `json` indents in Python, which takes longer than all the rest of writing a big build.
        return to_json(_sorted(self.model_dump(mode="json", by_alias=True)), indent=2) + b"\n"

    def digest(self) -> str:
        """Return a digest over the whole manifest: the same for the same build on any machine."""
        data = self.model_dump(mode="json", by_alias=True)
        return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @cached_property
    def _steps_by_id(self) -> dict[str, StepEntry]:
        return {entry.step_id: entry for file in self.steps.values() for entry in file.values()}

    def step(self, step_id: str) -> StepEntry:
        """Return the step with this id; StepNotRegisteredError when the build has none."""
        try:
            return self._steps_by_id[step_id]
        except KeyError:
            raise StepNotRegisteredError(
                f"build {self.build_id} has no step {step_id!r}; was its directory changed by hand? `wfc build` again"
            ) from None

    def workflow_entries(self) -> Iterator[tuple[str, WorkflowEntry]]:
        """Every workflow with the file it is in, in the manifest's order."""
        for file, entries in self.workflows.items():
            for entry in entries.values():
                yield file, entry

    def workflow(self, workflow_id: str) -> WorkflowEntry:
        """Return the workflow with this id; ConfigError when the build has none."""
        for _, entry in self.workflow_entries():
            if entry.workflow_id == workflow_id:
                return entry
        raise ConfigError(
            f"build {self.build_id} has no workflow {workflow_id!r}; `wfc build` again, and see what `wfc check` finds"
        )


def _sorted(value: Any) -> Any:
    """Return JSON data with the keys of all objects in order."""
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value
