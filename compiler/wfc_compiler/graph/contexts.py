"""Draw `with`: task groups, timeouts, hooks, `suppress`, context managers of the project.

A task group waits at its end for the tasks that were started in it, however its block is left.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial

from . import invoke
from .awaiting import await_value
from .drawing import join
from .exceptions import draw_finally
from .frames import Deadline, Finally, Handlers
from .items import AWAITABLE, Arguments, Generator, Group, Instance, Suppress, Timeout, Value, union
from .loops import Draw
from .tasks import join_tasks, start_timer
from .variables import assign
from .walker import Walker


def draw_with(walker: Walker, items: Sequence[ast.withitem], body: Sequence[ast.stmt]) -> None:
    """Draw a `with` of any number of items."""
    if not items:
        walker.walk(body)
        return
    item, *rest = items
    value = walker.evaluate(item.context_expr)

    def inner(entered: Value) -> None:
        if item.optional_vars is not None:
            assign(walker, item.optional_vars, entered)
        draw_with(walker, rest, body)

    entered = next((entry for entry in value if isinstance(entry, _ENTERED)), None)
    match entered:
        case Group():
            _task_group(walker, entered, partial(inner, (entered,)))
        case Timeout():
            _timeout(walker, partial(inner, ()))
        case Suppress():
            _suppress(walker, entered, partial(inner, ()))
        case Generator():
            invoke.iterate(walker, entered, inner)
        case Instance():
            _object(walker, entered, inner)
        case _:
            inner(value)


_ENTERED = (Group, Timeout, Suppress, Generator, Instance)


def _task_group(walker: Walker, group: Group, draw: Draw) -> None:
    frame = Finally()
    since = len(walker.tasks)
    walker.frames.stack.append(frame)
    draw()
    walker.frames.stack.remove(frame)
    tasks = [task for task in walker.tasks[since:] if task.region == group.region]
    walker.tasks = [task for task in walker.tasks if task not in tasks]
    cancelled = join(*(task.cancelled for task in tasks))
    given_up = join(cancelled, *(task.errors for task in tasks), *(pen for task in tasks for _, pen in task.raised))
    normal = walker.pen
    for (kind, target), pen in frame.jumps.items():
        walker.pen = pen
        join_tasks(walker, tasks)
        walker.frames.leave(kind, target, walker.pen)
    for name, pen in frame.raised.items():
        walker.frames.throw(name, join(pen, given_up))
    if frame.errors:
        walker.frames.fail(join(frame.errors, given_up))
    walker.frames.cancel(join(frame.cancelled, cancelled))
    walker.pen = normal
    join_tasks(walker, tasks)


def _timeout(walker: Walker, draw: Draw) -> None:
    region = walker.drawing.region("race")
    timer = start_timer(walker, region)
    frame = Deadline()
    walker.frames.stack.append(frame)
    with walker.drawing.inside(region):
        draw()
    walker.frames.stack.remove(frame)
    walker.frames.cancel(frame.cancelled)
    walker.frames.throw("builtins.TimeoutError", join(timer, frame.cancelled))


def _suppress(walker: Walker, suppress: Suppress, draw: Draw) -> None:
    everything = any(name in ("builtins.Exception", "builtins.BaseException") for name in suppress.classes)
    frame = Handlers(suppress.classes, everything)
    walker.frames.stack.append(frame)
    draw()
    walker.frames.stack.remove(frame)
    walker.pen = join(walker.pen, frame.unknown, *(pen for _, pen in frame.caught))


def _object(walker: Walker, item: Instance, inner: Callable[[Value], None]) -> None:
    """Draw an object of the project: what its `__aenter__` and `__aexit__` do, around the block."""
    entered = _special(walker, item, "__aenter__", "__enter__")
    frame = Finally()
    walker.frames.stack.append(frame)
    inner(entered or (item,))
    walker.frames.stack.remove(frame)
    draw_finally(walker, frame, lambda: _special(walker, item, "__aexit__", "__exit__"))


def _special(walker: Walker, item: Instance, *names: str) -> Value:
    methods = union(*(invoke.method(walker, item, name, (item,)) for name in names))
    made = union(*(invoke.call(walker, entry, Arguments()) for entry in methods))
    waited = tuple(entry for entry in made if isinstance(entry, AWAITABLE))
    return await_value(walker, waited) if waited else made
