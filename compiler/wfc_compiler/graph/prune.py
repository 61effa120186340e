"""Turn a drawing into a graph: joints taken out, decisions that decide nothing taken out, ids given.

    a -> (joint) -> b, c        a -> b, a -> c

A decision stays when something durable depends on it: when its branches lead to different places. A joint
stays, as a node of its own, where taking it out would make hundreds of edges of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .drawing import Drawing, Line, Mark, Region
from .values import Edge, EdgeType, Graph, Node

_MOST_CROSSINGS = 100


def finish(drawing: Drawing) -> Graph:
    """Return the graph of a drawing; its first mark is the start, its last one the end."""
    net = _Net(drawing)
    for number in reversed(range(len(drawing.marks))):
        if drawing.marks[number].type is None:
            net.take_out(number)
    while net.drop_decisions():
        pass
    net.drop_unreachable()
    net.drop_implied()
    return _named(drawing, net)


class _Net:
    """The lines by both ends, so that a node can be taken out."""

    def __init__(self, drawing: Drawing) -> None:
        self.marks = drawing.marks
        self.outgoing: dict[int, dict[tuple[int, str | None], Line]] = defaultdict(dict)
        self.incoming: dict[int, dict[tuple[int, str | None], Line]] = defaultdict(dict)
        self.alive = dict.fromkeys(range(len(drawing.marks)))
        for line in drawing.lines.values():
            self.add(line)

    def add(self, line: Line) -> None:
        """Add a line, unless there is one like it."""
        known = self.outgoing[line.source].get((line.target, line.label))
        if known is None or (known.type == "default" and line.type != "default"):
            self.outgoing[line.source][line.target, line.label] = line
            self.incoming[line.target][line.source, line.label] = line

    def take_out(self, number: int, *, labels: bool = True) -> None:
        """Take out a node: what led to it leads to what it led to."""
        arriving = [line for line in self.incoming[number].values() if line.source != number]
        leaving = [line for line in self.outgoing[number].values() if line.target != number]
        if not labels:
            branches = self.marks[number].metadata["branches"]
            leaving = [replace(line, label=_split(line, branches)[1], type=_plain(line.type)) for line in leaving]
        if len(arriving) * len(leaving) > _MOST_CROSSINGS and min(len(arriving), len(leaving)) > 2:
            self._keep(number)
            return
        self.remove(number)
        for first in arriving:
            for second in leaving:
                self.add(self._through(number, first, second))

    def remove(self, number: int) -> None:
        """Remove a node with its lines."""
        for line in self.incoming.pop(number, {}).values():
            self.outgoing[line.source].pop((number, line.label), None)
        for line in self.outgoing.pop(number, {}).values():
            self.incoming[line.target].pop((number, line.label), None)
        self.alive.pop(number, None)

    def _keep(self, number: int) -> None:
        mark = self.marks[number]
        mark.type, mark.label, mark.metadata = "primitive", "join", {"joins": True}
        for key, line in list(self.outgoing[number].items()):
            if line.target == number:
                del self.outgoing[number][key]
                del self.incoming[number][number, line.label]

    def _through(self, number: int, first: Line, second: Line) -> Line:
        labels = list(dict.fromkeys(label for label in (first.label, second.label) if label))
        kinds = {first.type, second.type}
        around = self.marks[number].regions
        loops = first.type == "loop" and around == self.marks[second.target].regions[: len(around)]
        kind: EdgeType = "default"
        if second.type == "loop" or loops:
            kind = "loop"
        elif "conditional" in kinds:
            kind = "conditional"
        elif "parallel" in kinds:
            kind = "parallel"
        return Line(first.source, second.target, kind, ", ".join(labels) or None)

    # --- decisions

    def drop_decisions(self) -> bool:
        """Take out decisions all of whose branches lead to the same; say whether there were any."""
        found = False
        for number in reversed(list(self.alive)):
            if self.marks[number].type == "conditional" and self._decides_nothing(number):
                self.take_out(number, labels=False)
                found = True
        return found

    def _decides_nothing(self, number: int) -> bool:
        branches = self.marks[number].metadata["branches"]
        direct: dict[str, set[tuple[int, str | None]]] = {name: set() for name in branches}
        waiting: set[str] = set()  # branches that come back here without having done anything
        for line in self.outgoing[number].values():
            branch, rest = _split(line, branches)
            if line.target == number:
                waiting.add(branch)
            else:
                direct[branch].add((line.target, rest))
        found = list(direct.values())
        if all(targets == found[0] for targets in found):
            return True
        reached = [
            self._reached(number, [target for target, _ in targets])
            for branch, targets in direct.items()
            if targets or branch not in waiting
        ]
        return all(places == reached[0] and len(places) <= 1 for places in reached)

    def _reached(self, number: int, targets: Iterable[int]) -> set[int]:
        """Return the nodes that are come to without passing another one, decisions aside."""
        pending, seen = list(targets), {number}
        found = set()
        while pending:
            target = pending.pop()
            if target in seen:
                continue
            seen.add(target)
            if self.marks[target].type == "conditional":
                pending += [line.target for line in self.outgoing[target].values()]
            else:
                found.add(target)
        return found

    def drop_unreachable(self) -> None:
        """Remove what no way from the start leads to."""
        pending, seen = [0], {0}
        while pending:
            for line in self.outgoing[pending.pop()].values():
                if line.target not in seen:
                    seen.add(line.target)
                    pending.append(line.target)
        for number in [number for number in self.alive if number not in seen and number != len(self.marks) - 1]:
            self.remove(number)

    def drop_implied(self) -> None:
        """Remove "raise" lines to the end beside plain ones: what ends a workflow may always have failed."""
        end = len(self.marks) - 1
        for line in list(self.incoming[end].values()):
            plain = (line.source, None) in self.incoming[end] and self.marks[line.source].type != "conditional"
            if plain and line.label is not None:
                self.outgoing[line.source].pop((end, line.label))
                self.incoming[end].pop((line.source, line.label))


def _plain(type: EdgeType) -> EdgeType:
    return "default" if type == "conditional" else type


def _split(line: Line, branches: Sequence[str]) -> tuple[str, str | None]:
    """Return which branch a line of a decision is on, and what its label says besides: what is raised there."""
    label = line.label or ""
    for name in branches:
        if label == name:
            return name, None
        if label.startswith(f"{name}, "):
            return name, label.removeprefix(f"{name}, ")
    raise AssertionError(f"{label} is on none of {branches}")


# --- names


def _named(drawing: Drawing, net: _Net) -> Graph:
    ids: dict[int, str] = {}
    counts: dict[str, int] = defaultdict(int)

    def next_id(kind: str) -> str:
        counts[kind] += 1
        return f"{kind}_{counts[kind] - 1}"

    last = len(drawing.marks) - 1
    for number in sorted(net.alive):
        if drawing.marks[number].type == "conditional":
            ids[number] = next_id("cond") + "_node"
        else:
            ids[number] = {0: "start", last: "end"}.get(number) or next_id("node")
    regions: dict[Region, str] = {}
    for number in sorted(net.alive):
        for region in drawing.marks[number].regions:
            if region not in regions:
                regions[region] = next_id("loop" if region.kind == "loop" else "parallel")
    nodes = [_node(drawing.marks[number], identity, ids, regions) for number, identity in ids.items()]
    edges: dict[str, Edge] = {}
    for number in ids:
        for line in net.outgoing[number].values():
            edge = _edge(line, ids)
            while edge.id in edges:  # two labels that differ in what an id can't hold
                edge = replace(edge, id=f"{edge.id}_")
            edges[edge.id] = edge
    return Graph(tuple(nodes), tuple(edges.values()), {name: region.kind for region, name in regions.items()})


def _node(mark: Mark, identity: str, ids: Mapping[int, str], regions: Mapping[Region, str]) -> Node:
    assert mark.type is not None
    metadata: dict[str, Any] = {}
    for region in mark.regions:
        if region.kind == "loop":
            metadata |= {"loopId": regions[region], "loopIsAwait": region.is_await}
        else:
            metadata |= {"parallelGroupId": regions[region], "parallelMethod": region.kind}
    if mark.branch is not None and mark.branch[0] in ids:
        metadata["conditionalId"] = ids[mark.branch[0]].removesuffix("_node")
        metadata["conditionalBranch"] = "Then" if mark.branch[1] == "true" else "Else"
    metadata |= {key: value for key, value in mark.metadata.items() if key != "branches"}
    return Node(identity, mark.type, mark.label, mark.step_id, metadata, tuple(regions[item] for item in mark.regions))


def _edge(line: Line, ids: Mapping[int, str]) -> Edge:
    source, target = ids[line.source], ids[line.target]
    identity = f"e_{source}_back_{target}" if line.type == "loop" else f"e_{source}_{target}"
    if line.label is not None and line.type != "loop":
        identity += "_" + "".join(char if char.isalnum() else "_" for char in line.label)
    return Edge(identity, source, target, line.type, line.label)
