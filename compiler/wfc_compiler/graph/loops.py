"""Draw loops: `for`, `while`, `async for`, comprehensions, over anything or over a generator of the project.

A loop has a joint at its head: the way in, the way back and the way out meet there. What a round leaves in a
variable may be awaited in the next one; such *sites* are completed when the loop has been walked.

    last = None
    for x in xs:
        if last: await last             the site: a -> (next round) -> await last
        last = create_task(a(x))
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .drawing import Exit, Pen, Region, join
from .frames import Loop
from .invoke import iterate
from .items import Generator, Value, multiplied, union
from .walker import Walker

Draw = Callable[[], object]


def draw_loop(
    walker: Walker,
    head: Callable[[], tuple[Pen, Pen]],
    body: Draw,
    orelse: Draw,
    *,
    is_await: bool = False,
) -> None:
    """Draw a loop. Its head says where a round begins, and where the loop ends; it may wait for something."""
    if not walker.pen:
        return
    region = walker.drawing.region("loop", is_await=is_await)
    before, tasks = dict(walker.here.env.values), len(walker.tasks)
    loop = Loop()
    walker.frames.stack.append(loop)
    walker.sites.append([])
    with walker.drawing.inside(region):
        joint = walker.drawing.joint()
        assert joint is not None
        walker.pen, tested = head()
        if walker.pen:
            body()
        walker.pen = join(walker.pen, loop.continues)
        walker.drawing.connect(joint, "loop")
        _complete_sites(walker, region)
    walker.frames.stack.remove(loop)
    _merge_round(walker, before, tasks)
    walker.pen = tested
    if walker.pen:
        orelse()
    walker.pen = join(walker.pen, loop.breaks)


def each(
    walker: Walker, value: Value, body: Callable[[Value], object], orelse: Draw, *, is_await: bool = False
) -> None:
    """Draw what is done with each item of a value; a generator of the project decides itself when that is."""
    generators = [item for item in value if isinstance(item, Generator)]
    rest = tuple(item for item in value if not isinstance(item, Generator))
    ways: list[Draw] = [partial(_over_generator, walker, item, body, orelse) for item in generators]
    if rest or not generators:
        ways.append(
            lambda: draw_loop(walker, lambda: (walker.pen, walker.pen), lambda: body(rest), orelse, is_await=is_await)
        )
    walker.alternatives(ways)


def _over_generator(walker: Walker, item: Generator, body: Callable[[Value], object], orelse: Draw) -> None:
    before, tasks = dict(walker.here.env.values), len(walker.tasks)
    loop = Loop()
    walker.frames.stack.append(loop)

    def round(value: Value) -> None:
        body(value)
        walker.pen = join(walker.pen, loop.continues)
        loop.continues = ()

    iterate(walker, item, round)
    walker.frames.stack.remove(loop)
    _merge_round(walker, before, tasks)
    if walker.pen:
        orelse()
    walker.pen = join(walker.pen, loop.breaks)


def _merge_round(walker: Walker, before: dict[str, Value], tasks: int) -> None:
    """Go on with what variables hold after any number of rounds: there may be many of what is new."""
    values = walker.here.env.values
    for name, value in values.items():
        known = before.get(name, ())
        values[name] = union(known, (item if item in known else multiplied(item) for item in value))
    for name, value in before.items():
        values.setdefault(name, value)
    for task in walker.tasks[tasks:]:
        task.optional = True


def _complete_sites(walker: Walker, region: Region) -> None:
    """Draw for every `await` in the loop what a round leaves behind for the next one."""
    values = walker.here.env.values
    sites = walker.sites.pop()
    for site in sites:
        if site.env is not walker.here.env:
            continue
        held = union(*(values.get(name, ()) for name in site.names))
        new = tuple(item for item in held if item not in site.known)
        site.known = union(site.known, new)
        if new and any(mark == region for mark in walker.drawing.marks[site.before].regions):
            walker.pen = (Exit(site.before),)
            site.draw(new)
            walker.drawing.connect(site.behind)
    if walker.sites:
        walker.sites[-1].extend(sites)
