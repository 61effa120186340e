"""Draw `try`: every call in it may lead to every handler that may catch what it raises, and all ways to `finally`."""

from __future__ import annotations

import ast
from collections.abc import Callable

from .drawing import Pen, join, labelled
from .frames import Finally, Handlers
from .items import merge
from .walker import Walker

Draw = Callable[[], object]
_EVERYTHING = ("builtins.Exception", "builtins.BaseException")


def draw_try(walker: Walker, node: ast.Try | ast.TryStar) -> None:
    """Draw a `try` with all its clauses."""
    if not node.finalbody:
        _body(walker, node)
        return
    frame = Finally()
    walker.frames.stack.append(frame)
    _body(walker, node)
    walker.frames.stack.remove(frame)
    draw_finally(walker, frame, lambda: walker.walk(node.finalbody))


def throw(walker: Walker, node: ast.Raise) -> None:
    """Draw a `raise`: the way ends here."""
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    name = walker.canonical(raised) if raised is not None else None
    walker.frames.throw(name, walker.pen)
    walker.pen = ()


def draw_finally(walker: Walker, frame: Finally, draw: Draw) -> None:
    """Draw what every way out of a block passes through, once, and send each way on where it was going."""
    normal = walker.pen
    everything = join(normal, frame.errors, frame.cancelled, *frame.jumps.values(), *frame.raised.values())
    if not everything:
        return
    shown, moves = walker.drawing.shown, walker.frames.moves
    walker.pen = everything
    draw()
    if walker.drawing.shown == shown and walker.frames.moves == moves and walker.pen:
        _send_on(walker, frame, None)
        walker.pen = normal
        return
    after = walker.pen
    _send_on(walker, frame, after)
    walker.pen = after if normal else ()


def _send_on(walker: Walker, frame: Finally, after: Pen | None) -> None:
    """Let ways go on where they were going, from `after` if that is given."""
    if after == ():
        return
    for (kind, target), pen in frame.jumps.items():
        walker.frames.leave(kind, target, pen if after is None else after)
    for name, pen in frame.raised.items():
        walker.frames.throw(name, pen if after is None else after)
    if frame.errors and after is None:
        walker.frames.fail(frame.errors)
    elif frame.errors:
        walker.frames.throw(None, after or ())
    if frame.cancelled:
        walker.frames.cancel(
            frame.cancelled if after is None else after, at_last=after is not None and not frame.errors
        )


def _body(walker: Walker, node: ast.Try | ast.TryStar) -> None:
    if not node.handlers:
        walker.walk(node.body)
        walker.walk(node.orelse)
        return
    before = dict(walker.here.env.values)
    classes = [_classes(walker, handler) for handler in node.handlers]
    frame = Handlers([name for names in classes for name in names or ()], _is_everything(classes))
    frame.bare = any(names is None for names in classes)
    walker.frames.stack.append(frame)
    walker.walk(node.body)
    walker.frames.stack.remove(frame)
    ends = []
    during = merge(before, walker.here.env.values)
    walker.walk(node.orelse)
    ends.append(walker.pen)
    values = walker.here.env.values if walker.pen else {}
    left = list(frame.caught)
    for handler, names in zip(node.handlers, classes, strict=True):
        walker.here.env.values = dict(during)
        arriving, left = _arriving(walker, left, names)
        walker.pen = labelled(join(frame.unknown, arriving), _label(walker, handler))
        if isinstance(node, ast.TryStar):
            walker.pen = join(walker.pen, *ends[1:])
        walker.walk(handler.body)
        ends.append(walker.pen)
        values = merge(values, walker.here.env.values) if walker.pen else values
    walker.pen, walker.here.env.values = join(*ends), values


def _arriving(
    walker: Walker, left: list[tuple[str | None, Pen]], names: list[str | None] | None
) -> tuple[Pen, list[tuple[str | None, Pen]]]:
    """Return what a handler catches for sure or perhaps, and what may go on to the next."""
    pens: list[Pen] = []
    rest: list[tuple[str | None, Pen]] = []
    for raised, pen in left:
        answers = [True] if names is None else [walker.frames.ancestry.is_caught(raised, name) for name in names]
        if True in answers or None in answers:
            pens.append(pen)
        if True not in answers:
            rest.append((raised, pen))
    return join(*pens), rest


def _classes(walker: Walker, handler: ast.ExceptHandler) -> list[str | None] | None:
    """Return the canonical names of the classes of a handler; None when it catches everything."""
    if handler.type is None:
        return None
    parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [walker.canonical(part) for part in parts]


def _is_everything(classes: list[list[str | None] | None]) -> bool:
    """Say whether nothing passes the handlers; an `except Exception` lets only the end of the run pass."""
    return any(names is None or any(name in _EVERYTHING for name in names) for names in classes)


def _label(walker: Walker, handler: ast.ExceptHandler) -> str:
    return f"except {walker.text(handler.type)}" if handler.type is not None else "except"
