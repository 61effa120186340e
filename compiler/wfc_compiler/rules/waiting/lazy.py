"""Durable calls in generator expressions and lambdas that nothing runs as they are meant to: WFC314.

sum(await price(i) for i in items)              fails: it is an async generator
any(paid(i) for i in items)                     looks at coroutines, which are all true
asyncio.gather(*(charge(i) for i in items))     fine
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ...callgraph import Reached
from ...diagnostics import Diagnostic
from ..base import Context, Rule
from ..frames import frame_of, own_nodes
from ..scaffold import in_asyncio, in_flow
from .uses import Use, Uses

_COROUTINES = frozenset({"step", "workflow", "sleep", "coroutine"})


def _builtins(names: str) -> frozenset[str]:
    return frozenset(f"builtins.{name}" for name in names.split())


# They look at what a generator gives; the others only run through it, with a plain `for`.
_LOOKS_AT_ITEMS = _builtins("sum min max any all sorted len str print bool repr") | {"asyncio.gather", "asyncio.wait"}
_RUNS_THROUGH = _builtins("list tuple set frozenset dict iter next enumerate zip map filter")
# What they call gives a value that they need at once.
_KEYED = frozenset({"builtins.sorted", "builtins.min", "builtins.max", "itertools.groupby", "functools.reduce"})
_PREDICATES = frozenset({"builtins.filter", "itertools.filterfalse", "itertools.takewhile", "itertools.dropwhile"})
_CALLBACK_METHODS = frozenset({"call_soon", "call_later", "call_at", "add_done_callback"})
_STACKS = frozenset({"contextlib.ExitStack.callback", "contextlib.AsyncExitStack.callback", "weakref.finalize"})


class LazyCall(Rule):
    """A durable call stands in a generator expression or a lambda that never awaits it.

    Why: Both hold their code back. A generator expression with an `await` in it is an async generator, which `sum`,
    `list` or `any` refuse; without one it gives coroutines that nobody awaits. What a key function or a callback
    returns is looked at or dropped, never awaited. The steps don't run.

    Fix: Write a list comprehension, `sum([await price(i) for i in items])`, or give all calls to `gather`:
    `sum(await asyncio.gather(*(price(i) for i in items)))`.

    Suppress: Where whatever gets the generator or the lambda does await what comes out of it.
    """

    code = "WFC314"
    bad = (
        in_flow("return sum(await charge(i) for i in range(3))"),
        in_flow("return [x for x in (await charge(i) for i in range(3))]"),
        in_flow("return any(charge(i) for i in range(3))"),
        in_flow("(charge(i) for i in range(3))"),
        in_flow("calls = (charge(i) for i in range(3))\n    return name"),
        in_asyncio("await asyncio.gather(charge(i) for i in range(3))"),
        in_flow("return sorted([1, 2], key=lambda i: charge(i))"),
        in_flow("later = lambda: charge()\n    return name"),
        in_asyncio(
            "task = asyncio.create_task(charge())\n    task.add_done_callback(lambda _: charge())\n    await task"
        ),
        in_asyncio("loop = asyncio.get_running_loop()\n    loop.call_later(5, charge, 1)\n    await charge()"),
    )
    good = (
        in_flow("return sum([len(await charge(i)) for i in range(3)])"),
        in_asyncio("return await asyncio.gather(*(charge(i) for i in range(3)))"),
        in_asyncio("calls = (charge(i) for i in range(3))\n    return await asyncio.gather(*calls)"),
        in_flow("return [await c for c in (charge(i) for i in range(3))]"),
        in_flow("for call in (charge(i) for i in range(3)):\n        await call"),
        in_flow("calls = list(charge(i) for i in range(3))\n    return [await call for call in calls]"),
        in_flow("lazy = (await charge(i) for i in range(3))\n    return [item async for item in lazy]"),
        in_flow("return sum(len(x) for x in [await charge(1)])"),
        in_flow("return sum(len(i) for i in await charge(1))"),
        in_flow("later = lambda: charge()\n    return await later()"),
        in_flow("table = {'a': lambda: charge(1)}\n    return await table[name]()"),
        in_asyncio("for done in asyncio.as_completed(charge(i) for i in range(3)):\n        await done"),
        in_asyncio("todo = map(charge, range(3))\n    return await asyncio.gather(*todo)"),
        in_asyncio("loop = asyncio.get_running_loop()\n    loop.call_later(5, print, name)\n    await charge()"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a warning per generator expression, lambda or callback."""
        for reached in context.graph.flow:
            found = _Lazy(context, reached)
            source = reached.function.module.source
            for node, pattern, label, remedy in (*found.generators(), *found.lambdas(), *found.callbacks()):
                yield Diagnostic(
                    self.code,
                    f"`{source.text_of(node, 40)}` {pattern}",
                    source.span(node),
                    label=label,
                    help=remedy,
                    workflow=reached.root,
                    chain=reached.chain,
                )


_Finding = tuple[ast.expr, str, str, str]
_GENERATOR = "stands in a generator expression, and nothing awaits it"
_CALLBACK = "is given as a callback, and nothing awaits it"
_LAMBDA = "stands in a lambda, and nothing awaits it"


class _Lazy:
    """Looks at what is held back in one function."""

    def __init__(self, context: Context, reached: Reached) -> None:
        self._context = context
        self._reached = reached
        self._parents = reached.function.parents
        self._uses = Uses(reached)

    def generators(self) -> Iterator[_Finding]:
        """Yield the generator expressions whose durable calls nothing awaits."""
        for generator in self._reached.function.of_type(ast.GeneratorExp):
            is_async = _is_async(generator)
            call = self._call_within(generator, awaited=is_async)
            if call is None:
                continue
            uses = list(self._uses.of(generator))
            if not uses:
                yield call, _GENERATOR, "nothing runs the generator, so nothing is called", "write a list comprehension"
            elif is_async and all(self._needs_plain(use) for use in uses):
                pattern = "is awaited in a generator expression that is used as an ordinary one"
                yield call, pattern, "makes it an async generator, so this fails", "write a list comprehension: `[...]`"
            elif not is_async and all(self._looks_at(use) for use in uses):
                yield call, _GENERATOR, "gives a coroutine and runs nothing", self._remedy(uses[0])

    def lambdas(self) -> Iterator[_Finding]:
        """Yield the lambdas whose durable calls nothing awaits."""
        for function in self._reached.function.of_type(ast.Lambda):
            call = function.body
            if not (isinstance(call, ast.Call) and self._is_coroutine(call)):
                continue
            uses = list(self._uses.of(function))
            if not uses:
                yield (
                    call,
                    _LAMBDA,
                    "nothing calls the lambda",
                    "call it and await the result, or await the step",
                )
            elif all(self._is_value_function(use) for use in uses):
                yield (
                    call,
                    _LAMBDA,
                    "gives a coroutine and runs nothing",
                    "await the steps first, and use the results",
                )

    def callbacks(self) -> Iterator[_Finding]:
        """Yield steps that are given as callbacks: nothing awaits what these return."""
        module = self._reached.function.module
        for call in self._reached.calls:
            if not self._takes_callback(call.node):
                continue
            for argument in call.node.args[:3]:
                named = isinstance(argument, ast.Name | ast.Attribute)
                if named and self._context.coroutines.of_callable(module, argument) in _COROUTINES:
                    yield argument, _CALLBACK, "its coroutine is dropped", "make a task: `asyncio.create_task(...)`"

    # --- what is in them

    def _is_coroutine(self, call: ast.Call) -> bool:
        return self._context.coroutines.given_by(self._reached, call) in _COROUTINES

    def _call_within(self, generator: ast.GeneratorExp, *, awaited: bool) -> ast.Call | None:
        """Return the durable call in a generator expression: one that it awaits, else one that it gives."""
        for node in _held_back(generator):
            counts = awaited or node is generator.elt
            if counts and isinstance(node, ast.Call) and self._is_coroutine(node):
                return node
        return None

    # --- what is done with them

    def _callee(self, use: Use) -> tuple[ast.Call, str | None] | None:
        """Return the call that a use is an argument of."""
        call = self._parents.get(use.parent) if isinstance(use.parent, ast.keyword) else use.parent
        if not isinstance(call, ast.Call) or call.func is use.node:
            return None
        return call, self._reached.callees.get(call)

    def _needs_plain(self, use: Use) -> bool:
        """Say whether a use runs through a generator as an ordinary one."""
        match use.parent:
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated, is_async=0):
                return iterated is use.node and not use.inside
            case ast.Starred():
                return True
        return self._looks_at(use) or _is_called(self._callee(use), _RUNS_THROUGH)

    def _looks_at(self, use: Use) -> bool:
        """Say whether a use looks at what a generator gives, and awaits none of it."""
        if isinstance(use.parent, ast.If | ast.While | ast.IfExp | ast.Assert | ast.FormattedValue):
            return True
        if isinstance(use.parent, ast.Return):
            frame = frame_of(self._reached, use.parent)
            return self._reached.is_root and frame is self._reached.function.node
        called = self._callee(use)
        if called is not None and isinstance(called[0].func, ast.Attribute) and called[0].func.attr == "join":
            return isinstance(called[0].func.value, ast.Constant)
        return _is_called(called, _LOOKS_AT_ITEMS) or (called is not None and self._context.is_step(called[1]))

    def _remedy(self, use: Use) -> str:
        if _is_called(self._callee(use), ["asyncio.gather"]):
            return "put a `*` before it, and parentheses around it: `asyncio.gather(*(...))`"
        return "await them together: `await asyncio.gather(*(...))`"

    def _is_value_function(self, use: Use) -> bool:
        """Say whether a function is called for a value there, or as a callback."""
        called = self._callee(use)
        if called is None:
            return False
        call, callee = called
        if isinstance(use.parent, ast.keyword):
            sorts = isinstance(call.func, ast.Attribute) and call.func.attr == "sort"
            return use.parent.arg == "key" and (callee in _KEYED or sorts)
        return self._takes_callback(call) or (callee in _PREDICATES and call.args[0] is use.node)

    def _takes_callback(self, call: ast.Call) -> bool:
        if not isinstance(call.func, ast.Attribute):
            return False
        return call.func.attr in _CALLBACK_METHODS or self._reached.callees.get(call) in _STACKS


def _held_back(generator: ast.GeneratorExp) -> Iterator[ast.AST]:
    """Yield what runs as a generator expression is run through: all but its first iterable."""
    first, *others = generator.generators
    return own_nodes([generator.elt, *first.ifs, *others])


def _is_async(generator: ast.GeneratorExp) -> bool:
    if generator.generators[0].is_async:
        return True
    return any(
        isinstance(node, ast.Await) or (isinstance(node, ast.comprehension) and bool(node.is_async))
        for node in _held_back(generator)
    )


def _is_called(called: tuple[ast.Call, str | None] | None, names: Collection[str]) -> bool:
    return called is not None and called[1] in names
