"""Which modules are executed by importing a module: the answer for all modules at once.

    {"a": ["b"], "b": ["c"], "c": ["b"]}        a reaches b and c; b and c reach each other

Modules in one import cycle reach the same, so they share one set (Tarjan's components), and a set is an
integer with a bit per module: a thousand modules that import each other in a chain take a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


class Reachability:
    """The transitive closure of a graph; every node reaches itself."""

    def __init__(self, edges: Mapping[str, Sequence[str]]) -> None:
        self._bit = {name: 1 << position for position, name in enumerate(edges)}
        self._sets: dict[str, int] = {}
        self._close(edges)

    def reaches(self, start: str, target: str) -> bool:
        """Say whether `target` can be come to from `start`."""
        return bool(self._sets.get(start, 0) & self._bit.get(target, 0))

    def _close(self, edges: Mapping[str, Sequence[str]]) -> None:
        order: dict[str, int] = {}
        low: dict[str, int] = {}
        members: list[str] = []
        for root in edges:
            stack: list[tuple[str, Iterator[str]]] = []
            pending: str | None = None if root in order else root
            while pending is not None or stack:
                if pending is not None:
                    order[pending] = low[pending] = len(order)
                    members.append(pending)
                    stack.append((pending, iter(edges[pending])))
                    pending = None
                node, targets = stack[-1]
                for target in targets:
                    if target not in order:
                        pending = target
                        break
                    if target not in self._sets:
                        low[node] = min(low[node], order[target])
                else:
                    stack.pop()
                    if stack:
                        low[stack[-1][0]] = min(low[stack[-1][0]], low[node])
                    if low[node] == order[node]:
                        self._finish(members, node, edges)

    def _finish(self, members: list[str], first: str, edges: Mapping[str, Sequence[str]]) -> None:
        """Give all members of a component, which ends with `first` from behind, the set of what they reach."""
        position = len(members) - 1 - members[::-1].index(first)
        component = members[position:]
        del members[position:]
        found = 0
        for member in component:
            found |= self._bit[member]
            for target in edges[member]:
                found |= self._sets.get(target, 0)
        self._sets.update(dict.fromkeys(component, found))
