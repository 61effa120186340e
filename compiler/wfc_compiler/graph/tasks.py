"""Draw what runs side by side: tasks where they start, and where they are waited for.

    t = asyncio.create_task(a())      start =a       (the pen stays at start)
    await b()                         start -> b
    await t; await c()                a -> c, b -> c

A task's nodes begin at the place that started it; waiting for it joins its end to where the pen is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from .drawing import Exit, Pen, Region, join, parallel
from .frames import Beside
from .items import Gathered, Hook, Item, Pending, Primitive, Task, Value, Waiting, union
from .walker import Walker

Run = Callable[[Item], Value]
_MANY = 8
"""Ways that meet before more than as many tasks start: fewer lead from each to each."""
_TIMEOUT = Primitive("timeout")


def start_task(walker: Walker, item: Pending, region: Region, run: Run) -> Task:
    """Draw a coroutine beside what goes on; the pen stays where it is."""
    before = walker.pen
    beside = Beside()
    task = Task(region, before, optional=item.many)
    first = len(walker.drawing.marks)
    walker.frames.stack.append(beside)
    with walker.drawing.inside(region):
        walker.pen = parallel(before)
        if item.many:
            with walker.drawing.inside(walker.drawing.region("loop")):
                task.value = run(item)
        else:
            task.value = run(item)
    walker.frames.stack.pop()
    started = dict(zip(parallel(before), before, strict=True))

    def in_line(pen: Pen) -> Pen:
        """Return the way past a task that did nothing as what it was."""
        return tuple(started.get(exit, exit) for exit in pen)

    task.pen, task.errors, task.cancelled = map(in_line, (walker.pen, beside.errors, beside.cancelled))
    task.raised = tuple((name, in_line(pen)) for name, pen in beside.raised)
    task.marks = first, len(walker.drawing.marks)
    walker.pen = before
    walker.tasks.append(task)
    return task


def start_all(walker: Walker, members: Value, method: str, run: Run) -> Gathered:
    """Start what isn't under way yet, and put all of it into one group."""
    region = walker.drawing.region(method)
    if len(walker.pen) > _MANY < len(members):
        walker.drawing.joint()
    tasks: list[Task] = []
    for item in members:
        match item:
            case Task():
                walker.drawing.regroup(*item.marks, item.region, region)
                item.region = region
                tasks.append(item)
            case Gathered():
                tasks.extend(item.tasks)
            case Pending():
                tasks.append(start_task(walker, item, region, run))
            case Hook():
                tasks.append(start_task(walker, Pending(Waiting("one", (item,), timeout=False)), region, run))
    return Gathered(method, tuple(tasks))


def join_tasks(walker: Walker, tasks: Sequence[Task], *, settles: bool = False, first: bool = False) -> Value:
    """Wait for tasks: what comes next comes after them. Return what they give.

    With `settles` a task that failed is one that ended; else it fails here. With `first` only one need end.
    """
    walker.tasks = [task for task in walker.tasks if task not in tasks]
    given = union(*(task.value for task in tasks))
    live = [task for task in tasks if not task.silent]
    if not walker.pen:
        return given
    silent = len(live) < len(tasks) or not live
    here = tuple(exit for exit in walker.pen if (first and silent) or not _went_on(exit, live))
    ends = join(*(task.pen for task in live), *(task.errors for task in live if settles))
    walker.frames.cancel(join(walker.pen, *(task.cancelled for task in tasks)))
    if not settles:
        walker.frames.fail(join(here, *(task.errors for task in tasks)))
    for name, pen in [raised for task in tasks for raised in task.raised]:
        if settles:
            ends = join(ends, pen)
        else:
            walker.frames.throw(name, join(here, pen))
    endless = any(not task.pen and not task.optional for task in live)
    walker.pen = () if endless and not first else join(here, ends)
    return given


def _went_on(exit: Exit, tasks: Sequence[Task]) -> bool:
    """Say whether the way from an exit leads through one of the tasks."""
    return any(exit in task.fork and not task.optional for task in tasks)


def await_gathered(walker: Walker, gathered: Gathered) -> Value:
    """Wait for what `gather` gave."""
    return join_tasks(walker, gathered.tasks, settles=gathered.method == "allSettled")


def wait_for(walker: Walker, waiting: Waiting, run: Run) -> Value:
    """Draw `asyncio.wait` or `wait_for`: what is waited for beside a timer."""
    gathered = start_all(walker, waiting.members, "race" if waiting.method == "one" else waiting.method, run)
    tasks = list(gathered.tasks)
    region = tasks[0].region if tasks else walker.drawing.region(waiting.method)
    if not waiting.timeout:
        given = join_tasks(walker, tasks, settles=True, first=waiting.method != "allSettled")
    elif waiting.method == "one":
        timer = start_timer(walker, region)
        given = join_tasks(walker, tasks)
        walker.frames.throw("builtins.TimeoutError", join(timer, *(task.cancelled for task in tasks)))
    else:
        timer = start_timer(walker, region)
        before = walker.pen
        given = join_tasks(walker, tasks, settles=True, first=waiting.method != "allSettled")
        walker.pen = join(timer, before if not walker.pen else walker.pen) if timer else walker.pen
    return union(given, tasks)


def start_timer(walker: Walker, region: Region) -> Pen:
    """Draw the timer of a timeout beside what goes on; return where it ends."""
    before = walker.pen
    with walker.drawing.inside(region):
        walker.pen = parallel(before)
        walker.drawing.add("primitive", _TIMEOUT.label)
    end, walker.pen = walker.pen, before
    return tuple(replace(exit, type="default") for exit in end)
