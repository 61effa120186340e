"""What slicing hands on: per route, which statements of which modules it needs.

Made by `slice.plan_routes`; read by `lower`, which turns each `ModuleSlice` into text, and by `emit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ..diagnostics import Diagnostic

if TYPE_CHECKING:  # it works on these values
    from .analysis import Analysis


@dataclass(frozen=True)
class Kept:
    """One top-level statement that a route needs.

    `aliases` holds the positions of the names that stay in an import (None: all of them); `star` the
    names that stand in for `*`; `stub` says that the function's body is not part of the route.
    """

    index: int
    aliases: tuple[int, ...] | None = None
    star: tuple[str, ...] | None = None
    stub: bool = False


@dataclass(frozen=True)
class ModuleSlice:
    """What a route needs of one module, in source order. `whole` is the reason when that is all of it."""

    module: str
    kept: tuple[Kept, ...] = ()
    whole: str | None = None


@dataclass(frozen=True)
class Reached:
    """The closure of one route: its slices, and the places that have something to be said about.

    `unknown` are statements kept for an unknown effect, `resources` those that read files beside their
    module, `imported_by_name` those that import by a name made at run time; `without_source` are imported names of
    the project that no Python file supplies: extension modules, perhaps.
    """

    slices: Mapping[str, ModuleSlice]
    unknown: frozenset[tuple[str, int]] = frozenset()
    resources: tuple[tuple[str, int], ...] = ()
    imported_by_name: tuple[tuple[str, int, str], ...] = ()
    without_source: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoutePlan:
    """One route: its definition and the slices of the modules that it reaches, by dotted name.

    A parent package without an `__init__.py` of its own has no slice. `data_files` are project
    relative paths to copy; `first` the modules to import before all others (see `cycles`),
    `also` those that nothing imports and whose exceptions a flow may meet.
    """

    kind: Literal["step", "flow"]
    id: str
    module: str
    name: str
    slug: str
    slices: Mapping[str, ModuleSlice]
    data_files: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def directory(self) -> str:
        """Return where the route goes, relative to the build."""
        return f"{self.kind}s/{self.slug}"


@dataclass(frozen=True)
class Plan:
    """All routes of a build, sorted by kind and id, and what slicing has to say about them.

    `reads_files` says that files beside the code matter, too: data that routes read, compiled modules.
    `analysis` is what the routes were planned with, for the next build.
    """

    routes: tuple[RoutePlan, ...]
    diagnostics: tuple[Diagnostic, ...] = field(default=())
    reads_files: bool = False
    analysis: Analysis | None = field(default=None, repr=False, compare=False)
