"""What lowering changes in the flows of a program, for people: the list that `wfc check -v` prints.

    app/flow.py:12:9: datetime.now -> wfc.flow.datetime.now
    app/flow.py:10:1: 1 except, 2 with in fulfil_order -> guarded while the run is put aside

In: a program and its plan. Out: notes, each place once, in the order of the source. Decided by what lowering itself
goes by.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ..binder import Module, Names
from ..callgraph import references
from ..diagnostics import Span
from ..discover import Program
from ..slice import Plan
from ..slice.caught import caught_by_name
from .substitutions import STAND_INS, substitutions

_GUARDED: dict[type[ast.AST], str] = {ast.With: "with", ast.AsyncWith: "with", ast.ExceptHandler: "except"}


@dataclass(frozen=True, order=True)
class Change:
    """One place that reads differently in a flow."""

    span: Span
    before: str
    after: str


def list_changes(program: Program, plan: Plan) -> list[Change]:
    """Return what is changed in the flows of a program."""
    places = {
        (part.module, entry.index)
        for route in plan.routes
        if route.kind == "flow"
        for part in route.slices.values()
        for entry in part.kept
        if not entry.stub
    }
    found: set[Change] = set()
    for name, index in places:
        module = program.modules[name]
        statement = module.tree.body[index]
        found.update(_replaced(module, program.names, statement))
        found.update(_guarded(module, statement))
    return sorted(found)


def _replaced(module: Module, names: Names, statement: ast.stmt) -> Iterator[Change]:
    for found in substitutions(module, names, statement):
        yield _change(module, found.node, found.into)
    for caught in caught_by_name(module, names, statement):
        yield _change(module, caught.node, f"caught({', '.join(caught.names)})")
    for reference in references([statement]):
        if reference.call is not None and not reference.runs:
            continue  # at import no run has begun: the stand-in is the real one
        name = names.canonical(module, reference.node) or ""
        home, _, attribute = name.partition(".")
        own = STAND_INS.get(home, frozenset())
        if home in STAND_INS and (not attribute or own is None or attribute in own):
            yield _change(module, reference.node, name)


def _guarded(module: Module, statement: ast.stmt) -> Iterator[Change]:
    """Count the guards of each function that stands at the top level or in a class there."""
    functions = statement.body if isinstance(statement, ast.ClassDef) else [statement]
    for function in functions:
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        counts: Counter[str] = Counter()
        for node in ast.walk(function):
            counts.update([_GUARDED[type(node)]] if type(node) in _GUARDED else [])
            counts.update(["finally"] if isinstance(node, ast.Try | ast.TryStar) and node.finalbody else [])
        if counts:
            kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
            what = f"{kinds} in {function.name}"
            yield Change(module.source.span(function), what, "guarded while the run is put aside")


def _change(module: Module, node: ast.expr, into: str) -> Change:
    return Change(module.source.span(node), module.source.text_of(node), f"wfc.flow.{into}")
