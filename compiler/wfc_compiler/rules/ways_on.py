"""How workflow code goes on: after a handler, out of a loop, and how a function came to run.

In: statements and functions of a reached function. Out: yes or no, where the answer is no as long as it isn't certain.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ..callgraph import Reached
from ..discover import FunctionNode
from .base import Context
from .frames import Frame, Loop, Waits, ancestors

_TIMEOUTS = frozenset({"asyncio.timeout", "asyncio.timeout_at"})


def goes_on(waits: Waits, reached: Reached, statement: ast.stmt, last: Sequence[ast.stmt]) -> bool:
    """Say whether a function waits again once a block in `statement`, whose statements are `last`, is done."""
    if _leaves(last, ast.Return):
        return False
    breaking = _leaves(last, ast.Break)
    node: ast.AST = statement
    for parent in ancestors(reached, statement):
        if not breaking and waits.first(_behind(parent, node)) is not None:
            return True
        if isinstance(parent, Loop) and node in parent.body:
            if not breaking:
                return True  # the next round waits where this one did
            breaking = False
        if isinstance(parent, Frame):
            return False
        node = parent
    return False


def _leaves(block: Sequence[ast.stmt], how: type[ast.stmt]) -> bool:
    """Say whether a block surely ends with such a statement."""
    pending = [block]
    while pending:
        block = pending.pop()
        match block[-1] if block else None:
            case ast.If(body=body, orelse=orelse):
                pending += [body, orelse]
            case ast.With(body=body) | ast.AsyncWith(body=body):
                pending.append(body)
            case last if not isinstance(last, how):
                return False
    return True


def _behind(parent: ast.AST, node: ast.AST) -> list[ast.stmt]:
    """Return the statements that follow a statement in its block; of a `try`, also its `else`."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and node in block:
            rest = block[block.index(node) + 1 :]
            return [*rest, *parent.orelse] if isinstance(parent, ast.Try | ast.TryStar) and name == "body" else rest
    return []


def way_here(context: Context, reached: Reached) -> Iterator[tuple[Reached, ast.expr]]:
    """Yield the places that lead to a function, the innermost first, each with the function that it is in."""
    while reached.chain:
        hop = reached.chain[-1]
        for caller in (*context.graph.flow, *context.graph.step):
            if caller.root != reached.root or caller.chain != reached.chain[:-1]:
                continue
            source = caller.function.module.source
            leads = [lead.node for lead in caller.leads if lead.to == reached.function.dotted]
            found = [node for node in leads if source.span(node) == hop.span]
            if found:
                yield caller, found[0]
                reached = caller
                break
        else:
            return


def is_awaited(reached: Reached, node: ast.AST) -> bool:
    """Say whether a place calls a function and waits for it right there."""
    return isinstance(node, ast.Call) and isinstance(reached.function.parents.get(node), ast.Await)


def is_only_started(context: Context, reached: Reached, frame: ast.AST) -> bool:
    """Say whether a function runs beside its caller, as a task, and nowhere as a part of it."""
    if frame is reached.function.node:
        place = next(way_here(context, reached), None)
        return place is not None and not is_awaited(*place)
    if not isinstance(frame, FunctionNode):
        return False
    module = reached.function.module
    owner = module.scope_of(frame)
    uses = [use for scope in owner.walk() if scope.owner(frame.name) is owner for use in scope.uses.get(frame.name, ())]
    calls = [reached.function.parents.get(use) for use in uses]
    return not any(call is not None and is_awaited(reached, call) for call in calls)


def has_time_limit(reached: Reached, node: ast.AST) -> bool:
    """Say whether a place is inside `async with asyncio.timeout(...)` of its own function."""
    for parent in ancestors(reached, node):
        if isinstance(parent, Frame):
            return False
        if isinstance(parent, ast.AsyncWith):
            managers = [item.context_expr for item in parent.items]
            if any(isinstance(made, ast.Call) and reached.callees.get(made) in _TIMEOUTS for made in managers):
                return True
    return False


def is_part_of_workflow(context: Context, reached: Reached, node: ast.AST) -> bool:
    """Say whether the workflow itself waits for a place to be passed: none around it is a task, or has a time limit."""
    inside = [frame for frame in ancestors(reached, node) if isinstance(frame, Frame)][:-1]
    if any(is_only_started(context, reached, frame) for frame in inside):
        return False
    places = [(reached, node), *way_here(context, reached)]
    if len(places) <= len(reached.chain):
        return False
    return not any(has_time_limit(*place) for place in places) and all(is_awaited(*place) for place in places[1:])
