"""Walk statements in order, branch by branch, and draw what they do.

What a loop, a `try` or a `with` does to ways out is in `loops`, `exceptions` and `contexts`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from .awaiting import await_value
from .contexts import draw_with
from .decisions import draw_branches, draw_choice, evaluate_test
from .drawing import Exit, Pen, join
from .exceptions import draw_try, throw
from .frames import Loop
from .invoke import call, method
from .items import Arguments, Closure, Hook, Instance, Pending, Value, union
from .loops import draw_loop, each
from .resolve import decorated
from .variables import assign, assign_expression
from .walker import Walker, shortened


def walk_statements(walker: Walker, body: Sequence[ast.stmt]) -> None:
    """Walk statements; what follows a `return` is not reached."""
    for statement in body:
        if not walker.pen:
            return
        walker.statements += 1
        _statement(walker, statement)


def _statement(walker: Walker, node: ast.stmt) -> None:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            closure = Closure(walker.here.module, node, walker.here.env)
            walker.bind(node.name, decorated(walker, closure, walker.here), at=node)
        case ast.ClassDef():
            local = (walker.here.module, node, walker.here.env)
            walker.bind(node.name, (Instance(node.name, local),), at=node)
        case ast.If():
            draw_choice(walker, node.test, lambda: walker.walk(node.body), lambda: walker.walk(node.orelse))
        case ast.Match():
            _match(walker, node)
        case ast.For() | ast.AsyncFor():
            _for(walker, node)
        case ast.While():
            _while(walker, node)
        case ast.Try() | ast.TryStar():
            draw_try(walker, node)
        case ast.With() | ast.AsyncWith():
            draw_with(walker, list(node.items), node.body)
        case ast.Return():
            frame = walker.here.frame
            frame.value = union(frame.value, walker.evaluate(node.value))
            walker.frames.leave("return", frame, walker.pen)
            walker.pen = ()
        case ast.Raise():
            walker.evaluate(node.exc)
            throw(walker, node)
        case ast.Break() | ast.Continue():
            loop = next(frame for frame in reversed(walker.frames.stack) if isinstance(frame, Loop))
            walker.frames.leave("break" if isinstance(node, ast.Break) else "continue", loop, walker.pen)
            walker.pen = ()
        case _:
            _simple(walker, node)


def _simple(walker: Walker, node: ast.stmt) -> None:
    match node:
        case ast.Assign():
            assign_expression(walker, node.targets, node.value)
        case ast.AnnAssign(value=ast.expr() as value):
            assign(walker, node.target, walker.evaluate(value))
        case ast.AugAssign():
            assign(walker, node.target, walker.evaluate(node.value), add=True)
        case ast.Expr():
            walker.evaluate(node.value)
        case ast.Assert():
            passed, walker.pen = evaluate_test(walker, node.test)
            walker.evaluate(node.msg)
            walker.frames.throw("builtins.AssertionError", walker.pen)
            walker.pen = passed
        case ast.Delete():
            for target in node.targets:
                if not isinstance(target, ast.Name):
                    walker.evaluate(target)


# --- decisions


def _match(walker: Walker, node: ast.Match) -> None:
    """Draw a `match`: a branch per case, and one for when none matches unless that can't be."""
    subject = walker.evaluate(node.subject)
    fallen: list[Exit] = []  # where guards that waited for something said no: any later case may follow

    def case(item: ast.match_case) -> Callable[[], None]:
        def walk() -> None:
            branch = walker.pen
            walker.pen = join(branch, tuple(fallen))
            for part in ast.walk(item.pattern):
                name = getattr(part, "name", None) if isinstance(part, ast.MatchAs | ast.MatchStar) else None
                if name is not None:
                    walker.bind(name, subject)
            if item.guard is not None:
                walker.pen, no = evaluate_test(walker, item.guard)
                # One that says no before it waits is a pattern that doesn't match: another branch.
                fallen.extend(way for way in no if way not in branch and way not in fallen)
            walker.walk(item.body)

        return walk

    branches: list[tuple[str, Callable[[], object]]] = [(_case_text(walker, item), case(item)) for item in node.cases]
    if not any(_always_matches(item) for item in node.cases):
        branches.append(("no match", lambda: setattr(walker, "pen", join(walker.pen, tuple(fallen)))))
    draw_branches(walker, walker.text(node.subject), branches)


def _case_text(walker: Walker, item: ast.match_case) -> str:
    pattern = walker.text(item.pattern)
    return pattern if item.guard is None else shortened(f"{pattern} if {walker.text(item.guard)}")


def _always_matches(item: ast.match_case) -> bool:
    return item.guard is None and _matches_all(item.pattern)


def _matches_all(pattern: ast.pattern) -> bool:
    match pattern:
        case ast.MatchAs(pattern=None):
            return True
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return _matches_all(inner)
        case ast.MatchOr(patterns=patterns):
            return any(_matches_all(inner) for inner in patterns)
    return False


# --- loops


def _for(walker: Walker, node: ast.For | ast.AsyncFor) -> None:
    value = walker.evaluate(node.iter)

    def orelse() -> None:
        walker.walk(node.orelse)

    def body(item: Value) -> None:
        assign(walker, node.target, item)
        walker.walk(node.body)

    if isinstance(node, ast.AsyncFor):
        value = _async_iterated(walker, value)
        waited = tuple(item for item in value if isinstance(item, Hook | Pending))
        if waited:
            # The iterator is awaited once per round: its node belongs to the loop.
            draw_loop(walker, lambda: _next(walker, waited), lambda: body(()), orelse, is_await=True)
            return
    each(walker, value, body, orelse, is_await=isinstance(node, ast.AsyncFor))


def _next(walker: Walker, waited: Value) -> tuple[Pen, Pen]:
    await_value(walker, waited)
    return walker.pen, walker.pen


def _async_iterated(walker: Walker, value: Value) -> Value:
    """Return what an object of the project is iterated by: its `__aiter__` may be a generator."""
    found: list[Value] = []
    for item in value:
        if isinstance(item, Instance):
            methods = method(walker, item, "__aiter__", (item,))
            found.extend(call(walker, entry, Arguments()) for entry in methods)
        else:
            found.append((item,))
    return union(*found)


def _while(walker: Walker, node: ast.While) -> None:
    draw_loop(
        walker,
        lambda: evaluate_test(walker, node.test),
        lambda: walker.walk(node.body),
        lambda: walker.walk(node.orelse),
    )
