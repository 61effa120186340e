"""Draw a graph while walking code: where the pen is, and what new nodes are inside of.

In: calls in the order of the code. Out: nodes and edges, which `prune` turns into a `Graph`.

The pen is a set of `Exit`s: the nodes after which the next one may come. Besides nodes that show there are
*joints*, places that many ways lead to and from (the head of a loop, the entry of a function); `prune` takes
them out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from .values import EdgeType, NodeType


@dataclass(frozen=True)
class Exit:
    """A node that the next node may follow, and what to write on the edge."""

    node: int
    type: EdgeType = "default"
    label: str | None = None


Pen = tuple[Exit, ...]


@dataclass(frozen=True)
class Region:
    """A loop or a parallel group: `kind` is "loop", or the group's method."""

    number: int
    kind: str
    is_await: bool = False


@dataclass
class Mark:
    """A node in the making; `type` is None for a joint."""

    type: NodeType | None
    label: str = ""
    step_id: str | None = None
    regions: tuple[Region, ...] = ()
    branch: tuple[int, str] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """An edge in the making."""

    source: int
    target: int
    type: EdgeType = "default"
    label: str | None = None


@dataclass
class Drawing:
    """A graph in the making. `shown` counts the nodes that stand for something durable."""

    marks: list[Mark] = field(default_factory=list)
    lines: dict[tuple[int, int, str | None], Line] = field(default_factory=dict)
    pen: Pen = ()
    shown: int = 0
    _regions: tuple[Region, ...] = ()
    _branch: tuple[int, str] | None = None
    _numbers: int = 0

    def add(self, type: NodeType | None, label: str = "", step_id: str | None = None, **metadata: Any) -> int | None:
        """Add a node where the pen is, and move the pen behind it; None where no way leads there."""
        if not self.pen and self.marks:
            return None
        number = len(self.marks)
        self.marks.append(Mark(type, label, step_id, self._regions, self._branch, metadata))
        self.connect(number)
        self.pen = (Exit(number),)
        self.shown += type is not None and type != "conditional"
        return number

    def close(self, type: NodeType, label: str) -> None:
        """Add the last node, which is there even if no way leads to it."""
        self.marks.append(Mark(type, label))
        self.connect(len(self.marks) - 1)

    def joint(self) -> int | None:
        """Add a joint where the pen is; return it."""
        return self.add(None)

    def joint_apart(self) -> int:
        """Add a joint that nothing leads to yet; return it."""
        self.marks.append(Mark(None, regions=self._regions))
        return len(self.marks) - 1

    def connect(self, target: int, type: EdgeType | None = None) -> None:
        """Draw edges from where the pen is to a node."""
        for exit in self.pen:
            line = Line(exit.node, target, type or exit.type, exit.label)
            self.lines.setdefault((line.source, line.target, line.label), line)

    def region(self, kind: str, *, is_await: bool = False) -> Region:
        """Return a new region, to be entered with `inside`."""
        self._numbers += 1
        return Region(self._numbers, kind, is_await)

    @contextmanager
    def inside(self, region: Region) -> Iterator[None]:
        """Put nodes that are added meanwhile into a region."""
        before = self._regions
        self._regions = (*before, region)
        try:
            yield
        finally:
            self._regions = before

    @contextmanager
    def on_branch(self, decision: int, branch: str) -> Iterator[None]:
        """Put nodes that are added meanwhile on a branch of a decision."""
        before = self._branch
        self._branch = (decision, branch)
        try:
            yield
        finally:
            self._branch = before

    def regroup(self, start: int, end: int, old: Region, new: Region) -> None:
        """Put the nodes of a range from one region into another: tasks that turn out to be gathered together."""
        for mark in self.marks[start:end]:
            mark.regions = tuple(new if region == old else region for region in mark.regions)


def join(*pens: Iterable[Exit]) -> Pen:
    """Return all exits of several pens, each once."""
    return tuple(dict.fromkeys(exit for pen in pens for exit in pen))


def labelled(pen: Pen, label: str) -> Pen:
    """Return exits whose edges say `label`, besides what they say already."""
    return tuple(replace(exit, label=f"{exit.label}, {label}" if exit.label else label) for exit in pen)


def parallel(pen: Pen) -> Pen:
    """Return exits that start something beside what goes on."""
    return tuple(replace(exit, type="parallel") if exit.type == "default" else exit for exit in pen)
