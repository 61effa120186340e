"""Draw what `await` waits for: a coroutine that starts here, a task, a group, a hook."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from . import invoke
from .items import AWAITABLE, Gathered, Item, Task, Value, union
from .tasks import await_gathered, join_tasks
from .walker import Site, Walker


def await_value(walker: Walker, value: Value, names: frozenset[str] = frozenset()) -> Value:
    """Wait for a value; return what that gives. `names` are the variables that it was read from."""
    if not walker.pen:
        return ()
    found = tuple(item for item in value if isinstance(item, AWAITABLE))
    if not walker.sites or not names:
        return _wait(walker, found)
    site = Site(walker.here.env, names, found, walker.drawing.joint() or 0, lambda new: _wait(walker, new))
    given = _wait(walker, found)
    site.behind = walker.drawing.joint() or 0
    if site.behind:
        walker.sites[-1].append(site)
    return given


def _wait(walker: Walker, value: Value) -> Value:
    """Wait for one of several things, which of them is not known; for all tasks among them."""
    tasks = [item for item in value if isinstance(item, Task)]
    rest = [item for item in value if not isinstance(item, Task)]
    given: list[Value] = []

    def one(item: Item) -> None:
        given.append(_wait_one(walker, item))

    if tasks:
        given.append(join_tasks(walker, tasks))
    ways: list[Callable[[], None]] = [partial(one, item) for item in rest]
    walker.alternatives([*ways, lambda: None] if tasks and rest else ways)
    if not value:
        walker.may_fail()
    return union(*given)


def _wait_one(walker: Walker, item: Item) -> Value:
    if isinstance(item, Gathered):
        return await_gathered(walker, item)
    return invoke.run(walker, item)
