"""Draw decisions. `prune` takes out those on which nothing durable depends.

    if await a() and await b(): await c()       a? -true-> b? -true-> c, and both -false-> on

A test whose parts wait for something is drawn part by part, since what is left out depends on what came before;
any other is one node with the whole test on it. Loops and expressions go on from the same ways without a node.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from ..binder import fold_test
from .drawing import Exit, Pen, join
from .walker import Walker

Draw = Callable[[], object]
Decide = Callable[[Walker, ast.expr], tuple[Pen, Pen]]


def draw_choice(walker: Walker, test: ast.expr, then: Draw, otherwise: Draw) -> None:
    """Draw `if test: then else: otherwise`."""
    yes, no = _decide(walker, test, _decide_at_node)

    def way(pen: Pen, branch: str, draw: Draw) -> Draw:
        def walk() -> None:
            walker.pen = pen
            with walker.drawing.on_branch(pen[-1].node if pen else 0, branch):
                draw()

        return walk

    walker.alternatives([way(yes, "true", then), way(no, "false", otherwise)])


def evaluate_test(walker: Walker, test: ast.expr) -> tuple[Pen, Pen]:
    """Walk a test; return where it is true and where it is false."""
    return _decide(walker, test, _decide_on_the_way)


def draw_branches(walker: Walker, label: str, branches: Sequence[tuple[str, Draw]]) -> None:
    """Draw a decision whose branches are named."""
    number = walker.drawing.add("conditional", label, branches=tuple(name for name, _ in branches))
    if number is None:
        return

    def way(name: str, draw: Draw) -> Draw:
        def walk() -> None:
            walker.pen = (Exit(number, "conditional", name),)
            with walker.drawing.on_branch(number, name):
                draw()

        return walk

    walker.alternatives([way(name, draw) for name, draw in branches])


def _decide(walker: Walker, test: ast.expr, decide: Decide) -> tuple[Pen, Pen]:
    certain = fold_test(test)
    if certain is not None:
        return (walker.pen, ()) if certain else ((), walker.pen)
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand) if _waits(operand):
            yes, no = _decide(walker, operand, decide)
            return no, yes
        case ast.BoolOp(values=values) if any(_waits(value) for value in values[1:]):
            is_and = isinstance(test.op, ast.And)
            left: list[Pen] = []
            for value in values:
                yes, no = _decide(walker, value, decide)
                left.append(no if is_and else yes)
                walker.pen = yes if is_and else no
            return (walker.pen, join(*left)) if is_and else (join(*left), walker.pen)
        case _:
            return decide(walker, test)


def _decide_at_node(walker: Walker, test: ast.expr) -> tuple[Pen, Pen]:
    walker.evaluate(test)
    number = walker.drawing.add("conditional", walker.text(test), branches=("true", "false"))
    if number is None:
        return (), ()
    return (Exit(number, "conditional", "true"),), (Exit(number, "conditional", "false"),)


def _decide_on_the_way(walker: Walker, test: ast.expr) -> tuple[Pen, Pen]:
    walker.evaluate(test)
    return walker.pen, walker.pen


def _waits(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Await) for part in ast.walk(node))
