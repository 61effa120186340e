"""Objects that a module makes, and methods that change them: `TALLY.add()` counts for all runs.

In: the calls of a function. Out: those of a method that changes the object it is called on, where that outlives the
run, with the place in the method. A method that only fills a table of its own does no harm, as in `memo`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...callgraph import Call, Reached
from ..base import Context
from .memo import Effect, effect_of
from .shared import Kind, Shared, own_attribute, shared_at
from .writes import Write, writes_to_self


@dataclass(frozen=True)
class Change:
    """What a call changes, and where the method does it."""

    shared: Shared
    call: Call
    effect: Effect
    method: Reached
    write: Write


class Methods:
    """The methods that workflows reach, or steps, by what they do to their object."""

    def __init__(self, context: Context, region: Sequence[Reached]) -> None:
        self._context = context
        self._reached: Mapping[str, Reached] = {reached.function.dotted: reached for reached in region}
        self._known: dict[str, tuple[Reached, Write, Effect] | None] = {}

    def changes(self, reached: Reached) -> Iterator[Change]:
        """Yield the calls in a function that change an object which outlives the run."""
        module = reached.function.module
        for call in reached.calls:
            func = call.node.func
            if not isinstance(func, ast.Attribute) or not self._context.program.names.is_first_party(call.callee or ""):
                continue
            shared = shared_at(self._context, module, func.value)
            if shared is None or shared.kind is Kind.LIBRARY or self._is_class(call, func.value, reached):
                continue
            found = self._change(call.callee or "")
            if found is not None:
                method, write, effect = found
                yield Change(shared, call, effect, method, write)

    def _is_class(self, call: Call, receiver: ast.expr, reached: Reached) -> bool:
        """Say whether a method is called on what is no instance: `Order.parse(...)`, `prices.rate(...)`."""
        owner = (call.callee or "").rpartition(".")[0]
        return self._context.receivers.class_of(reached.function.module, receiver) != owner

    def _change(self, dotted: str) -> tuple[Reached, Write, Effect] | None:
        """Return the first change that a method makes to its own object, itself or through other methods of it."""
        if dotted in self._known:
            return self._known[dotted]
        self._known[dotted] = None  # as long as it is being asked, in a circle of methods
        reached = self._reached.get(dotted)
        for write in writes_to_self(self._context, reached) if reached is not None else ():
            assert reached is not None
            effect = effect_of(self._context, reached, write)
            if effect is not Effect.HARMLESS:
                self._known[dotted] = (reached, write, effect)
                return self._known[dotted]
        for call in reached.calls if reached is not None else ():
            if self._known[dotted] is None and reached is not None and self._is_own_method(reached, call):
                self._known[dotted] = self._change(call.callee or "")
        return self._known[dotted]

    def _is_own_method(self, reached: Reached, call: Call) -> bool:
        return isinstance(call.node.func, ast.Attribute) and (
            own_attribute(self._context, reached.function.module, call.node.func) is not None
        )
