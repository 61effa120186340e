"""What methods of containers and texts do, by name: the receiver's class is rarely known, and these names are telling.

names.append(x)         `names` holds `x`; in a loop over a set its order is uncertain from then on
tags.pop()              takes one out: of a set, any
names.sort()            `names` has an order again
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from .state import field_of
from .values import (
    ITEMS,
    TASK,
    TEXT,
    UNKNOWN,
    VIEW,
    Form,
    Kind,
    Marks,
    Value,
    join,
    join_holds,
    keeping,
    of_kind,
    pass_on,
    without_identity,
)

if TYPE_CHECKING:
    from .calls import Calls, Given

Method = Callable[["Calls", ast.Call, Value, "Given"], Value]


def _receiver(node: ast.Call) -> ast.expr:
    assert isinstance(node.func, ast.Attribute)
    return node.func.value


def _put(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    """Store a thing at the end, or somewhere in a row."""
    _, item = given.positional[-1] if given.positional else (node, UNKNOWN)
    target = _receiver(node)
    marks = pass_on(item.marks, "inside") | state.turning(target, Form.SEQUENCE)
    state.store(target, lambda found: _holding(found, item.kind, marks))
    return UNKNOWN


def _add(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    """Store a thing in a set, where it is looked for; in what order such things were found doesn't show."""
    _, item = given.positional[-1] if given.positional else (node, UNKNOWN)
    quiet = (Kind.ORDER, Kind.IDENTITY)
    marks = frozenset(mark for mark in pass_on(item.marks, "inside") if mark.cause.kind not in quiet)
    once = not state.leaving  # one thing alone in a set has an order

    def added(found: Value) -> Value:
        alone = once and found.holds is None
        return replace(_holding(found, item.kind, marks), unordered=not alone, kind="" if alone else "builtins.set")

    state.store(_receiver(node), added)
    return UNKNOWN


def _extend(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    """Store several things in a row."""
    target = _receiver(node)
    marks = state.turning(target, Form.SEQUENCE)
    for argument, value in given.all():
        marks |= state.observe(value, argument)
    holds = given.first[1].holds if given.first is not None else ""
    state.store(target, lambda found: _holding(found, holds, marks))
    return UNKNOWN


def _update(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    """Store several things in a set or dict, or add to what is hashed."""
    target = _receiver(node)
    if receiver.kind.startswith("hashlib."):
        marks = pass_on(given.marks, "whole") | state.turning(target, Form.VALUE)
        state.store(target, lambda found: found.marked(marks))
        return UNKNOWN
    marks = pass_on(given.marks, "mapping") | state.turning(target, Form.MAPPING)
    if receiver.unordered:
        marks = pass_on(marks, "orderless")
    holds = given.first[1].holds if given.first is not None else ""
    state.store(target, lambda found: replace(_holding(found, holds, marks), fields=None, own=found.marks | marks))
    return UNKNOWN


def _setdefault(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    marks = pass_on(given.marks, "inside") | state.turning(_receiver(node), Form.MAPPING)
    defaults = [value for _, value in given.positional[1:]]
    state.store(_receiver(node), lambda found: keeping(found.marked(marks), join(defaults).kind))
    return join([of_kind(receiver.keeps, pass_on(receiver.marks, "look_up")), *defaults])


def _holding(value: Value, kind: str | None, marks: Marks) -> Value:
    holds = join_holds(value.holds, kind)
    fields = value.fields if value.kind != "builtins.list" else None
    return replace(value, holds=holds, own=(value.own if fields is not None else value.marks) | marks, fields=fields)


def _pop(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    """Take one thing out: at a place, under a key, or any one of a set."""
    if given.positional:
        return join([_looked_up(node, receiver), *(value for _, value in given.positional[1:])])
    row = state.observe(receiver, _receiver(node), at=node)
    return of_kind(receiver.holds, pass_on(row, "pick"))


def _get(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    if not given.positional:
        return of_kind(receiver.holds, pass_on(receiver.marks, "pick"))  # of a queue
    chosen = without_identity(given.positional[0][1].marks, "whole")
    return join([_looked_up(node, receiver).marked(chosen), *(value for _, value in given.positional[1:])])


def _looked_up(node: ast.Call, receiver: Value) -> Value:
    key = node.args[0]
    if isinstance(key, ast.Constant):
        return field_of(receiver, key.value)
    return of_kind(receiver.keeps, pass_on(receiver.marks, "pick"))


def _sort(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    key = given.named.get("key")
    marks = state.sorting_key(key[0] if key else None)
    state.store(_receiver(node), lambda found: replace(found, own=pass_on(found.own, "orderless") | marks))
    return UNKNOWN


def _clear(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    state.store(
        _receiver(node), lambda found: Value(unordered=found.unordered, kind=found.kind, holds=None, keeps=None)
    )
    return UNKNOWN


def _keys(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    return Value(pass_on(receiver.marks, "sequence"), kind=VIEW, holds=receiver.holds)


def _values(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    return Value(pass_on(receiver.marks, "sequence"), holds=receiver.keeps)


def _items(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    return Value(pass_on(receiver.marks, "sequence"), kind=ITEMS, holds=receiver.holds, keeps=receiver.keeps)


def _same(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    return receiver


def _combine(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    """Make a set of a set and others."""
    if not receiver.unordered:
        return UNKNOWN
    found = join([receiver, *(value for _, value in given.positional)])
    return replace(found, unordered=True, own=pass_on(found.marks, "orderless"), fields=None, kind="builtins.set")


def _index(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    return Value(pass_on(receiver.marks, "whole"))


def _text(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    return Value(state.as_text(node, given) | pass_on(receiver.marks, "orderless"), kind=TEXT)


def _fromkeys(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    if given.first is None:
        return UNKNOWN
    argument, value = given.first
    return Value(pass_on(state.observe(value, argument, at=node), "mapping"), kind="builtins.dict", holds=value.holds)


def _create_task(state: Calls, node: ast.Call, receiver: Value, given: Given) -> Value:
    if given.first is None:
        return UNKNOWN
    state.started(*given.first)
    return replace(given.first[1], kind=TASK)


METHODS: Mapping[str, Method] = {
    **dict.fromkeys(("append", "appendleft", "insert", "put", "put_nowait"), _put),
    **dict.fromkeys(("extend", "extendleft"), _extend),
    **dict.fromkeys(("pop", "popleft", "popitem", "get_nowait"), _pop),
    **dict.fromkeys(("union", "intersection", "difference", "symmetric_difference"), _combine),
    **dict.fromkeys(("join", "format"), _text),
    "keys": _keys,
    "values": _values,
    "items": _items,
    "add": _add,
    "update": _update,
    "setdefault": _setdefault,
    "get": _get,
    "sort": _sort,
    "clear": _clear,
    "copy": _same,
    "index": _index,
    "fromkeys": _fromkeys,
    "create_task": _create_task,
}
