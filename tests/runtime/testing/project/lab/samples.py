"""What travels between workflows and steps, and what goes wrong."""

from dataclasses import dataclass

import pydantic


class Sample(pydantic.BaseModel):
    """Something to be measured."""

    name: str
    grams: float = 1.0


@dataclass(frozen=True)
class Reading:
    """What came of it."""

    name: str
    value: float


class BrokenScaleError(Exception):
    """The scale has to be repaired."""
