"""What slicing works out over a whole program, in names and numbers alone, so that it can be kept for the next build.

In: an `Analysis` of a whole program. Out: `Known`, with which an `Analysis` answers for modules that it hasn't read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Place = tuple[str, int]
"""A module, and the index of a top-level statement."""


@dataclass(frozen=True)
class Known:
    """The import edges of every module, and the statements that change each definition.

    `consulted` names the definitions whose code was looked into for what it does at import, by module: as long
    as their text and the outlines of all modules stay the same, so does the rest.
    """

    edges: Mapping[str, tuple[str, ...]]
    changers: tuple[tuple[str, str, tuple[Place, ...]], ...]
    consulted: Mapping[str, tuple[str, ...]]
