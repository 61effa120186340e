"""What a call does with what it is passed, and what it gives.

await charge(first)         what `first` carries reaches an argument of a durable call; the result is recorded
await each(people)          as the summary of `each` says
list(tags)                  puts the things of a set in a row: if the row is uncertain, this is where it gets so
sorted(names)               takes the uncertainty away
names.append(x)             changes `names`
"""

from __future__ import annotations

import ast
import sys
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...callgraph import Function
from .annotations import described
from .classes import owner_of
from .methods import METHODS
from .state import State, asks_for_one
from .summaries import Goal, Passed, Summary, apply
from .tables import CONTAINERS, GROUPS, ORDERLESS, QUIET, SAME, STARTERS, WHOLE
from .values import (
    AWAITED,
    COROUTINE,
    NUMBER,
    TASK,
    TEXT,
    UNKNOWN,
    Form,
    Kind,
    Mark,
    Marks,
    Value,
    pass_on,
    shallow,
    taken_in_turn,
)

# Durable calls beside steps and hooks whose arguments the log has.
_RECORDED = frozenset({"wfc.start", "wfc.set_attributes", "wfc.remove_attributes"})


@dataclass(frozen=True)
class Given:
    """The arguments of a call, evaluated; starred ones stand for all that they bring."""

    positional: list[tuple[ast.expr, Value]]
    named: dict[str, tuple[ast.expr, Value]]
    rest: list[tuple[ast.expr, Value]]

    def all(self) -> Iterator[tuple[ast.expr, Value]]:
        """Yield every argument."""
        yield from self.positional
        yield from self.named.values()
        yield from self.rest

    @property
    def marks(self) -> Marks:
        """Return the marks of all arguments."""
        return frozenset().union(*(value.marks for _, value in self.all()))

    @property
    def first(self) -> tuple[ast.expr, Value] | None:
        """Return the first positional argument."""
        return self.positional[0] if self.positional else None

    def passed(self, receiver: Value | None = None) -> Passed:
        """Return what a callee gets."""
        rest = (
            Value(pass_on(frozenset().union(*(value.marks for _, value in self.rest)), "pick")) if self.rest else None
        )
        named = {name: value for name, (_, value) in self.named.items()}
        return Passed([value for _, value in self.positional], named, rest, receiver)


class Calls(State):
    """Follows calls."""

    @abstractmethod
    def evaluate(self, node: ast.expr) -> Value:
        """Return what is known of an expression."""

    def callee(self, node: ast.Call) -> str | None:
        """Return the canonical name of what is called."""
        if node in self.body.callees:
            return self.body.callees[node]
        return self.provenance.context.receivers.resolve(self.module, node.func)

    def call(self, node: ast.Call) -> Value:
        """Return what a call gives, and note what it does."""
        func = node.func
        receiver = self.evaluate(func.value) if isinstance(func, ast.Attribute) else UNKNOWN
        local = self.evaluate(func) if isinstance(func, ast.Name) else UNKNOWN
        given = self._given(node)
        callee = self.callee(node)
        names = self.provenance.context.program.names
        if callee is None and isinstance(func, ast.Attribute) and names.is_first_party(receiver.kind):
            callee = f"{receiver.kind}.{func.attr}"
        if local.routine is not None:
            return self._followed(node, local.routine, given.passed())
        if callee is not None and self._is_recorded(callee):
            self._durable(func, node, callee, given)
            return self._recorded(callee)
        if callee is not None and names.is_first_party(callee):
            return self._first_party(node, callee, receiver, given)
        if isinstance(func, ast.Attribute) and (callee is None or _is_method(callee)):
            return self._method(node, receiver, given)
        return self._library(node, callee or "", given)

    def _given(self, node: ast.Call) -> Given:
        positional, named, rest = [], {}, []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                value = self.evaluate(argument.value)
                rest.append((argument.value, replace(value, own=self.observe(value, argument.value), fields=None)))
            elif rest:
                rest.append((argument, self.evaluate(argument)))
            else:
                positional.append((argument, self.evaluate(argument)))
        for keyword in node.keywords:
            if keyword.arg is None:
                rest.append((keyword.value, self.evaluate(keyword.value)))
            else:
                named[keyword.arg] = (keyword.value, self.evaluate(keyword.value))
        return Given(positional, named, rest)

    # --- durable calls

    def _is_recorded(self, callee: str) -> bool:
        context = self.provenance.context
        return context.is_step(callee) or callee in _RECORDED or context.hook_method(callee, "wait")

    def _durable(self, func: ast.expr, node: ast.expr, callee: str, given: Given) -> None:
        """Note what reaches the arguments of a durable call; `node` is the whole of it."""
        shown = self.module.source.text_of(func)
        token = given.named.get("token") if self.provenance.context.hook_method(callee, "wait") else None
        for argument, value in given.all():
            if token is not None and argument is token[0]:
                self.note(Goal.TOKEN, node, value.marks, shown)
            else:
                self.note(Goal.ARGUMENT, argument, value.marks, shown)

    def _recorded(self, callee: str) -> Value:
        """Return what a durable call gives: recorded, so that nothing about it is uncertain but the order of a set."""
        names = self.provenance.context.program.names
        definition = names.definition(callee)
        node = definition.node if definition is not None else None
        result = UNKNOWN
        if definition is not None and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            result = described(names, definition.module, node.returns)
        return Value(kind=COROUTINE, fields={AWAITED: result})

    def started(self, node: ast.expr, value: Value) -> None:
        """Note that a coroutine is started, in an order that may be uncertain."""
        if value.kind == COROUTINE:
            turns = [mark for mark in value.own if mark.form is Form.TURN]
            self.note(Goal.ARGUMENT, node, turns, self.module.source.text_of(node))

    def _group(self, node: ast.Call, given: Given) -> Value:
        """Start coroutines one after the other."""
        for argument, value in given.all():
            self.started(argument, value)
            if value.holds == COROUTINE:
                row = self.observe(value, argument)
                self.note(Goal.ARGUMENT, argument, taken_in_turn(row), self.module.source.text_of(node.func))
        if self.callee(node) != "asyncio.gather":
            return UNKNOWN
        fields: dict[object, Value] = {index: awaited(value) for index, (_, value) in enumerate(given.positional)}
        if given.rest:
            marks = frozenset().union(*(pass_on(value.marks, "sequence") for _, value in given.all()))
            return Value(kind=COROUTINE, fields={AWAITED: Value(marks, kind="builtins.list")})
        return Value(kind=COROUTINE, fields={AWAITED: shallow(Value(kind="builtins.list", fields=fields))})

    # --- functions and classes of the project

    def _first_party(self, node: ast.Call, callee: str, receiver: Value, given: Given) -> Value:
        names = self.provenance.context.program.names
        definition = names.definition(callee)
        if definition is not None and not definition.rest and isinstance(definition.node, ast.ClassDef):
            return _constructed(definition.dotted, given)
        found = UNKNOWN
        for function in self.provenance.context.receivers.functions_at(callee):
            own = self._self_of(node, function, receiver)
            found = self._followed(node, self.provenance.summary(function), given.passed(own))
        return found

    def _followed(self, node: ast.Call, summary: Summary, passed: Passed) -> Value:
        value, sinks = apply(summary, passed)
        if self.noting:
            self.sinks += sinks
        return value

    def _self_of(self, node: ast.Call, function: Function, receiver: Value) -> Value | None:
        """Return what `self` is in a method that is called, None for a plain function or `Order.total(order)`."""
        owner = owner_of(function)
        if not owner:
            return None
        if isinstance(node.func, ast.Attribute):
            is_class = self.provenance.context.program.names.canonical(self.module, node.func.value) == owner
            bound = any(ast.unparse(item) == "classmethod" for item in function.node.decorator_list)
            return None if is_class and not bound else receiver
        return receiver

    # --- everything else

    def _method(self, node: ast.Call, receiver: Value, given: Given) -> Value:
        assert isinstance(node.func, ast.Attribute)
        method = METHODS.get(node.func.attr)
        if method is not None:
            return method(self, node, receiver, given)
        marks = pass_on(pass_on(receiver.marks, "truth"), "orderless")
        if receiver.kind == TEXT:
            return Value(marks | pass_on(given.marks, "whole"), kind=TEXT)
        return Value(marks)

    def _library(self, node: ast.Call, callee: str, given: Given) -> Value:
        if callee in ORDERLESS:
            return self._orderless(node, callee, given)
        if callee in CONTAINERS:
            return self._row(node, callee, given)
        if callee in SAME:
            return given.positional[SAME[callee]][1] if len(given.positional) > SAME[callee] else UNKNOWN
        if callee in GROUPS:
            return self._group(node, given)
        if callee in STARTERS:
            return self._starts(given)
        if callee in ("builtins.hash", "builtins.id"):
            return self._identity(node, callee, given)
        if callee in WHOLE:
            return Value(self.as_text(node, given), kind=TEXT)
        if callee == "collections.defaultdict":
            return self._defaults(node)
        if callee == "builtins.next":
            return self._next(node, given)
        if callee == "builtins.range":
            return Value(pass_on(given.marks, "whole"), kind=callee, holds=NUMBER)
        if callee.rpartition(".")[2][:1].isupper():
            return _constructed("", given)
        known = callee.partition(".")[0] in sys.stdlib_module_names and callee not in QUIET
        return Value(pass_on(given.marks, "whole"), kind=callee) if known else UNKNOWN

    def _defaults(self, node: ast.Call) -> Value:
        """Return a dict whose values are made when they are asked for."""
        made = self.provenance.context.program.names.canonical(self.module, node.args[0]) if node.args else None
        return Value(kind="builtins.dict", holds="", keeps=made or "")

    def _orderless(self, node: ast.Call, callee: str, given: Given) -> Value:
        marks = pass_on(given.marks, "orderless")
        first = given.first[1] if given.first is not None else Value(holds=None)
        if callee in ("builtins.set", "builtins.frozenset"):
            return Value(marks, unordered=True, kind="builtins.set", holds=first.holds)
        if callee == "builtins.sorted":
            key = given.named.get("key")
            return Value(marks | self.sorting_key(key[0] if key else None), kind="builtins.list", holds=first.holds)
        if callee in ("builtins.len", "builtins.sum"):
            return Value(pass_on(marks, "truth") if callee == "builtins.len" else pass_on(marks, "whole"), kind=NUMBER)
        return Value(pass_on(marks, "pick"))

    def sorting_key(self, key: ast.expr | None) -> Marks:
        """Return the mark of a list that is sorted by hash or address."""
        name = self.provenance.context.program.names.canonical(self.module, key) if key is not None else None
        if key is None or name not in ("builtins.hash", "builtins.id"):
            return frozenset()
        return frozenset({Mark(self.cause(Kind.IDENTITY, key), Form.SEQUENCE)})

    def _row(self, node: ast.Call, callee: str, given: Given) -> Value:
        """Return a row of the things that are passed: a list, an iterator, the keys of a dict."""
        if callee in ("builtins.map", "builtins.filter") and given.first is not None:
            return self._mapped(node, given.positional[1:])
        marks = frozenset().union(*(self.observe(value, argument, at=node) for argument, value in given.all()))
        holds = given.first[1].holds if given.first is not None else None
        if callee in ("builtins.dict", "collections.OrderedDict"):
            if callee == "builtins.dict" and not given.positional and not given.rest:
                return shallow(Value(kind=callee, fields={name: value for name, (_, value) in given.named.items()}))
            keeps = given.first[1].keeps if given.first is not None else None
            return Value(pass_on(marks, "mapping"), kind="builtins.dict", holds=holds, keeps=keeps)
        if callee in ("builtins.enumerate", "builtins.zip"):
            # Which number or partner a thing gets depends on the order.
            marks |= pass_on((mark for mark in marks if mark.form is Form.SEQUENCE), "inside")
            holds = ""
        return Value(marks, kind=callee, holds=holds, keeps=holds)

    def _mapped(self, node: ast.Call, given: list[tuple[ast.expr, Value]]) -> Value:
        """Call a function with one thing after the other."""
        rows = [self.observe(value, argument) for argument, value in given]
        elements = [self.element(value, row) for (_, value), row in zip(given, rows, strict=True)]
        function = node.args[0]
        made = self.evaluate_call(node, function, elements)
        marks = frozenset().union(*rows, pass_on(made.marks, "inside"))
        return Value(frozenset(m for m in marks if m.form is not Form.TURN), kind="builtins.map", holds=made.kind)

    def evaluate_call(self, node: ast.Call, function: ast.expr, elements: list[Value]) -> Value:
        """Return what a function gives that another one calls: `map(charge, orders)`."""
        context = self.provenance.context
        callee = context.receivers.resolve(self.module, function)
        local = self.evaluate(function)
        given = Given([(function, element) for element in elements], {}, [])
        if local.routine is not None:
            return self._followed(node, local.routine, given.passed())
        if callee is not None and context.is_step(callee):
            self._durable(function, function, callee, given)
            return self._recorded(callee)
        if callee is not None and context.program.names.is_first_party(callee):
            return self._first_party(node, callee, UNKNOWN, given)
        return UNKNOWN

    def _next(self, node: ast.Call, given: Given) -> Value:
        """Take the first one, unless it is the one that equals something."""
        match node.args:
            case [ast.GeneratorExp(generators=generators), *_] if any(
                asks_for_one(test) for generator in generators for test in generator.ifs
            ):
                return Value(pass_on(given.marks, "elements"))
        return Value(pass_on(given.marks, "pick"))

    def _starts(self, given: Given) -> Value:
        """Make a task of a coroutine."""
        if given.first is None:
            return UNKNOWN
        node, value = given.first
        self.started(node, value)
        return replace(value, kind=TASK)

    def _identity(self, node: ast.Call, callee: str, given: Given) -> Value:
        marks = pass_on(given.marks, "whole")
        steady = given.first is not None and given.first[1].kind == NUMBER
        if callee == "builtins.hash" and steady:
            return Value(marks, kind=NUMBER)
        return Value(marks | {Mark(self.cause(Kind.IDENTITY, node), Form.VALUE)}, kind=NUMBER)

    def as_text(self, node: ast.expr, given: Given) -> Marks:
        """Return the marks of a text that is made of values."""
        found: set[Mark] = set()
        for argument, value in given.all():
            found |= pass_on(self.observe(value, argument, at=node), "whole") | self.shown(argument, value)
        return frozenset(found)

    def shown(self, node: ast.expr, value: Value) -> Marks:
        """Return the mark of the text that Python makes of an object whose class says nothing of it: an address."""
        if not self.provenance.shows_address(value.kind):
            return frozenset()
        return frozenset({Mark(self.cause(Kind.IDENTITY, node), Form.VALUE)})


def awaited(value: Value) -> Value:
    """Return what awaiting a value gives."""
    if value.fields is not None and AWAITED in value.fields:
        return value.fields[AWAITED].marked(mark for mark in value.own if mark.form is not Form.TURN)
    return Value(value.marks)


def _constructed(kind: str, given: Given) -> Value:
    """Return an object that holds what its class is called with."""
    fields: dict[object, Value] = {name: value for name, (_, value) in given.named.items()}
    if given.positional or given.rest:
        return Value(pass_on(given.marks, "inside"), kind=kind)
    return shallow(Value(kind=kind, fields=fields))


def _is_method(callee: str) -> bool:
    """Say whether a name is a method of a builtin container or text: `builtins.set.pop`."""
    root, _, rest = callee.partition(".")
    return root in ("builtins", "collections", "typing") and "." in rest
