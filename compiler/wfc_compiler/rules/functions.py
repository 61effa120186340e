"""What first-party functions do, themselves or through what they call: wait durably, touch the outside world.

    async def rate(): return httpx.get(URL)          {"network": httpx.get, here}
    async def total(): return await rate()           {"network": httpx.get, through `rate`}
    async def doze(): await workflow.sleep(1)        waits
    def tenant(): return TENANT.get()                reads TENANT, a context variable

In: the reached functions and the facts about libraries. Out: facts by dotted name. A fact spreads from a function to
all its callers, breadth first, so that mutual recursion loses nothing and the reason is the shortest there is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..callgraph import Call, Reached
from ..diagnostics import Hop, Span
from .context_variables import READS, SETS, use_of_variable

if TYPE_CHECKING:
    from .base import Context

WAITS = "waits"
_OF_VARIABLES = (READS, SETS)
# What makes an event of its own and may put the run aside; `gather`, queues and locks only wait for such.
_EVENTS = frozenset(
    {
        "wfc.sleep",
        "wfc.start",
        "wfc.set_attributes",
        "wfc.remove_attributes",
        "asyncio.sleep",
        "asyncio.wait_for",
        "asyncio.timeout",
        "asyncio.timeout_at",
    }
)


@dataclass(frozen=True)
class Reason:
    """Why a function has a fact: `name` is what is called at `span`, `chain` the calls that lead there."""

    name: str
    span: Span
    chain: tuple[Hop, ...] = ()


@dataclass(frozen=True)
class FunctionFacts:
    """The facts about a function; `impure` has a reason for each kind of library function (`network`, `clock` ...)."""

    waits: bool
    impure: Mapping[str, Reason]


class Functions:
    """The facts about all functions that workflows and steps reach."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._spread: dict[str, Mapping[str, Reason]] = {}

    def facts(self, dotted: str) -> FunctionFacts | None:
        """Return what a first-party function does; None for what no workflow or step reaches."""
        if dotted not in self._reached:
            return None
        kinds = [kind for kind in self._own if kind != WAITS and not kind.startswith(_OF_VARIABLES)]
        impure = {kind: self._reasons(kind)[dotted] for kind in kinds if dotted in self._reasons(kind)}
        return FunctionFacts(waits=self.may_wait(dotted), impure=impure)

    def reason(self, dotted: str, fact: str) -> Reason | None:
        """Return why a function has a fact, such as `context_variables.reads(name)`; None where it hasn't."""
        return self._reasons(fact).get(dotted)

    def may_wait(self, dotted: str) -> bool:
        """Say whether a function waits durably, itself or through what it calls."""
        return dotted in self._reasons(WAITS)

    def waits(self, call: Call) -> bool:
        """Say whether a call is a durable wait, or calls a function that waits."""
        callee = call.callee
        if callee is None:
            return False
        return is_durable(self._context, callee) or self.may_wait(callee)

    def told(self) -> Mapping[str, list[str]]:
        """Return what can be asked about each workflow and step, by id, in a fixed order."""
        program = self._context.program
        roots = {workflow.id: workflow.dotted for workflow in program.workflows}
        roots |= {step.id: step.dotted for step in program.steps}
        return {id: self._told(dotted) for id, dotted in roots.items() if dotted in self._reached}

    def _told(self, dotted: str) -> list[str]:
        found = sorted(kind for kind in self._own if dotted in self._reasons(kind))
        step = self._context.program.step_by_name.get(dotted)
        if step is not None:
            found += [repr(change.told) for change in self._context.changed_arguments.of(step)]
        return found

    # --- the spreading

    def _reasons(self, kind: str) -> Mapping[str, Reason]:
        """Return the functions that have a fact, with the shortest way to what gives it to them."""
        if kind not in self._spread:
            self._spread[kind] = self._spread_to_callers(self._own.get(kind, {}))
        return self._spread[kind]

    def _spread_to_callers(self, own: Mapping[str, Reason]) -> Mapping[str, Reason]:
        found = dict(own)
        waiting = deque(found)
        while waiting:
            callee = waiting.popleft()
            reason = found[callee]
            for caller, hop in self._callers.get(callee, {}).items():
                if caller not in found:
                    found[caller] = Reason(reason.name, reason.span, (hop, *reason.chain))
                    waiting.append(caller)
        return found

    @cached_property
    def _reached(self) -> Mapping[str, Reached]:
        graph = self._context.graph
        return {reached.function.dotted: reached for reached in (*graph.step, *graph.flow)}

    @cached_property
    def _callers(self) -> Mapping[str, Mapping[str, Hop]]:
        """Return who calls a function, and where."""
        found: dict[str, dict[str, Hop]] = {}
        for dotted, reached in self._reached.items():
            function = reached.function
            for lead in reached.leads:
                if self._context.is_step(lead.to):
                    continue  # what a step does is not done by who calls it
                if dotted not in found.setdefault(lead.to, {}):
                    found[lead.to][dotted] = Hop(function.module.source.span(lead.node), function.node.name)
        return found

    @cached_property
    def _own(self) -> Mapping[str, Mapping[str, Reason]]:
        """Return what functions do themselves: the first reason for each kind, by function."""
        found: dict[str, dict[str, Reason]] = {}
        for dotted, reached in self._reached.items():
            for kind, reason in self._facts_of(reached):
                found.setdefault(kind, {}).setdefault(dotted, reason)
        return found

    def _facts_of(self, reached: Reached) -> Iterator[tuple[str, Reason]]:
        context, source = self._context, reached.function.module.source
        for call in reached.calls:
            if call.callee is None:
                continue
            kind = WAITS if is_durable(context, call.callee) else context.kind(call)
            if kind not in (None, "pure"):
                yield kind, Reason(call.callee, source.span(call.node))
            used = use_of_variable(context, reached, call)
            if used is not None:
                yield used, Reason(call.callee, source.span(call.node))
        for lead in reached.leads:
            if context.is_step(lead.to) or context.is_workflow(lead.to):
                yield WAITS, Reason(lead.to, source.span(lead.node))


def is_durable(context: Context, dotted: str) -> bool:
    """Say whether calling a canonical name waits durably: a step, a child, a sleep or other timer, a hook."""
    return (
        dotted in _EVENTS
        or context.is_step(dotted)
        or context.is_workflow(dotted)
        or context.hook_method(dotted, "wait")
    )
