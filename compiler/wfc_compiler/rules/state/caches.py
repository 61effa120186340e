"""What classes and caching decorators keep from one run for the next: WFC111.

In: the writes of FLOW's functions to attributes of classes, and the cached functions that it reaches. Out: findings at
the write, or at the decorator, where what is kept is not the same for all runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...callgraph import Function, Reached
from ...diagnostics import Diagnostic, Note
from ..base import Context, Rule
from ..scaffold import flow_with, in_flow, step_with
from .containers import changes_receiver
from .memo import DRAWN, OF_THE_RUN, Effect, effect_of
from .shared import Kind, whole
from .writes import statement_around, writes

_CACHES = frozenset(
    {"functools.cache", "functools.lru_cache", "async_lru.alru_cache", "cachetools.cached", "cachetools.func.lru_cache"}
    | {f"cachetools.func.{name}" for name in ("fifo_cache", "lfu_cache", "rr_cache")}
)
_FOR_COROUTINES = frozenset({"async_lru.alru_cache"})
_WAITED = "a run that finds a result makes no durable call, and its replay may make one"
_RUN = "other runs, and replays, get the clock or chance of the run that came first"
_SHARED = "all runs get the same object, and find in it what others have changed"


class CacheAcrossRuns(Rule):
    """A class or a cache keeps for other runs what belongs to one.

    Why: Classes and cached functions live as long as the process and serve all its runs. A result that was waited for,
    or that a run's clock or chance has gone into, is another one for each run; whoever finds it in the cache goes
    another way than its replay in a fresh process. So it is with a counter or list of a class. A cached function
    whose result depends on its arguments alone is fine, and there is no finding.

    Fix: Keep it in a local variable, or in an attribute of an object that the run makes. The result of a step is
    recorded anyway. Leave `@cache` to pure functions, and copy what they return before changing it.

    Suppress: Where what is kept is a counter or cache that no branch, argument or result depends on.
    """

    code = "WFC111"
    bad = (
        flow_with("class Order:\n    count = 0\n", "Order.count += 1"),
        flow_with("class Order:\n    count = 0\n    def __init__(self): type(self).count += 1\n", "Order()"),
        flow_with("class Order:\n    count = 0\n    def __init__(self): self.__class__.count += 1\n", "Order()"),
        flow_with(
            "class Order:\n    all = []\n    @classmethod\n    def make(cls): cls.all.append(cls())\n", "Order.make()"
        ),
        flow_with("class Cart:\n    items = []\n    def add(self, x): self.items.append(x)\n", "Cart().add(url)"),
        in_flow("if name not in Rates.known:\n        Rates.known[name] = await charge()")
        + "\nclass Rates:\n    known = {}\n",
        "import functools\n"
        + in_flow("return await rate(name)")
        + "\n@functools.cache\ndef rate(x): return charge(x)\n",
        "import functools\n" + in_flow("return await rate(name)") + "\n@functools.cache\nasync def rate(x): return x\n",
        "import functools, datetime\n"
        + in_flow("return stamp()")
        + "\n@functools.lru_cache(maxsize=None)\ndef stamp(): return datetime.datetime.now()\n",
        "from functools import cache\n" + in_flow("return who()") + "\n@cache\ndef who(): return workflow.uuid4()\n",
        "import functools\n"
        + in_flow("table = rates()\n    table[name] = 1")
        + "\n@functools.cache\ndef rates(): return {'eur': 1}\n",
        "import functools\n"
        + in_flow("rates().append(name)")
        + "\n@functools.cache\ndef rates():\n    found = []\n    return found\n",
    )
    good = (
        "import functools\n" + in_flow("return rate(name)") + "\n@functools.cache\ndef rate(x): return len(x)\n",
        "import functools\n" + in_flow("return rates()['a']") + "\n@functools.cache\ndef rates(): return {'a': 1}\n",
        "import functools\n"
        + in_flow("table = dict(rates())\n    table[name] = 1")
        + "\n@functools.cache\ndef rates(): return {'a': 1}\n",
        flow_with("class Cart:\n    items = []\n    def __init__(self): self.items = []\n", "Cart().items.append(url)"),
        flow_with("class Cart:\n    items = []\n", "return Cart.items, Cart().items, len(Cart.items)"),
        flow_with("class Order:\n    total = 0\n", "order = Order()\n    order.total += 1"),
        flow_with("class Order:\n    total = 0\n    def add(self, x): self.total += x\n", "Order().add(1)"),
        flow_with(
            "import pydantic\nclass Cart(pydantic.BaseModel):\n    items: list = []\n", "Cart().items.append(url)"
        ),
        flow_with(
            "class Shop:\n    one = None\n    def __new__(cls):\n"
            "        if cls.one is None: cls.one = super().__new__(cls)\n        return cls.one\n",
            "return Shop() is Shop()",
        ),
        flow_with("class Seen:\n    def __init__(self): self.all = set()\n", "seen = Seen()\n    seen.all.add(url)"),
        step_with("class Order:\n    count = 0\n", "Order.count += 1"),
        flow_with(
            "import functools\nclass Order:\n    @functools.cached_property\n    def total(self): return 1\n",
            "return Order().total",
        ),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield writes to classes, then cached functions that don't give all runs the same."""
        for reached in context.graph.flow:
            yield from self._writes(context, reached)
            for decorator in _cached_by(context, reached.function):
                label = _kept(context, reached, decorator)
                if label:
                    yield self._report(reached, decorator, "workflow calls a cached function", label)
            yield from self._changed_results(context, reached)

    def _writes(self, context: Context, reached: Reached) -> Iterator[Diagnostic]:
        seen: set[str] = set()
        for write in writes(context, reached):
            effect = effect_of(context, reached, write)
            key = write.shared.key
            if write.shared.kind is Kind.CLASS and effect is not Effect.HARMLESS and key not in seen:
                seen.add(key)
                label = f"`{write.shared.shown}` is that of all runs in the process"
                yield self._report(reached, write.node, "workflow changes an attribute of a class", label)

    def _changed_results(self, context: Context, reached: Reached) -> Iterator[Diagnostic]:
        """Yield what changes the object that a cached function keeps."""
        for node, function in _changed_results(context, reached):
            headline = "workflow changes the result of a cached function"
            note = Note(function.module.source.name_span(function.node), "cached here")
            yield self._report(reached, node, headline, _SHARED, note)

    def _report(
        self, reached: Reached, node: ast.expr | ast.stmt, headline: str, label: str, *notes: Note
    ) -> Diagnostic:
        remedy = "keep it in a local variable of the run"
        if "cached" in headline:
            remedy = "cache only what is the same for all runs, and copy it before changing it"
        return Diagnostic(
            self.code,
            headline,
            reached.function.module.source.span(node),
            label=label,
            secondary=notes,
            help=remedy,
            workflow=reached.root,
            chain=reached.chain,
        )


def _cached_by(context: Context, function: Function) -> list[ast.expr]:
    """Return the decorators of a function that keep its results."""
    return [item for item in function.node.decorator_list if _decorator(context, function, item) in _CACHES]


def _decorator(context: Context, function: Function, node: ast.expr) -> str | None:
    called = node.func if isinstance(node, ast.Call) else node
    return context.program.names.canonical(function.module, called)


def _kept(context: Context, reached: Reached, decorator: ast.expr) -> str:
    """Say what is wrong with keeping the results of a function, nothing where they are the same for all runs."""
    function = reached.function
    facts = context.functions.facts(function.dotted)
    is_async = isinstance(function.node, ast.AsyncFunctionDef)
    if is_async and _decorator(context, function, decorator) not in _FOR_COROUTINES:
        return "keeps a coroutine, which can be awaited only once"
    if facts is not None and facts.waits:
        return _WAITED
    drawn = facts is not None and not DRAWN.isdisjoint(facts.impure)
    return _RUN if drawn or any(call.callee in OF_THE_RUN for call in reached.calls) else ""


def _changed_results(context: Context, reached: Reached) -> Iterator[tuple[ast.expr | ast.stmt, Function]]:
    """Yield where a function changes what a cached function has returned to it."""
    function = reached.function
    targets: list[ast.Subscript | ast.Attribute] = [*function.of_type(ast.Subscript), *function.of_type(ast.Attribute)]
    changed: list[tuple[ast.expr | ast.stmt, ast.expr]] = [
        (statement_around(reached, node), node.value) for node in targets if not isinstance(node.ctx, ast.Load)
    ]
    changed += [
        (call.node, call.node.func.value)
        for call in reached.calls
        if isinstance(call.node.func, ast.Attribute) and changes_receiver(call)
    ]
    for place, base in changed:
        made = _origin(function, whole(base))
        if made is not None:
            callee = context.receivers.resolve(function.module, made.func) or ""
            for found in context.receivers.functions_at(callee):
                if _cached_by(context, found):
                    yield place, found


def _origin(function: Function, expr: ast.expr) -> ast.Call | None:
    """Return the call that an expression is, or that gave a local variable its one value."""
    if isinstance(expr, ast.Name):
        owner = function.module.scope_of(expr).owner(function.module.name_of(expr))
        bindings = owner.bindings[function.module.name_of(expr)] if owner is not None else []
        value = bindings[0].value if len(bindings) == 1 else None
        return value if isinstance(value, ast.Call) else None
    return expr if isinstance(expr, ast.Call) else None
