"""Where the following of a function has come to: what its variables are, in which loops it stands, what it has found.

`expressions` and `statements` build on it. Variables change at assignments, and where something is stored in them or
taken out: `names.append(x)`, `order.tags = tags`, `found[key] = x`.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...binder import Module
from .summaries import Goal, Sink, counts, observed
from .values import (
    ITEMS,
    NO_MARKS,
    UNKNOWN,
    Cause,
    Form,
    Kind,
    Mark,
    Marks,
    Value,
    join,
    keeping,
    of_kind,
    pass_on,
    shallow,
    taken_in_turn,
)

if TYPE_CHECKING:
    from .provenance import Body, Provenance

Variables = dict[str, Value]


@dataclass(frozen=True)
class Turn:
    """A loop over a row that may be uncertain, the names that it binds anew on each turn, the tests around it."""

    node: ast.stmt
    marks: Marks
    own: frozenset[str]
    tests: int


class State(ABC):
    """One function, class body or module, followed from its start to its end."""

    def __init__(self, provenance: Provenance, body: Body, variables: Variables) -> None:
        self.provenance = provenance
        self.body = body
        self.module: Module = body.module
        self.variables = variables
        self.sinks: list[Sink] = []
        self.returned: list[Value] = []
        # A loop is gone through twice: first to learn what comes around, then to note what is found.
        self.noting = True
        self.turns: list[Turn] = []
        self.tests: list[ast.expr] = []
        self.control: Marks = NO_MARKS
        self.leaving: list[list[Variables]] = []
        self.yields = False

    @abstractmethod
    def evaluate(self, node: ast.expr) -> Value:
        """Return what is known of an expression."""

    # --- what is found

    def note(self, goal: Goal, node: ast.expr | ast.stmt, marks: Iterable[Mark], name: str = "") -> None:
        """Note that marked values reach a goal."""
        found = counts(goal, frozenset(marks))
        if found and self.noting:
            self.sinks.append(Sink(goal, self.module, node, found, name, self.body.home))

    def cause(self, kind: Kind, node: ast.expr, *, things: ast.expr | None = None, holds: str = "") -> Cause:
        """Return what makes a value of this function uncertain."""
        return Cause(kind, self.module, node, things=things, holds=holds, home=self.body.home)

    # --- what is taken out

    def observe(self, value: Value, node: ast.expr, at: ast.expr | None = None) -> Marks:
        """Return the marks of the things in a value one after the other; `at` is what puts them in a row, if not it."""
        if isinstance(node, ast.Name) and node.id in self.body.singles:
            return pass_on(value.marks, "sequence")
        return observed(value, self.cause(Kind.ORDER, at or node, things=node, holds=value.holds or ""))

    def element(self, value: Value, row: Marks) -> Value:
        """Return the element that a loop over a value has come to, where its elements come in that row."""
        marks = pass_on(value.marks, "elements").union(taken_in_turn(row))
        if value.kind == ITEMS:
            return Value(fields={0: of_kind(value.holds, marks), 1: of_kind(value.keeps, marks)})
        return of_kind(value.holds, marks)

    # --- variables

    def variable(self, name: str) -> Value:
        """Return what a variable of the function is."""
        return self.variables.get(name, UNKNOWN)

    def bind(self, target: ast.expr, value: Value, source: ast.expr) -> None:
        """Bind the names of a target; `source` is the expression that the value comes from."""
        match target:
            case ast.Name(id=name):
                self.variables[name] = value.marked(self.control)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self._unpack(targets, value, source)
            case ast.Starred(value=inner):
                self.bind(inner, value, source)
            case ast.Attribute() | ast.Subscript():
                for part in (target.value, *((target.slice,) if isinstance(target, ast.Subscript) else ())):
                    self.evaluate(part)
                self.store(target, lambda _: value.marked(self.control))

    def _unpack(self, targets: list[ast.expr], value: Value, source: ast.expr) -> None:
        starred = any(isinstance(target, ast.Starred) for target in targets)
        # `(only,) = currencies` takes the one there is.
        row = self.observe(value, source) if len(targets) > 1 else value.marks
        part = of_kind(value.holds, pass_on(row, "pick"))
        rest = Value(row, kind="builtins.list", holds=value.holds)
        for index, target in enumerate(targets):
            known = value.fields.get(index) if value.fields is not None and not starred else None
            self.bind(target, known or (rest if isinstance(target, ast.Starred) else part), source)

    def store(self, target: ast.expr, change: Callable[[Value], Value]) -> None:
        """Change what a variable holds at a place, as far as it is known: `order.tags`, `found["all"]`, `rows[i]`."""
        match target:
            case ast.Name(id=name):
                self.variables[name] = change(self.variable(name))
            case ast.Attribute(value=whole, attr=key) | ast.Subscript(value=whole, slice=ast.Constant(value=key)):
                self.store(whole, lambda found: with_field(found, key, change(field_of(found, key))))
            case ast.Subscript(value=whole) | ast.Call(func=ast.Attribute(value=whole)):
                order = self.turning(whole, Form.MAPPING)
                self.store(whole, lambda found: _with_part(found, change(of_kind(found.keeps, NO_MARKS)), order))

    def turning(self, target: ast.expr, form: Form) -> Marks:
        """Return the marks that the loops around give to what is stored in a variable turn by turn."""
        while isinstance(target, ast.Attribute | ast.Subscript | ast.Call):
            target = target.func if isinstance(target, ast.Call) else target.value
        name = target.id if isinstance(target, ast.Name) else ""
        return frozenset(Mark(cause, form) for turn in self.turns if name not in turn.own for cause, _ in turn.marks)

    # --- ways

    @contextmanager
    def loop(self, node: ast.stmt, marks: Marks, own: frozenset[str]) -> Iterator[list[Variables]]:
        """Stand inside a loop over a row; gives the list of the variables as they are where it is left."""
        before = dict(self.variables)
        self.turns.append(Turn(node, marks, own, len(self.tests)))
        self.leaving.append([])
        yield self.leaving[-1]
        self.leaving.pop()
        self.turns.pop()
        for name, value in self.variables.items() if marks else ():
            gone = set(taken_in_turn(marks)).difference(before.get(name, UNKNOWN).marks)
            self.variables[name] = without(value, gone)

    def settled(self, value: Value, turns: Sequence[Turn]) -> Value:
        """Return what a value is when loops are left with it: which element it comes from is then uncertain.

        Not so where it was searched for by what it is equal to: there is one at most.
        """
        found = value
        for turn in turns:
            unique = any(asks_for_one(test) for test in self.tests[turn.tests :])
            gone = frozenset(taken_in_turn(turn.marks)) & value.marks
            if gone:
                chosen = () if unique else (Mark(mark.cause, Form.VALUE) for mark in gone)
                found = without(found, gone).marked(chosen)
        return found

    def join_ways(self, ways: Iterable[Mapping[str, Value]]) -> None:
        """Go on with what the variables may be after any of several ways."""
        found = list(ways)
        if found:
            joined = dict(found[0])
            for way in found[1:]:
                for name, value in way.items():
                    known = joined.get(name)
                    if known is not value:
                        joined[name] = value if known is None else join((known, value))
            self.variables = joined


def without(value: Value, gone: Collection[Mark]) -> Value:
    """Return a value without some marks, its fields included."""
    if not value.marks.isdisjoint(gone):
        fields = value.fields
        if fields is not None:
            fields = {key: without(part, gone) for key, part in fields.items()}
        return replace(value, own=value.own.difference(gone), fields=fields)
    return value


def field_of(value: Value, key: object) -> Value:
    """Return what stands at an attribute or constant key of a value."""
    if value.fields is not None:
        return value.fields.get(key, UNKNOWN)
    return of_kind(value.keeps, pass_on(value.marks, "look_up"))


def with_field(value: Value, key: object, part: Value) -> Value:
    """Return a value with something else at an attribute or constant key."""
    if value.fields is None:
        return value.marked(pass_on(part.marks, "inside"))
    return shallow(replace(value, fields={**value.fields, key: part}))


def _with_part(value: Value, part: Value, order: Marks) -> Value:
    """Return a value that holds one thing more, at a place that isn't known."""
    marks = value.marks | pass_on(part.marks, "inside") | order
    return keeping(replace(value, own=marks, fields=None), part.kind)


def asks_for_one(test: ast.expr) -> bool:
    """Say whether a test looks for what equals something: a set has that once."""
    return any(isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq | ast.Is) for part in ast.walk(test))
