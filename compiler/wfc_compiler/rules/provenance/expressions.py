"""What expressions are, by what stands in them.

names[0]                        which one comes first is as uncertain as the order of `names`
[f(x) for x in tags]            a row in the order of `tags`
tags | {"new"}                  a set
"x" if flag else "y"            as uncertain as `flag`
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from ...discover import FunctionNode
from .calls import Calls, Given, awaited
from .state import field_of, without
from .summaries import Goal
from .values import (
    ITEMS,
    NO_MARKS,
    NUMBER,
    TEXT,
    UNKNOWN,
    VIEW,
    Form,
    Kind,
    Marks,
    Value,
    join,
    join_holds,
    of_kind,
    pass_on,
    shallow,
    taken_in_turn,
    without_identity,
)

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)


class Expressions(Calls):
    """Follows expressions."""

    def evaluate(self, node: ast.expr) -> Value:
        """Return what is known of an expression."""
        handler = _HANDLERS.get(type(node))
        value = handler(self, node) if handler is not None else self._other(node)
        if self.provenance.found:
            mark = self.provenance.found.get(node)
            if mark is not None:
                return value.marked({mark})
        return value

    def _other(self, node: ast.AST) -> Value:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(child)
        return UNKNOWN

    # --- names and parts

    def _name(self, node: ast.Name) -> Value:
        if node.id in self.variables:
            return self.variables[node.id]
        dotted = self.provenance.context.program.names.canonical(self.module, node)
        return self.provenance.variable(dotted) if dotted is not None else UNKNOWN

    def _attribute(self, node: ast.Attribute) -> Value:
        whole = self.evaluate(node.value)
        if whole == UNKNOWN:
            dotted = self.provenance.context.program.names.canonical(self.module, node)
            return self.provenance.variable(dotted) if dotted is not None else UNKNOWN
        if whole.fields is not None and node.attr in whole.fields:
            return whole.fields[node.attr]
        known = self.provenance.attribute(whole.kind, node.attr) if whole.kind else UNKNOWN
        return known.marked(field_of(whole, node.attr).marks)

    def _subscript(self, node: ast.Subscript) -> Value:
        whole = self.evaluate(node.value)
        if isinstance(node.slice, ast.Slice):
            self._other(node.slice)
            return replace(whole, fields=None, own=whole.marks, parameter="")
        key = self.evaluate(node.slice)
        if isinstance(node.slice, ast.Constant) and whole.fields is not None:
            return field_of(whole, node.slice.value)
        # What was stored under `id(x)` is found under it.
        chosen = without_identity(key.marks, "whole")
        return of_kind(whole.keeps, pass_on(whole.marks, "pick") | chosen)

    # --- operators

    def _binary(self, node: ast.BinOp) -> Value:
        # A sum of a thousand terms is as deep on its left side.
        terms: list[tuple[ast.BinOp, Value]] = []
        while isinstance(node.left, ast.BinOp):
            terms.append((node, self.evaluate(node.right)))
            node = node.left
        value = self._operated(node, self.evaluate(node.left), self.evaluate(node.right))
        for outer, right in reversed(terms):
            value = self._operated(outer, value, right)
        return value

    def _operated(self, node: ast.BinOp, left: Value, right: Value) -> Value:
        marks = left.marks | right.marks
        if isinstance(node.op, _SET_OPERATORS) and (
            left.unordered or right.unordered or {left.kind, right.kind} & {VIEW, ITEMS}
        ):
            holds = join_holds(left.holds, right.holds)
            return Value(pass_on(marks, "orderless"), unordered=True, kind="builtins.set", holds=holds)
        if isinstance(node.op, ast.Mod) and left.kind == TEXT:
            shown = frozenset().union(*(self.shown(part, value) for part, value in _formatted(node.right, right)))
            return Value(pass_on(marks, "whole") | shown, kind=TEXT)
        kind = left.kind if left.kind == right.kind else ""
        return Value(
            marks, kind=kind, holds=join_holds(left.holds, right.holds) if left.kind == "builtins.list" else ""
        )

    def _either(self, node: ast.BoolOp) -> Value:
        values: list[Value] = []
        for part in node.values:
            if part in self.body.durable:
                for test, value in zip(node.values, values, strict=False):
                    self.note(Goal.BRANCH, test, pass_on(value.marks, "truth"))
            values.append(self.evaluate(part))
        return join(values)

    def _not(self, node: ast.UnaryOp) -> Value:
        value = self.evaluate(node.operand)
        if isinstance(node.op, ast.Not):
            return Value(pass_on(value.marks, "truth"))
        return Value(value.marks, kind=value.kind)

    def _conditional(self, node: ast.IfExp) -> Value:
        test = pass_on(self.evaluate(node.test).marks, "truth")
        if node in self.body.durable:
            self.note(Goal.BRANCH, node.test, test)
        chosen = join([self.evaluate(node.body), self.evaluate(node.orelse)])
        return chosen.marked(mark for mark in test if mark.form is not Form.TURN)

    def _compare(self, node: ast.Compare) -> Value:
        values = [self.evaluate(side) for side in (node.left, *node.comparators)]
        marks: Marks = NO_MARKS
        for index, value in enumerate(values):
            operator = node.ops[max(index - 1, 0)]
            if isinstance(operator, ast.In | ast.NotIn):
                # An address that is looked for is one that was noted before, in the same process.
                marks |= pass_on(value.marks, "membership") if index else without_identity(value.marks, "whole")
            elif value.unordered:
                marks |= pass_on(value.marks, "orderless")
            else:
                marks |= pass_on(value.marks, "whole")
        if sum(_is_identity(value.marks) for value in values) > 1:
            marks = without_identity(marks, "whole")  # `id(a) == id(b)` says the same in every process
        return Value(marks)

    def _walrus(self, node: ast.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        self.bind(node.target, value, node.value)
        return value

    # --- displays

    def _constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, int | float):
            return Value(kind=NUMBER)
        return Value(kind=TEXT) if isinstance(node.value, str) else UNKNOWN

    def _display(self, node: ast.List | ast.Tuple) -> Value:
        kind = "builtins.list" if isinstance(node, ast.List) else "builtins.tuple"
        if not any(isinstance(part, ast.Starred) for part in node.elts):
            values = [self.evaluate(part) for part in node.elts]
            holds = _held(values)
            return shallow(Value(kind=kind, holds=holds, keeps=holds, fields=dict(enumerate(values))))
        marks, values = NO_MARKS, []
        for part in node.elts:
            if isinstance(part, ast.Starred):
                value = self.evaluate(part.value)
                marks |= self.observe(value, part.value)
                values.append(Value(kind=value.holds or ""))
            else:
                values.append(self.evaluate(part))
                marks |= pass_on(values[-1].marks, "inside")
        return Value(marks, kind=kind, holds=_held(values), keeps=_held(values))

    def _set(self, node: ast.Set) -> Value:
        row = self._display(ast.copy_location(ast.List(node.elts), node))
        only = len(node.elts) == 1 and not isinstance(node.elts[0], ast.Starred)
        kind = "" if only else "builtins.set"  # one thing alone has an order
        return Value(pass_on(row.marks, "orderless"), unordered=not only, kind=kind, holds=row.holds)

    def _dict(self, node: ast.Dict) -> Value:
        fields: dict[object, Value] | None = {}
        marks = NO_MARKS
        keys: list[Value] = []
        values: list[Value] = []
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item)
            values.append(value)
            if key is None:
                marks |= value.marks
            else:
                keys.append(self.evaluate(key))
                marks |= without_identity(keys[-1].marks, "inside") | pass_on(value.marks, "inside")
            if fields is not None and isinstance(key, ast.Constant):
                fields[key.value] = value
            else:
                fields = None
        found = shallow(Value(kind="builtins.dict", holds=_held(keys), keeps=_held(values), fields=fields))
        return found if fields is not None else found.marked(marks)

    def _text(self, node: ast.JoinedStr) -> Value:
        marks = NO_MARKS
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                value = self.evaluate(part.value)
                marks |= self.as_text(part.value, Given([(part.value, value)], {}, []))
                if part.format_spec is not None:
                    marks |= self.evaluate(part.format_spec).marks
        return Value(marks, kind=TEXT)

    # --- comprehensions

    def _comprehension(self, node: _Comprehension) -> Value:
        outside = dict(self.variables)
        rows: Marks = NO_MARKS
        turns: Marks = NO_MARKS
        for generator in node.generators:
            value = self.evaluate(generator.iter)
            row = self.observe(value, generator.iter)
            element = self.element(value, row)
            rows |= row
            turns |= frozenset(taken_in_turn(row)) - value.marks  # not those of the loops around
            self.bind(generator.target, element, generator.iter)
            for test in generator.ifs:
                marks = pass_on(self.evaluate(test).marks, "truth")
                if node in self.body.durable:
                    self.note(Goal.BRANCH, test, marks)
        made = self._made(node)
        for name in _targets(node):
            if name in outside:
                self.variables[name] = outside[name]
            else:
                self.variables.pop(name, None)
        order = frozenset(mark for mark in rows if mark.form in (Form.SEQUENCE, Form.SAME))
        held = without(made, turns)
        if isinstance(node, ast.SetComp):
            return Value(pass_on(held.marks, "inside"), unordered=True, kind="builtins.set", holds=held.kind)
        if isinstance(node, ast.DictComp):
            marks = pass_on(order, "mapping") | pass_on(held.marks, "inside")
            return Value(marks, kind="builtins.dict", keeps=held.kind)
        kind = "builtins.list" if isinstance(node, ast.ListComp) else "generator"
        marks = pass_on(order, "sequence") | pass_on(held.marks, "inside")
        return Value(marks, kind=kind, holds=held.kind, keeps=held.kind)

    def _made(self, node: _Comprehension) -> Value:
        if isinstance(node, ast.DictComp):
            value = self.evaluate(node.value)
            return Value(self.evaluate(node.key).marks | value.marks, kind=value.kind)
        return self.evaluate(node.elt)

    # --- functions, awaiting

    def routine(self, node: FunctionNode | ast.Lambda) -> Value:
        """Follow a function inside the function, with the variables as they are where it is made."""
        summary = self.provenance.follow(self.body, node, self.variables)
        for sink in summary.sinks:
            if sink.goal is not Goal.RESULT:
                self.note(sink.goal, sink.node, (mark for mark in sink.marks if not mark.cause.parameter), sink.name)
        return Value(routine=summary)

    def _lambda(self, node: ast.Lambda) -> Value:
        return self.routine(node)

    def _await(self, node: ast.Await) -> Value:
        value = self.evaluate(node.value)
        self.started(node.value, value)
        return awaited(value)

    def _yield(self, node: ast.Yield) -> Value:
        value = self.evaluate(node.value) if node.value is not None else UNKNOWN
        self.yields = True
        marks = pass_on(value.marks, "inside") | frozenset().union(*(turn.marks for turn in self.turns))
        self.returned.append(Value(frozenset(m for m in marks if m.form is not Form.TURN), holds=value.kind))
        return UNKNOWN

    def _yield_from(self, node: ast.YieldFrom) -> Value:
        self.yields = True
        value = self.evaluate(node.value)
        self.returned.append(Value(self.observe(value, node.value), holds=value.holds))
        return UNKNOWN


def _is_identity(marks: Marks) -> bool:
    return any(mark.cause.kind is Kind.IDENTITY for mark in marks)


def _formatted(node: ast.expr, value: Value) -> list[tuple[ast.expr, Value]]:
    """Return what stands behind `%`, one by one."""
    if isinstance(node, ast.Tuple) and value.fields is not None:
        return list(zip(node.elts, value.fields.values(), strict=True))
    return [(node, value)]


def _held(values: list[Value]) -> str | None:
    kinds = {value.kind for value in values}
    return None if not kinds else kinds.pop() if len(kinds) == 1 else ""


def _targets(node: _Comprehension) -> frozenset[str]:
    targets = (generator.target for generator in node.generators)
    return frozenset(name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))


def _handlers() -> Mapping[type[ast.expr], Callable[[Expressions, ast.expr], Value]]:
    table: dict[type[ast.expr], object] = {
        ast.Name: Expressions._name,
        ast.Attribute: Expressions._attribute,
        ast.Subscript: Expressions._subscript,
        ast.Call: Expressions.call,
        ast.BinOp: Expressions._binary,
        ast.BoolOp: Expressions._either,
        ast.UnaryOp: Expressions._not,
        ast.IfExp: Expressions._conditional,
        ast.Compare: Expressions._compare,
        ast.NamedExpr: Expressions._walrus,
        ast.Constant: Expressions._constant,
        ast.List: Expressions._display,
        ast.Tuple: Expressions._display,
        ast.Set: Expressions._set,
        ast.Dict: Expressions._dict,
        ast.JoinedStr: Expressions._text,
        ast.ListComp: Expressions._comprehension,
        ast.SetComp: Expressions._comprehension,
        ast.DictComp: Expressions._comprehension,
        ast.GeneratorExp: Expressions._comprehension,
        ast.Lambda: Expressions._lambda,
        ast.Await: Expressions._await,
        ast.Yield: Expressions._yield,
        ast.YieldFrom: Expressions._yield_from,
    }
    # Each takes the type of its own entry.
    return cast("Mapping[type[ast.expr], Callable[[Expressions, ast.expr], Value]]", table)


_HANDLERS = _handlers()
