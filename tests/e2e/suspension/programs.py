"""Random workflows as source text: blocks within blocks, in coroutines, generators and async generators.

`statements(kind)` draws a tree of statements; `render` makes a module of it. Every step, note and sleep gets a number
of its own, so that the order of what happened can be compared, and no two timers are due at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis import strategies as st

Kind = Literal["coroutine", "generator", "async generator"]
Node = tuple[Any, ...]

HEAD = '''"""A random program."""

import asyncio
import contextlib

import wfc

from .scopes import Plain, Waiting, managed, waiting
from .steps import Ping, careful, child, note, wf, work

'''

# What is caught: a generator may not catch its own closing, since it would yield again.
NARROW = ("ValueError", "LookupError as error", "(KeyError, ValueError)", "Exception")
BROAD = (*NARROW, "BaseException", "", "asyncio.CancelledError")
SYNC_MANAGERS = ("Plain({n})", "Plain({n}, swallow=True)", "managed({n})", "contextlib.suppress(ValueError)")
ASYNC_MANAGERS = (
    "Waiting({n})",
    "Waiting({n}, swallow=True)",
    "waiting({n})",
    "asyncio.timeout({t})",
    "contextlib.AsyncExitStack() as stack",
    "asyncio.TaskGroup() as group",
)
SIMPLE = {
    "coroutine": (
        *["step"] * 6,
        *["careful", "ping", "child"],
        *["sleep"] * 3,
        *["note", "raise", "raise", "return", "break", "continue"],
    ),
    "generator": (*["yield"] * 6, "note", "raise", "return", "break", "continue"),
    "async generator": (*["yield"] * 5, *["step"] * 4, "sleep", "note", "raise", "return", "break", "continue"),
}
COMPOUND = {
    "coroutine": (
        *["try", "try", "try", "with", "async with", "for", "while", "match", "over", "pings"],
        *["call", "gather", "race", "wait_for", "shield", "as_completed", "queue", "lock", "event", "leave"],
    ),
    "generator": ("try", "try", "with", "for", "while"),
    "async generator": ("try", "try", "with", "async with", "for", "while", "match"),
}


def programs() -> st.SearchStrategy[list[Node]]:
    """Draw the body of a workflow."""
    return _bodies("coroutine", 3)


def _bodies(kind: Kind, depth: int) -> st.SearchStrategy[list[Node]]:
    return st.lists(_statements(kind, depth), min_size=1, max_size=3)


def _statements(kind: Kind, depth: int) -> st.SearchStrategy[Node]:
    simple = st.tuples(st.sampled_from(SIMPLE[kind]))
    if depth == 0:
        return simple
    return st.one_of(simple, st.sampled_from(COMPOUND[kind]).flatmap(lambda what: _compound(what, kind, depth - 1)))


def _compound(what: str, kind: Kind, depth: int) -> st.SearchStrategy[Node]:
    body = _bodies(kind, depth)
    maybe = st.one_of(st.none(), body)
    match what:
        case "try":
            caught = st.sampled_from(BROAD if kind == "coroutine" else NARROW)
            handler = st.one_of(st.none(), st.tuples(caught, body, st.booleans()))
            return st.tuples(st.just("try"), body, handler, maybe, maybe)
        case "with":
            return st.tuples(st.just("with"), st.sampled_from(SYNC_MANAGERS), body)
        case "async with":
            return st.tuples(st.just("async with"), st.sampled_from(ASYNC_MANAGERS), body)
        case "for" | "while":
            return st.tuples(st.just(what), body, maybe)
        case "match":
            return st.tuples(st.just("match"), body, body)
        case "call" | "wait_for" | "shield" | "leave" | "pings":
            return st.tuples(st.just(what), body)
        case "queue" | "lock" | "as_completed":
            return st.tuples(st.just(what), st.lists(body, min_size=2, max_size=2))
        case "event":
            return st.tuples(st.just("event"), st.lists(body, min_size=1, max_size=1), st.booleans())
        case "gather":
            return st.tuples(st.just("gather"), st.lists(body, min_size=2, max_size=3), st.booleans())
        case "race":
            return st.tuples(st.just("race"), st.lists(body, min_size=2, max_size=2))
        case "over":
            generator: st.SearchStrategy[Kind] = st.sampled_from(["generator", "async generator"])
            drawn: st.SearchStrategy[Node] = generator.flatmap(
                lambda made: st.tuples(st.just("over"), st.just(made), _bodies(made, depth), body, maybe)
            )
            return drawn
    raise AssertionError(what)


def render(body: list[Node]) -> str:
    """Return the module of a program, whose workflow is called `program`."""
    lines = ["@wf.workflow", "async def program() -> str:"]
    lines += _Writer().block(body, _Place("coroutine"))
    return HEAD + "\n".join([*lines, '    return "end"', ""])


@dataclass(frozen=True)
class _Place:
    """Where a statement stands: what may be written there."""

    kind: Kind
    in_loop: bool = False
    in_finally: bool = False


@dataclass
class _Writer:
    count: int = 0
    names: list[str] = field(default_factory=list)

    def number(self) -> int:
        self.count += 1
        return self.count

    def block(self, body: list[Node], place: _Place) -> list[str]:
        return [f"    {line}" for node in body for line in self.statement(node, place)]

    def statement(self, node: Node, place: _Place) -> Iterator[str]:
        """Write a statement; what it calls is defined just before it."""
        match node:
            case (what,):
                yield self.simple(what, place)
            case ("try", body, handler, orelse, final):
                yield from self.try_statement(body, handler, orelse, final, place)
            case (("with" | "async with") as what, manager, body):
                yield from self.with_statement(what, manager, body, place)
            case ("for", body, orelse):
                yield f"for _ in range({2}):"
                yield from self.loop(body, orelse, place)
            case ("while", body, orelse):
                name = f"left_{self.number()}"
                yield from (f"{name} = 2", f"while {name}:", f"    {name} -= 1")
                yield from self.loop(body, orelse, place)
            case ("match", body, other):
                yield f"match {self.number()} % 2:"
                yield from ("    case 0:", *self.indented(body, place), "    case _:", *self.indented(other, place))
            case ("pings", body):
                n = self.number()
                yield from (f"async with Ping.wait() as hook_{n}:", f"    async for ping in hook_{n}:")
                yield from ("        if ping.n > 2:", "            break", f'        note(f"ping {{ping.n}} of {n}")')
                yield from self.indented(body, _Place(place.kind, in_loop=True))
            case ("over", made, generator, body, orelse):
                yield from self.over(made, generator, body, orelse, place)
            case _:
                yield from self.tasks(node)

    def simple(self, what: str, place: _Place) -> str:
        n = self.number()
        if what in ("break", "continue") and place.in_loop and not place.in_finally:
            return what
        match what:
            case "step":
                return f'note(await work("step {n}"))'
            case "careful":
                return f'note(await careful("careful {n}"))'
            case "ping":
                return f'note(f"ping {{(await Ping.wait()).n}} of {n}")'
            case "child":
                return f'note(await (await wfc.start(child, "child {n}")).return_value())'
            case "sleep":
                return f"await asyncio.sleep({seconds(n)})"
            case "raise":
                return f'raise {("ValueError", "KeyError")[n % 2]}("{n}")'
            case "yield":  # in `finally`, too: then closing the generator is an error, which asyncio's loop hears of
                return f"yield {n}"
            case "return" if not place.in_finally:
                return f'return "{n}"' if place.kind == "coroutine" else "return"
        return f'note("{n}")'

    def try_statement(
        self, body: list[Node], handler: Any, orelse: list[Node] | None, final: list[Node] | None, place: _Place
    ) -> Iterator[str]:
        yield from ("try:", *self.block(body, place))
        if handler is not None:
            caught, handled, again = handler
            yield from (f"except {caught}:".replace(" :", ":"), f'    note("caught {self.number()}")')
            yield from self.block(handled, place)
            yield from ["    raise"] if again else []
            yield from ["else:", *self.block(orelse, place)] if orelse else []
        if final is not None or handler is None:
            yield from ("finally:", f'    note("left {self.number()}")')
            yield from self.block(final or [], _Place(place.kind, place.in_loop, in_finally=True))

    def with_statement(self, what: str, manager: str, body: list[Node], place: _Place) -> Iterator[str]:
        n = self.number()
        yield f"{what} {manager.format(n=repr(f'manager {n}'), t=seconds(n))}:"
        if manager.endswith("as stack"):
            yield f'    stack.callback(note, "callback {n}")'
            yield f'    await stack.enter_async_context(Waiting("entered {n}"))'
            yield f'    stack.push_async_callback(work, "pushed {n}")'
        if manager.endswith("as group"):
            yield f"    async def member_{n}() -> object:"
            yield from self.indented([("try", [("step",), ("sleep",)], None, None, [("note",)])], _Place("coroutine"))
            yield f"    group.create_task(member_{n}())"
        yield from self.block(body, place)

    def loop(self, body: list[Node], orelse: list[Node] | None, place: _Place) -> Iterator[str]:
        yield from self.block(body, _Place(place.kind, in_loop=True))
        yield from ["else:", *self.block(orelse, place)] if orelse else []

    def indented(self, body: list[Node], place: _Place) -> list[str]:
        return [f"    {line}" for line in self.block(body, place)]

    def over(
        self, made: Kind, generator: list[Node], body: list[Node], orelse: list[Node] | None, place: _Place
    ) -> Iterator[str]:
        n = self.number()
        asynchronous = "async " if made == "async generator" else ""
        yield f"{asynchronous}def items_{n}():"
        yield from (*self.block(generator, _Place(made)), "    yield 0")
        yield f"{asynchronous}for item in items_{n}():"
        yield f'    note(f"item {{item}} of {n}")'
        yield from self.loop(body, orelse, place)

    def tasks(self, node: Node) -> Iterator[str]:
        """Write the statements that run coroutines of their own."""
        what, rest, *more = node
        bodies = rest if what in ("gather", "race", "as_completed", "queue", "lock", "event") else [rest]
        calls = [f"call_{self.number()}()" for _ in bodies]
        n = self.number()
        before, within = _HARNESS.get(what, ((), ("",) * len(bodies)))
        yield from (line.format(n=n) for line in before)
        for call, body, first in zip(calls, bodies, within, strict=True):
            yield f"async def {call} -> object:"
            place = _Place("coroutine")
            if not first:
                yield from self.block(body, place)
            else:
                yield from ("    " + first.format(n=n), *self.indented(body, place))
        yield from self.run_tasks(what, calls, n, *more)

    def run_tasks(self, what: str, calls: list[str], n: int, option: bool = False) -> Iterator[str]:
        """Write what runs the coroutines that were defined just before."""
        listed = ", ".join(calls)
        match what:
            case "call":
                yield f"note(str(await {listed}))"
            case "leave":
                yield f"left_{n} = asyncio.create_task({listed})"
            case "gather" | "lock":
                options = ", return_exceptions=True" if option or what == "lock" else ""
                yield f"note(repr(await asyncio.gather({listed}{options})))"
            case "queue":
                yield "async with asyncio.TaskGroup() as group:"
                yield from (f"    group.create_task({call})" for call in calls)
            case "race":
                yield f"race = [asyncio.create_task(call) for call in ({listed})]"
                yield "await asyncio.wait(race, return_when=asyncio.FIRST_COMPLETED)"
                yield from ("for task in race:", "    task.cancel()")
                yield "note(repr(await asyncio.gather(*race, return_exceptions=True)))"
            case "as_completed":
                yield f"for following in asyncio.as_completed([asyncio.create_task(call) for call in ({listed})]):"
                yield "    note(repr(await following))"
            case "wait_for":
                yield f"note(repr(await asyncio.wait_for({listed}, {seconds(n)})))"
            case "event":
                yield from (f"waiting_{n} = asyncio.create_task({listed})", "await asyncio.sleep(0)")
                yield from (f'note(await work("before event {n}"))', f"event_{n}.set()")
                yield f"note(repr(await waiting_{n}))" if option else f'return "{n}"'
            case "shield":
                yield from (f"shielded_{n} = asyncio.create_task({listed})", "try:")
                yield f"    async with asyncio.timeout({seconds(n)}):"
                yield f"        note(repr(await asyncio.shield(shielded_{n})))"
                yield from ("except TimeoutError:", f"    note(repr(await shielded_{n}))")
            case _:
                raise AssertionError(what)


# What the coroutines of a statement share, defined before them, and what each of them begins with, around its body.
_HARNESS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "queue": (
        ("queue_{n} = asyncio.Queue(1)",),
        ("for item in (await queue_{n}.put(1), await queue_{n}.put(2)):", "while await queue_{n}.get() != 2:"),
    ),
    "lock": (("lock_{n} = asyncio.Lock()",), ("async with lock_{n}:", "async with lock_{n}:")),
    "event": (("event_{n} = asyncio.Event()",), ("if await event_{n}.wait():",)),
}


def seconds(n: int) -> float:
    """Return a duration; sums of different ones differ."""
    return round(1 + n * 0.6180339887 % 1, 6)
