"""What could not be checked: calls in workflow code of which nobody can tell what they call (WFC901).

In: the call graph. Out: one remark with the first of them; the summary has their number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..callgraph import CallGraph, unresolved_calls
from ..diagnostics import Diagnostic, Note, Span
from .base import Rule
from .scaffold import in_flow

_SHOWN = 6


class Coverage(Rule):
    """Calls in workflow code could not be checked, since what they call can't be told from the source.

    Why: Nothing is ever reported of such a call, so a clean check says less where there are many: a callable that
    comes in as an argument, the method of an object of unknown type, an entry of a table.

    Fix: Annotate the parameter or variable, import the function by its name, or call it in a step. There is no need
    to where you know what is called.

    Suppress: Where the number is of no interest, by `ignore` in `[tool.wfc]`; it is shown with `-v` only.
    """

    code = "WFC901"
    bad = (
        in_flow("handlers = {'a': str}\n    return handlers[name](1)"),
        in_flow("return sorted([name], key=lambda item: item.rank())[0].show().text()"),
    )
    good = (in_flow("return await charge(len(name))"), in_flow("return name.strip().upper()"))


def coverage(graph: CallGraph, told: Collection[Span]) -> Iterator[Diagnostic]:
    """Yield the remark on what was not checked, nothing where all was; `told` are the places of other findings."""
    places = sorted(
        (reached.function.module.source.span(call.node), reached.function.module.source.text_of(call.node.func))
        for reached in graph.flow
        for call in unresolved_calls(reached)
        if reached.function.module.source.span(call.node.func) not in told
    )
    if not places:
        return
    (span, text), *others = places
    number = len(places)
    hidden = number - _SHOWN
    yield Diagnostic(
        Coverage.code,
        f"{number} calls in workflow code could not be checked" if others else "a call could not be checked",
        span,
        label=f"what is `{text}`?",
        secondary=tuple(Note(place, f"what is `{shown}`?") for place, shown in others[: _SHOWN - 1]),
        help="annotate what is called, or import it by its name" + (f"; {hidden} more are not shown" * (hidden > 0)),
    )
