"""Walk an expression in the order in which it is evaluated: draw what it awaits, return what it may give.

(await a(), b())        draws a; gives the coroutine of b, which hasn't started
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from .awaiting import await_value
from .callees import call_value
from .decisions import draw_choice, evaluate_test
from .drawing import Pen, join
from .items import Closure, Value, multiplied, union
from .loops import each
from .resolve import attribute_value, name_value
from .variables import assign
from .walker import Walker

_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def evaluate(walker: Walker, node: ast.expr) -> Value:
    """Walk an expression; return what it may give."""
    match node:
        case ast.Constant():
            return ()
        case ast.Name():
            return name_value(walker, node)
        case ast.Attribute():
            return attribute_value(walker, node, walker.evaluate(node.value))
        case ast.Lambda():
            return (Closure(walker.here.module, node, walker.here.env),)
        case ast.Await():
            return _await(walker, node)
        case ast.Call():
            return call_value(walker, node)
        case ast.IfExp():
            return _conditional(walker, node)
        case ast.BoolOp():
            return _either(walker, node)
        case ast.Compare():
            _comparison(walker, [node.left, *node.comparators])
            return ()
        case ast.NamedExpr():
            value = walker.evaluate(node.value)
            walker.bind(node.target.id, value, at=node)
            return value
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return _comprehension(walker, node)
        case ast.Yield() | ast.YieldFrom():
            return _yield(walker, node)
        case _:
            return _parts(walker, node)


def _parts(walker: Walker, node: ast.expr) -> Value:
    """Walk the parts of a container, an operation, a string."""
    values = [walker.evaluate(part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
    if isinstance(node, ast.Subscript | ast.BinOp):
        walker.may_fail()
    return union(*values)


def _await(walker: Walker, node: ast.Await) -> Value:
    value = walker.evaluate(node.value)
    names = (
        frozenset(part.id for part in ast.walk(node.value) if isinstance(part, ast.Name))
        if walker.sites
        else frozenset()
    )
    return await_value(walker, value, names)


def _conditional(walker: Walker, node: ast.IfExp) -> Value:
    values: list[Value] = []
    draw_choice(
        walker,
        node.test,
        lambda: values.append(walker.evaluate(node.body)),
        lambda: values.append(walker.evaluate(node.orelse)),
    )
    return union(*values)


def _either(walker: Walker, node: ast.BoolOp) -> Value:
    """Walk `x or y`: what it gives is one of them."""
    values: list[Value] = []
    left: list[Pen] = []
    for part in node.values:
        if isinstance(part, ast.BoolOp | ast.UnaryOp | ast.Constant):
            yes, no = evaluate_test(walker, part)
        else:
            values.append(walker.evaluate(part))
            yes = no = walker.pen
        walker.pen, over = (yes, no) if isinstance(node.op, ast.And) else (no, yes)
        left.append(over)
    walker.pen = join(walker.pen, *left)
    return union(*values)


def _comparison(walker: Walker, parts: Sequence[ast.expr]) -> None:
    """Walk `a < b < c`, where `c` may be left out."""
    skipped: Pen = ()
    for position, part in enumerate(parts):
        if position > 1:
            skipped = join(skipped, walker.pen)
        walker.evaluate(part)
    walker.pen = join(walker.pen, skipped)


def _comprehension(walker: Walker, node: _Comprehension) -> Value:
    given: list[Value] = []
    outer = dict(walker.here.env.values)

    def element() -> None:
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        given.extend(walker.evaluate(part) for part in parts if part is not None)

    def generator(position: int) -> Callable[[Value], None]:
        def body(value: Value) -> None:
            clause = node.generators[position]
            assign(walker, clause.target, value)
            skipped: list[Pen] = []
            for condition in clause.ifs:
                walker.pen, no = evaluate_test(walker, condition)
                skipped.append(no)
            further(position + 1)
            walker.pen = join(walker.pen, *skipped)

        return body

    def further(position: int) -> None:
        if position == len(node.generators):
            element()
            return
        clause = node.generators[position]
        each(walker, walker.evaluate(clause.iter), generator(position), lambda: None, is_await=bool(clause.is_async))

    further(0)
    targets = {part.id for clause in node.generators for part in ast.walk(clause.target) if isinstance(part, ast.Name)}
    for name in targets:
        walker.here.env.values.pop(name, None)
        if name in outer:
            walker.here.env.values[name] = outer[name]
    return tuple(multiplied(item) for item in union(*given))


def _yield(walker: Walker, node: ast.Yield | ast.YieldFrom) -> Value:
    value = walker.evaluate(node.value)
    if walker.here.on_yield is None:
        return ()
    if isinstance(node, ast.YieldFrom):
        each(walker, value, walker.here.on_yield, lambda: None)
    else:
        walker.here.on_yield(value)
    return ()
