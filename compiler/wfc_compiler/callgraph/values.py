"""What reaches what: functions that run in a workflow (FLOW) or in a step, and how they get there.

`reach.build_call_graph` makes these; the rules read them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

from ..binder import Module
from ..diagnostics import Hop
from ..discover import FunctionNode
from ..syntax import children

_Node = TypeVar("_Node", bound=ast.AST)


@dataclass(frozen=True, eq=False)
class Function:
    """A first-party function or method; `dotted` is `app.prices.rate` or `app.prices.Book.rate`."""

    dotted: str
    module: Module
    node: FunctionNode

    def body_nodes(self) -> Iterator[ast.AST]:
        """Yield every node that runs when the function runs, functions inside it included."""
        waiting: list[ast.AST] = list(reversed(self.node.body))
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(children(node)))

    def of_type(self, kind: type[_Node]) -> Sequence[_Node]:
        """Return the nodes of one type in the body, in order; the body is walked once for all who ask."""
        return cast("Sequence[_Node]", self._by_type.get(kind, ()))

    @cached_property
    def _by_type(self) -> Mapping[type[ast.AST], Sequence[ast.AST]]:
        found: dict[type[ast.AST], list[ast.AST]] = {}
        for node in self.body_nodes():
            found.setdefault(type(node), []).append(node)
        return found

    @cached_property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        """Return the parent of every node in the body."""
        found: dict[ast.AST, ast.AST] = dict.fromkeys(self.node.body, self.node)
        for node in self.body_nodes():
            for child in children(node):
                found[child] = node
        return found


@dataclass(frozen=True, eq=False)
class Call:
    """A call in a reached function and what it calls, where that is known."""

    node: ast.Call
    callee: str | None


@dataclass(frozen=True, eq=False)
class Lead:
    """A place in a reached function that leads into another first-party function, by its dotted name."""

    node: ast.expr
    to: str


@dataclass(frozen=True, eq=False)
class Reached:
    """A function in a region, with the shortest way to it from the first root that reaches it.

    `root` is the id of a workflow or step, `chain` the calls from its body to this function, empty
    for the root itself. `leads` are the functions that it goes on to, and the steps (in a step: workflows) where
    following ends.
    """

    function: Function
    root: str
    chain: tuple[Hop, ...]
    calls: tuple[Call, ...]
    leads: tuple[Lead, ...] = ()

    @cached_property
    def callees(self) -> Mapping[ast.Call, str | None]:
        """Return what each call in the body calls, where that is known."""
        return {call.node: call.callee for call in self.calls}

    @property
    def is_root(self) -> bool:
        """Say whether this is the workflow or step itself."""
        return not self.chain


@dataclass(frozen=True)
class CallGraph:
    """The two regions; each function once per region, in order of discovery.

    `unresolved` counts the calls in workflow code that can't be resolved, by function.
    """

    flow: tuple[Reached, ...]
    step: tuple[Reached, ...]
    unresolved: Mapping[str, int]
