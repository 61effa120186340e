"""What is known of a value while a function is followed: what made it uncertain, and what it is.

    names = list({"a", "b"})        a list of str; its order comes from `list(...)`
    first = names[0]                a str; which one comes from `list(...)`

A mark is a cause and a form. The cause is the place that a finding points at; the form says what about the value is
uncertain, and changes with what is done to it: `sorted(names)` has no mark left. What a parameter carries is known at
the call alone, so that marks about parameters are conditions, which `summaries` replaces by what is passed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ...binder import Module

if TYPE_CHECKING:
    from .summaries import Summary


class Kind(Enum):
    """What makes a value uncertain."""

    ORDER = "the order of a set"
    IDENTITY = "a hash, an address, or the text of one"
    FOUND = "what another rule has found"
    PARAMETER = "whatever is passed for a parameter"


class Form(Enum):
    """What about a value is uncertain.

    TURN is the element that a loop has come to: all come up, and only when is uncertain. Of a parameter SAME means
    the value as it is passed, ELEMENT what it holds.
    """

    VALUE = "the value itself"
    INSIDE = "something that it holds"
    SEQUENCE = "the order of what it holds"
    MAPPING = "the order of its keys, which shows when it is iterated, and not when it is compared"
    TURN = "the turn at which it comes up"
    SAME = "as the parameter"
    ELEMENT = "as what the parameter holds"


@dataclass(frozen=True)
class Cause:
    """Where uncertainty comes from.

    With a `parameter`, the cause holds only if what is passed for it is a set (ORDER), or is whatever that carries
    (PARAMETER). `things` is the set whose order shows at the node, and `holds` what it holds; `home` is the function
    that the node stands in, None for a module.
    """

    kind: Kind
    module: Module
    node: ast.expr | ast.stmt | ast.arg
    parameter: str = ""
    things: ast.expr | None = None
    holds: str = ""
    home: ast.AST | None = None


class Mark(NamedTuple):
    """A cause, and what about the value it makes uncertain."""

    cause: Cause
    form: Form


_DEEPEST = 8
Marks = frozenset[Mark]
NO_MARKS: Marks = frozenset()

# What a value or what it holds is, as far as that decides how a set orders it; classes go by their dotted name.
NUMBER = "number"
TASK = "task"
COROUTINE = "coroutine"
TEXT = "text"
VIEW = "dict view"
ITEMS = "dict items"
"""The keys or values of a dict, and its items: in order, but what is made of two of them is a set."""
SETS = frozenset(
    {
        "builtins.set",
        "builtins.frozenset",
        *(f"typing.{name}" for name in ("Set", "FrozenSet", "AbstractSet", "MutableSet")),
        *(f"collections.abc.{name}" for name in ("Set", "MutableSet")),
    }
)
AWAITED = object()
"""The field of a coroutine or task that holds what awaiting it gives."""


@dataclass(frozen=True)
class Value:
    """What is known of a value: nothing, by default.

    `own` are its marks but for those of its `fields`, which are its attributes or constant keys where it was built
    here. `unordered` says that it may be a set. `kind` is what it is, `holds` what comes out when it is gone through,
    and `keeps` what stands under the keys of a dict: "" where that isn't known, None where it is empty. `parameter` is
    the one that it is, unchanged; `routine` the function inside the function that it is.
    """

    own: Marks = NO_MARKS
    unordered: bool = False
    kind: str = ""
    holds: str | None = ""
    keeps: str | None = ""
    parameter: str = ""
    fields: Mapping[object, Value] | None = field(default=None, hash=False)
    routine: Summary | None = field(default=None, hash=False)

    @cached_property
    def marks(self) -> Marks:
        """Return the marks of the value, with those of what it holds."""
        if not self.fields:
            return self.own
        return self.own.union(*(pass_on(part.marks, "inside") for part in self.fields.values()))

    def marked(self, marks: Iterable[Mark]) -> Value:
        """Return the value with more marks."""
        more = self.own.union(marks)
        return self if more == self.own else replace(self, own=more)

    @cached_property
    def depth(self) -> int:
        """Return how many levels of fields are known."""
        return 1 + max((part.depth for part in self.fields.values()), default=0) if self.fields is not None else 0

    @property
    def is_steady(self) -> bool:
        """Say whether what it holds has one order, set or not: tasks are hashed by number in a workflow."""
        return self.holds in (TASK, None)


UNKNOWN = Value()


def shallow(value: Value) -> Value:
    """Return a value whose fields are known to no more than some levels; they may hold themselves, again and again."""
    return value if value.depth <= _DEEPEST else replace(value, own=value.marks, fields=None)


def of_kind(kind: str | None, marks: Marks) -> Value:
    """Return a value that is known by its kind alone."""
    return Value(marks, unordered=kind in SETS, kind=kind or "")


def join(values: Iterable[Value]) -> Value:
    """Return what is known of a value that may be any of several."""
    found: Value | None = None
    for value in values:
        if found is None:
            found = value
        elif found != value:
            found = _join(found, value)
    return found or UNKNOWN


def _join(one: Value, other: Value) -> Value:
    fields = _join_fields(one.fields, other.fields)
    return Value(
        own=one.own | other.own if fields is not None else one.marks | other.marks,
        unordered=one.unordered or other.unordered,
        kind=one.kind if one.kind == other.kind else "",
        holds=join_holds(one.holds, other.holds),
        keeps=join_holds(one.keeps, other.keeps),
        parameter=one.parameter if one.parameter == other.parameter else "",
        fields=fields,
        routine=one.routine or other.routine,
    )


def keeping(value: Value, kind: str) -> Value:
    """Return a dict or list with one thing more, of a kind, at a place that isn't known."""
    return replace(value, holds="" if value.holds is None else value.holds, keeps=join_holds(value.keeps, kind))


def join_holds(one: str | None, other: str | None) -> str | None:
    """Return what is held by what may hold either; None is nothing."""
    if one is None or other is None or one == other:
        return other if one is None else one
    return ""


def _join_fields(
    one: Mapping[object, Value] | None, other: Mapping[object, Value] | None
) -> Mapping[object, Value] | None:
    if one is None or other is None:
        return None
    return {key: join(side[key] for side in (one, other) if key in side) for key in {**one, **other}}


# --- how forms change


_FORMS: Mapping[str, Mapping[Form, Form | None]] = {
    # What comes out of a container when all is taken, one after the other.
    "elements": {Form.INSIDE: Form.VALUE, Form.SEQUENCE: None, Form.MAPPING: None, Form.SAME: Form.ELEMENT},
    # What comes out at a place: by index, first, last.
    "pick": {Form.INSIDE: Form.VALUE, Form.SEQUENCE: Form.VALUE, Form.MAPPING: None, Form.SAME: Form.VALUE},
    # What is found by a key or attribute.
    "look_up": {Form.INSIDE: Form.VALUE, Form.SEQUENCE: None, Form.MAPPING: None},
    # The same things, one after the other.
    "sequence": {Form.MAPPING: Form.SEQUENCE},
    # The same things, as keys.
    "mapping": {Form.SEQUENCE: Form.MAPPING},
    # What can't be told from the order: a sorted list, a set, a length, a sum.
    "orderless": {Form.SEQUENCE: None, Form.MAPPING: None, Form.SAME: Form.ELEMENT},
    # A container or object that holds it. Equal dicts may differ in order.
    "inside": {Form.VALUE: Form.INSIDE, Form.SEQUENCE: Form.INSIDE, Form.MAPPING: None, Form.SAME: Form.INSIDE},
    # A text or number that is made of all of it.
    "whole": {Form.INSIDE: Form.VALUE, Form.SEQUENCE: Form.VALUE, Form.MAPPING: Form.VALUE},
    # Whether it is true: not empty, where it is a container.
    "truth": {Form.INSIDE: None, Form.SEQUENCE: None, Form.MAPPING: None},
    # Whether something is found in it.
    "membership": {Form.INSIDE: Form.VALUE, Form.SEQUENCE: None, Form.MAPPING: None, Form.SAME: Form.ELEMENT},
}


def pass_on(marks: Iterable[Mark], how: str) -> Marks:
    """Return the marks of what comes of a value with these marks; `how` is a key of the table above."""
    changes = _FORMS[how]
    found = set()
    for mark in marks:
        form = changes.get(mark.form, mark.form)
        if form is not None:
            found.add(mark if form is mark.form else Mark(mark.cause, form))
    return frozenset(found)


def without_identity(marks: Iterable[Mark], how: str) -> Marks:
    """Return the marks of what is found by a value: what was stored under `id(x)` is found under it."""
    return frozenset(mark for mark in pass_on(marks, how) if mark.cause.kind is not Kind.IDENTITY)


def taken_in_turn(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Yield the marks of the element that a loop has come to, by the marks of what it goes over."""
    for cause, form in marks:
        if form in (Form.SEQUENCE, Form.MAPPING, Form.SAME):
            yield Mark(cause, Form.TURN)


def fill_in(condition: Form, marks: Iterable[Mark]) -> Marks:
    """Return the marks of what a callee makes of its parameter, by the marks of what is passed for it."""
    match condition:
        case Form.SAME:
            return frozenset(marks)
        case Form.TURN:
            return frozenset(taken_in_turn(marks))
        case Form.ELEMENT:
            return pass_on(marks, "elements")
        case Form.INSIDE:
            return pass_on(marks, "inside")
        case Form.SEQUENCE:
            return pass_on(marks, "sequence")
        case Form.MAPPING:
            return pass_on(marks, "mapping")
        case Form.VALUE:
            return pass_on(marks, "pick")
