"""Which writes only keep a result for the next who asks: they do no harm where the result is the same for all runs.

    if key not in TABLE:                    harmless
        TABLE[key] = compute(key)
    if key not in TABLE:                    waits: a run that finds it there makes one durable call less
        TABLE[key] = await fetch(key)
    COUNT += 1                              changes

In: a write in a function. Out: what it does to other runs, as an `Effect`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from functools import cached_property

from ...binder import BindingKind
from ...callgraph import Reached
from ...syntax import BLOCKS
from ..base import Context
from .shared import Kind, Shared, own_attribute, parameter_at, shared_at
from .writes import Write

OF_THE_RUN = frozenset(
    f"wfc.{name}" for name in ("now", "time_ns", "random", "uuid4", "get_workflow_metadata", "get_writable")
)
"""What gives each run a value of its own."""
DRAWN = frozenset({"rewritten_clock", "rewritten_random"})
"""Kinds of library functions that lowering makes the run's own."""
_EXITS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_TESTED = (ast.If, ast.While, ast.IfExp)


_RESOLVE = {Kind.INSTANCE: own_attribute, Kind.PARAMETER: parameter_at}


class Effect(Enum):
    """What a write does to other runs, and to the replay."""

    HARMLESS = "harmless"
    WAITS = "waits"
    OF_THE_RUN = "of the run"
    CHANGES = "changes"


def effect_of(context: Context, reached: Reached, write: Write) -> Effect:
    """Say what a write does."""
    if write.value is None or write.shared.kind is Kind.LIBRARY:
        return Effect.CHANGES
    memo = _Memo(context, reached, write)
    region = memo.region()
    if region is None or memo.is_mark() or memo.is_argument() or memo.counts_on():
        return Effect.CHANGES
    if any(memo.waits(node) for node in region):
        return Effect.WAITS
    return Effect.OF_THE_RUN if memo.is_of_the_run() else Effect.HARMLESS


class _Memo:
    """The look at one write."""

    def __init__(self, context: Context, reached: Reached, write: Write) -> None:
        self.context = context
        self.reached = reached
        self.write = write
        self.parents = reached.function.parents

    def region(self) -> list[ast.AST] | None:
        """Return what runs only where nothing has been kept so far; None where nothing asks for that."""
        if isinstance(self.write.node, ast.Call):  # X.setdefault(key, value)
            return [self.write.node]
        value = self.write.value
        if isinstance(value, ast.BoolOp | ast.IfExp) and self._asks(value):  # X = X or value
            return [value]
        return self._guard_around() or self._guard_before()

    def is_mark(self) -> bool:
        """Say whether `SEEN[key] = True` tells who has been here; `_ready = True` tells that all is set up."""
        return self.write.is_item and isinstance(self.write.value, ast.Constant)

    def is_argument(self) -> bool:
        """Say whether `current = order` keeps what one run was given; by a key it is found by who asks for that."""
        value, module = self.write.value, self.reached.function.module
        if self.write.is_item or not isinstance(value, ast.Name):
            return False
        owner = module.scope_of(value).owner(module.name_of(value))
        bindings = owner.bindings[module.name_of(value)] if owner is not None else []
        return len(bindings) == 1 and bindings[0].kind is BindingKind.PARAMETER

    def counts_on(self) -> bool:
        """Say whether the new value is worked out from the old: `X[key] = X.get(key, 0) + 1`."""
        value = self.write.value
        if value is None or isinstance(value, ast.BoolOp | ast.IfExp | ast.Name):
            return False
        inside = set(ast.walk(value))
        names = {item.id for item in inside if isinstance(item, ast.Name)}
        return not inside.isdisjoint(self._mentions) or any(
            len(list(self._bound_to(name))) == 1 for name in names & self._carriers
        )

    def waits(self, node: ast.AST) -> bool:
        """Say whether code makes durable calls."""
        inside = set(ast.walk(node))
        return any(call.node in inside and self.context.functions.waits(call) for call in self.reached.calls)

    def is_of_the_run(self) -> bool:
        """Say whether what is kept is the run's own: its clock, its chance, its ids."""
        inside = {node for value in self._made_of() for node in ast.walk(value)}
        for call in self.reached.calls:
            if call.node in inside and call.callee is not None:
                if call.callee in OF_THE_RUN or self.context.kind(call) in DRAWN:
                    return True
                facts = self.context.functions.facts(call.callee)
                if facts is not None and not DRAWN.isdisjoint(facts.impure):
                    return True
        return False

    def _made_of(self) -> Iterator[ast.expr]:
        """Yield the value, and what the local variable holds that it is."""
        value = self.write.value
        if value is not None:
            yield value
        if isinstance(value, ast.Name):
            yield from self._bound_to(value.id)

    def _guard_around(self) -> list[ast.AST] | None:
        node: ast.AST = self.write.node
        while node in self.parents:
            inner, node = node, self.parents[node]
            if isinstance(node, _TESTED) and self._asks(node.test):
                return [*node.body, *node.orelse] if isinstance(node, ast.If | ast.While) else [node]
            if isinstance(node, ast.Match) and self._asks(node.subject):
                return [*node.cases]
            if isinstance(node, ast.Try) and isinstance(inner, ast.ExceptHandler) and self._ask(node.body):
                return [inner]
        return None

    def _guard_before(self) -> list[ast.AST] | None:
        """Return what follows `if key in X: return X[key]`, or a `try` that returns it, in the same block."""
        node: ast.AST = self.write.node
        while node in self.parents:
            above = self.parents[node]
            for block in _blocks(above):
                if node in block:
                    before = block[: block.index(node)]
                    for index, statement in enumerate(before):
                        if self._answers(statement):
                            return [*before[index + 1 :], node]
            node = above
        return None

    def _answers(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.If(test=test, body=[*_, last]):
                return isinstance(last, _EXITS) and self._asks(test)
            case ast.Try(body=[*_, ast.Return()] as body):
                return self._ask(body)
        return False

    # --- what is asked

    def _ask(self, nodes: list[ast.stmt]) -> bool:
        return any(self._asks(node) for node in nodes)

    def _asks(self, node: ast.AST) -> bool:
        """Say whether code reads the shared object, or a variable that was read from it."""
        inside = set(ast.walk(node))
        return not inside.isdisjoint(self._mentions) or any(
            isinstance(item, ast.Name) and item.id in self._carriers for item in inside
        )

    @cached_property
    def _mentions(self) -> frozenset[ast.AST]:
        """Return where the function reads the shared object."""
        function, found = self.reached.function, set()
        resolve = _RESOLVE.get(self.write.shared.kind, shared_at)
        nodes: list[ast.Name | ast.Attribute] = [*function.of_type(ast.Name), *function.of_type(ast.Attribute)]
        for node in nodes:
            if isinstance(node.ctx, ast.Load) and self._is_it(resolve(self.context, function.module, node)):
                found.add(node)
        return frozenset(found)

    def _is_it(self, shared: Shared | None) -> bool:
        return shared is not None and shared.key == self.write.shared.key

    @cached_property
    def _carriers(self) -> frozenset[str]:
        """Return the local variables that were read from the shared object: `found = X.get(key)`."""
        names = set()
        function = self.reached.function
        bound: list[tuple[list[ast.expr], ast.expr]] = [
            (node.targets, node.value) for node in function.of_type(ast.Assign)
        ]
        bound += [([node.target], node.value) for node in function.of_type(ast.NamedExpr)]
        for targets, value in bound:
            if not self._mentions.isdisjoint(ast.walk(value)):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
        return frozenset(names)

    def _bound_to(self, name: str) -> Iterator[ast.expr]:
        for node in self.reached.function.of_type(ast.Assign):
            if any(isinstance(target, ast.Name) and target.id == name for target in node.targets):
                yield node.value


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in BLOCKS:
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block
