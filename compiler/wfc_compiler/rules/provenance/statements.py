"""Follow the statements of a function from its start to its end: both ways at a branch, twice through a loop."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from ...discover import FunctionNode
from .annotations import described
from .expressions import Expressions
from .state import Variables
from .summaries import Goal
from .values import NO_MARKS, TEXT, UNKNOWN, Form, Kind, Marks, Value, join, pass_on


class Statements(Expressions):
    """Follows one function."""

    def run(self, node: FunctionNode | ast.Lambda) -> Value:
        """Follow the whole of a function; returns what it gives."""
        if isinstance(node, ast.Lambda):
            return self.evaluate(node.body)
        self.block(node.body)
        return join(self.returned)

    def block(self, body: Sequence[ast.stmt]) -> bool:
        """Follow statements; says whether what stands behind them is reached."""
        for statement in body:  # noqa: SIM110 - `all(...)` would take from the own stack of the interpreter at each level
            if not _HANDLERS.get(type(statement), Statements._parts)(self, statement):
                return False
        return True

    def _parts(self, statement: ast.stmt) -> bool:
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr):
                self.evaluate(child)
        return True

    # --- assignments

    def _assign(self, node: ast.Assign) -> bool:
        value = self.evaluate(node.value)
        if _is_longer_self(node):
            value = value.marked(self._added(node.targets[0], value, value, node.value))
        for target in node.targets:
            self.bind(target, value, node.value)
        return True

    def _annotated(self, node: ast.AnnAssign) -> bool:
        known = described(self.provenance.context.program.names, self.module, node.annotation)
        if node.value is not None:
            value = self.evaluate(node.value)
            self.bind(node.target, value if known == UNKNOWN else replace(known, own=value.marks), node.value)
        return True

    def _augmented(self, node: ast.AugAssign) -> bool:
        added = self.evaluate(node.value)
        target = node.target
        before = self.evaluate(target)
        order = self._added(target, before, added, node.value) if isinstance(node.op, ast.Add) else NO_MARKS
        marks = before.marks | added.marks | order | self.control
        if before.unordered:
            marks = pass_on(marks, "orderless")
        self.store(target, lambda _: replace(before, own=marks, fields=None, parameter=""))
        return True

    def _added(self, target: ast.expr, before: Value, added: Value, source: ast.expr) -> Marks:
        """Return the marks of the order in which a loop adds to the end of a text or list."""
        if TEXT in (added.kind, before.kind):
            return self.turning(target, Form.VALUE)
        if "builtins.list" in (added.kind, before.kind):
            return self.turning(target, Form.SEQUENCE) | self.observe(added, source)
        return NO_MARKS

    def _delete(self, node: ast.Delete) -> bool:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.variables.pop(target.id, None)
        return True

    # --- branches

    def _if(self, node: ast.If) -> bool:
        test = pass_on(self.evaluate(node.test).marks, "truth")
        self._branch(node, node.test, test, [node.body, node.orelse])
        self.tests.append(node.test)
        goes_on = self._ways(test, [lambda: self.block(node.body), lambda: self.block(node.orelse)])
        self.tests.pop()
        return goes_on

    def _match(self, node: ast.Match) -> bool:
        subject = self.evaluate(node.subject)
        test = pass_on(subject.marks, "truth")
        self._branch(node, node.subject, test, [case.body for case in node.cases])

        def follow(case: ast.match_case) -> bool:
            for name in _captured(case.pattern):
                self.variables[name] = Value(pass_on(subject.marks, "look_up"))
            if case.guard is not None:
                self.evaluate(case.guard)
            return self.block(case.body)

        return self._ways(test, [*(lambda case=case: follow(case) for case in node.cases), lambda: True])

    def _ways(self, test: Marks, ways: Sequence[Callable[[], bool]]) -> bool:
        """Follow each of several ways from here, and go on with what any of them leaves."""
        before, control = dict(self.variables), self.control
        if not self.turns:
            # What is assigned in a loop adds up over its turns, whichever comes first.
            self.control |= frozenset(mark for mark in test if mark.form is not Form.TURN)
        ends: list[Variables] = []
        for way in ways:
            self.variables = dict(before)
            if way():
                ends.append(self.variables)
        self.control = control
        self.join_ways(ends)
        return bool(ends)

    def _branch(self, node: ast.stmt, test: ast.expr, marks: Marks, ways: Sequence[Sequence[ast.stmt]]) -> None:
        """Note a test that decides whether durable calls are made, in the branch or behind it."""
        if node in self.body.durable:
            alone = self.turns and not self.body.has_several(self.turns[0].node)
            self.note(Goal.BRANCH, test, (m for m in marks if not (alone and m.form is Form.TURN)))
        elif any(self._leaves(node, way) for way in ways):
            # A search that stops early finds the same, whichever way it goes through a set.
            searches = self.turns and Kind.ORDER
            decided = (m for m in marks if m.form is not Form.TURN and m.cause.kind is not searches)
            self.note(Goal.BRANCH, test, decided)

    def _leaves(self, node: ast.stmt, way: Sequence[ast.stmt]) -> bool:
        """Say whether one way of a branch leaves durable calls out that stand behind it."""
        match way[-1:]:
            case [ast.Return() | ast.Raise()]:
                return self.body.last > (node.end_lineno or node.lineno)
            case [ast.Break() | ast.Continue()]:
                return bool(self.turns) and self.turns[-1].node in self.body.durable
            case _:
                return False

    # --- loops

    def _for(self, node: ast.For | ast.AsyncFor) -> bool:
        value = self.evaluate(node.iter)
        row = self.observe(value, node.iter)
        if node in self.body.durable:
            number = frozenset(mark for mark in value.own if mark.form is Form.VALUE)
            self.note(Goal.BRANCH, node.iter, number)
        order = frozenset(mark for mark in row if mark.form in (Form.SEQUENCE, Form.MAPPING, Form.SAME))

        def turn() -> bool:
            self.bind(node.target, self.element(value, row), node.iter)
            return self.block(node.body)

        with self.loop(node, order, _bound_anew(node.body) if order else frozenset()) as left:
            self._rounds(turn, left)
        return self.block(node.orelse)

    def _while(self, node: ast.While) -> bool:
        def turn() -> bool:
            test = pass_on(self.evaluate(node.test).marks, "truth")
            if node in self.body.durable:
                self.note(Goal.BRANCH, node.test, test)
            return self.block(node.body)

        with self.loop(node, NO_MARKS, frozenset()) as left:
            self._rounds(turn, left)
        return self.block(node.orelse)

    def _rounds(self, turn: Callable[[], bool], left: list[Variables]) -> None:
        """Go through a loop: once to learn what comes around, once to note what is found."""
        before = dict(self.variables)
        if self.noting:
            self.noting = False
            turn()
            self.join_ways([before, self.variables, *left])
            self.noting = True
        turn()
        self.join_ways([before, self.variables, *left])

    def _break(self, node: ast.Break) -> bool:
        if self.turns:
            found = {name: self.settled(value, self.turns[-1:]) for name, value in self.variables.items()}
            self.leaving[-1].append(found)
        return False

    def _continue(self, node: ast.Continue) -> bool:
        if self.leaving:
            self.leaving[-1].append(dict(self.variables))
        return False

    # --- the others

    def _try(self, node: ast.Try) -> bool:
        before = dict(self.variables)
        goes_on = self.block(node.body) and self.block(node.orelse)
        after = self.variables
        ends = [after] if goes_on else []
        for handler in node.handlers:
            self.join_ways([before, after])
            if handler.name is not None:
                self.variables[handler.name] = UNKNOWN
            if self.block(handler.body):
                ends.append(self.variables)
        self.join_ways(ends or [before, after])
        return self.block(node.finalbody) and bool(ends)

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        for item in node.items:
            value = self.evaluate(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value, item.context_expr)
        return self.block(node.body)

    def _return(self, node: ast.Return) -> bool:
        value = self.evaluate(node.value) if node.value is not None else UNKNOWN
        value = self.settled(value.marked(self.control), self.turns)
        self.returned.append(value)
        self.note(Goal.RESULT, node, value.marks)
        return False

    def _raise(self, node: ast.Raise) -> bool:
        self._parts(node)
        return False

    def _function(self, node: FunctionNode) -> bool:
        self.variables[node.name] = self.routine(node)
        return True

    def _class(self, node: ast.ClassDef) -> bool:
        self.variables[node.name] = UNKNOWN
        return True


def _is_longer_self(node: ast.Assign) -> bool:
    """Say whether something is added to a variable: `names = names + [name]`."""
    match node:
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.BinOp(left=ast.Name(id=name), op=ast.Add())):
            return name == target
        case _:
            return False


def _bound_anew(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Return the names that a loop's body binds; what is only added to keeps what it had."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif not (isinstance(node, ast.AugAssign) or (isinstance(node, ast.Assign) and _is_longer_self(node))):
            waiting += ast.iter_child_nodes(node)
    return frozenset(found)


def _captured(pattern: ast.pattern) -> Iterator[str]:
    for node in ast.walk(pattern):
        name = node.rest if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
        if isinstance(name, str):
            yield name


def _handlers() -> Mapping[type[ast.stmt], Callable[[Statements, ast.stmt], bool]]:
    table: dict[type[ast.stmt], object] = {
        ast.Assign: Statements._assign,
        ast.AnnAssign: Statements._annotated,
        ast.AugAssign: Statements._augmented,
        ast.Delete: Statements._delete,
        ast.If: Statements._if,
        ast.Match: Statements._match,
        ast.For: Statements._for,
        ast.AsyncFor: Statements._for,
        ast.While: Statements._while,
        ast.Break: Statements._break,
        ast.Continue: Statements._continue,
        ast.Try: Statements._try,
        ast.TryStar: Statements._try,
        ast.With: Statements._with,
        ast.AsyncWith: Statements._with,
        ast.Return: Statements._return,
        ast.Raise: Statements._raise,
        ast.FunctionDef: Statements._function,
        ast.AsyncFunctionDef: Statements._function,
        ast.ClassDef: Statements._class,
    }
    # Each takes the type of its own entry.
    return cast("Mapping[type[ast.stmt], Callable[[Statements, ast.stmt], bool]]", table)


_HANDLERS = _handlers()
