"""What a function does with what it is passed, for its callers: what reaches what, and what comes back.

    async def each(people):                 if `people` is a set, its order reaches `greet`;
        for person in people:               what `people` carries reaches it, too
            await greet(person)

In: the summary of a callee and the values that a call passes. Out: the same facts, with what is passed in place of the
parameters. What then depends on no parameter is a fact about the caller.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ...binder import Module
from ...syntax import all_parameters
from .values import (
    AWAITED,
    COROUTINE,
    UNKNOWN,
    Cause,
    Form,
    Kind,
    Mark,
    Marks,
    Value,
    fill_in,
    join,
    pass_on,
)


class Goal(Enum):
    """What an uncertain value must not reach."""

    ARGUMENT = "an argument of a durable call"
    TOKEN = "a hook's token"
    BRANCH = "a branch that holds durable calls"
    RESULT = "the result of a workflow"


@dataclass(frozen=True)
class Sink:
    """A place where marked values reach a goal; `name` is the durable call's, as it is written there.

    `home` is the function that the place is in.
    """

    goal: Goal
    module: Module
    node: ast.expr | ast.stmt
    marks: Marks
    name: str = ""
    home: ast.AST | None = None


def merged(sinks: Iterable[Sink]) -> Iterable[Sink]:
    """Return sinks with one for each place: a callee that is called in many ways has no more for that."""
    found: dict[tuple[Goal, ast.AST, str], Sink] = {}
    for sink in sinks:
        key = (sink.goal, sink.node, sink.name)
        known = found.get(key)
        found[key] = sink if known is None else replace(known, marks=known.marks | sink.marks)
    return found.values()


@dataclass(frozen=True)
class Summary:
    """What a function does: its sinks, and what it gives, or what awaiting it gives (`is_async`)."""

    arguments: ast.arguments
    sinks: tuple[Sink, ...] = ()
    returned: Value = UNKNOWN
    is_async: bool = False


@dataclass(frozen=True)
class Passed:
    """What a call passes: values by position and by name, and what `*` and `**` bring; `receiver` is for `self`."""

    positional: Sequence[Value]
    named: Mapping[str, Value]
    rest: Value | None = None
    receiver: Value | None = None


def counts(goal: Goal, marks: Marks) -> Marks:
    """Return the marks that matter at a goal: whether a list is empty doesn't hang on the order in it."""
    if goal is Goal.BRANCH:
        return pass_on(marks, "truth")
    return frozenset(mark for mark in marks if mark.form is not Form.MAPPING)


def apply(summary: Summary, passed: Passed) -> tuple[Value, Iterator[Sink]]:
    """Return what a call gives, and the sinks that it leads to."""
    bound = _bind(summary.arguments, passed)
    value = _returned(summary.returned, bound)
    if summary.is_async:
        value = Value(kind=COROUTINE, fields={AWAITED: value})
    return value, _sinks(summary, bound)


def _sinks(summary: Summary, bound: Mapping[str, Value]) -> Iterator[Sink]:
    for sink in summary.sinks:
        marks = counts(sink.goal, frozenset(_filled(sink.marks, bound, own=False)))
        if marks and sink.goal is not Goal.RESULT:
            yield replace(sink, marks=marks)


def _returned(value: Value, bound: Mapping[str, Value]) -> Value:
    marks = frozenset(_filled(value.own, bound, own=True))
    fields = value.fields
    if fields is not None:
        fields = {key: _returned(item, bound) for key, item in fields.items()}
    same = bound.get(value.parameter)
    if same is not None:
        return same.marked(marks)
    return replace(value, own=marks, fields=fields, parameter="")


def _filled(marks: Marks, bound: Mapping[str, Value], *, own: bool) -> Iterator[Mark]:
    """Yield marks with what is passed in place of the parameters; `own`: those of the callee itself, too."""
    for cause, form in marks:
        if not cause.parameter:
            if own:
                yield Mark(cause, form)
            continue
        value = bound.get(cause.parameter)
        if value is None:
            continue
        if cause.kind is Kind.PARAMETER:
            yield from fill_in(form, value.marks)
        elif value.parameter:
            yield Mark(replace(cause, parameter=value.parameter), form)
        elif value.unordered and not value.is_steady:
            yield Mark(replace(cause, parameter="", holds=value.holds or ""), form)


def _bind(arguments: ast.arguments, passed: Passed) -> Mapping[str, Value]:
    """Return what each parameter gets; what has a default and is not passed is unknown."""
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    positional = [*((passed.receiver,) if passed.receiver is not None else ()), *passed.positional]
    found = dict(zip(names, positional, strict=False))
    keywords = {argument.arg for argument in all_parameters(arguments)}
    found |= {name: value for name, value in passed.named.items() if name in keywords}
    if passed.rest is not None:
        found = dict.fromkeys(keywords, passed.rest) | found
    for extra, values in (
        (arguments.vararg, positional[len(names) :]),
        (arguments.kwarg, [value for name, value in passed.named.items() if name not in keywords]),
    ):
        if extra is not None and values:
            held = join(values)
            found[extra.arg] = Value(pass_on(held.marks, "inside"), holds=held.kind)
    return found


def of_parameter(module: Module, node: ast.arg, known: Value, *, is_open: bool) -> Value:
    """Return what a parameter is in the function's body; `is_open`: a caller may pass a set for it."""
    mark = Mark(Cause(Kind.PARAMETER, module, node, parameter=node.arg), Form.SAME)
    return replace(known, own=frozenset({mark}), parameter=node.arg if is_open else "")


def observed(value: Value, cause: Cause) -> Marks:
    """Return the marks of the things in a value one after the other; `cause` is what puts them in a row."""
    marks = pass_on(value.marks, "sequence")
    if value.parameter:
        return marks | {Mark(replace(cause, parameter=value.parameter), Form.SEQUENCE)}
    if not value.unordered or value.is_steady:
        return marks
    return marks | {Mark(cause, Form.SEQUENCE)}


NOTHING = Summary(ast.arguments([], [], None, [], [], None, []))
