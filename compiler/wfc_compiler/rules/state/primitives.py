"""Locks, events and queues of asyncio that a module makes, and workflows use: WFC117.

In: the variables that FLOW mentions. Out: one finding per variable, at its first use.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from ...binder import Definition, Module
from ...callgraph import Reached
from ...diagnostics import Diagnostic, Note, Span
from ..ancestry import class_and_bases
from ..base import Context, Rule
from ..scaffold import flow_with, step_with
from ..sources import Read
from .shared import bound_in

_PRIMITIVES = frozenset(
    f"asyncio.{name}"
    for name in [
        *("Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Barrier"),
        *("Queue", "LifoQueue", "PriorityQueue"),
    ]
)


class SharedPrimitive(Rule):
    """A workflow uses an asyncio primitive that its module, or a class, makes for all runs.

    Why: Each run has an event loop of its own. A lock, event or queue belongs to the loop in which somebody first had
    to wait for it; in the next run that has to wait it raises a RuntimeError, and until then one run finds it in the
    state in which another has left it.

    Fix: Make it in the workflow, and pass it to whoever needs it. Runs that have to keep out of each other's way need
    something that outlives a process: a row in a database, taken in a step.

    Suppress: Where nobody ever waits for it in a workflow, nor asks for its state.
    """

    code = "WFC117"
    bad = (
        flow_with("import asyncio\nLOCK = asyncio.Lock()", "async with LOCK: await workflow.sleep(1)"),
        flow_with("import asyncio\nTODO: asyncio.Queue[str] = asyncio.Queue()", "await TODO.put(url)"),
        flow_with(
            "import asyncio\nDONE = asyncio.Event()\nasync def wait(): await DONE.wait()\n",
            "DONE.set()\n    await wait()",
        ),
        flow_with("import asyncio\nSLOTS = {'a': asyncio.Semaphore(2)}", "async with SLOTS['a']: return 1"),
        flow_with(
            "import asyncio\nfrom collections import defaultdict\nLOCKS = defaultdict(asyncio.Lock)",
            "async with LOCKS[url]: return 1",
        ),
        flow_with("import asyncio\nclass Shop:\n    lock = asyncio.Lock()\n", "async with Shop.lock: return 1"),
        flow_with(
            "import asyncio\nclass Shop:\n    lock = asyncio.Lock()\n    async def buy(self):\n"
            "        async with self.lock: return 1\n",
            "return await Shop().buy()",
        ),
        flow_with(
            "import asyncio\nclass Limit:\n    def __init__(self): self.slots = asyncio.Semaphore(2)\n"
            "    async def take(self): await self.slots.acquire()\nLIMIT = Limit()",
            "await LIMIT.take()",
        ),
        flow_with(
            "import asyncio\nLOCK = None\ndef lock():\n    global LOCK\n    if LOCK is None: LOCK = asyncio.Lock()\n"
            "    return LOCK\n",
            "async with lock(): return 1",
        ),
        "# file: locks.py\nimport asyncio\nLOCK = asyncio.Lock()\n# file: app.py"
        + flow_with("\nfrom locks import LOCK as one", "async with one: return 1"),
    )
    good = (
        flow_with("import asyncio", "lock = asyncio.Lock()\n    async with lock: return 1"),
        flow_with("import asyncio\nasync def use(lock):\n    async with lock: return 1\n", "await use(asyncio.Lock())"),
        flow_with("import asyncio\nLOCK = asyncio.Lock()", "return 1"),
        step_with("import asyncio\nLOCK = asyncio.Lock()", "async with LOCK: await asyncio.sleep(0)"),
        flow_with("import asyncio\nKINDS = (asyncio.Lock, asyncio.Event)", "return isinstance(url, KINDS)"),
        flow_with(
            "import asyncio\nclass Shop:\n    def __init__(self): self.lock = asyncio.Lock()\n"
            "    async def buy(self):\n        async with self.lock: return 1\n",
            "return await Shop().buy()",
        ),
        flow_with(
            "import asyncio\nclass Shop:\n    rate = 2\n    def __init__(self): self.lock = asyncio.Lock()\n"
            "SHOP = Shop()",
            "return SHOP.rate",
        ),
        flow_with("import threading\nLOCK = threading.Lock()", "with LOCK: return 1"),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per variable or attribute."""
        found: dict[str, list[tuple[Reached, ast.expr, Span]]] = {}
        for read in context.mentions.reads:
            made = _made_for_all(context, read)
            if made is not None:
                found.setdefault(made[0], []).append((read.reached, read.node, made[1]))
        for key, reached, node, span in _through_instances(context):
            found.setdefault(key, []).append((reached, node, span))
        for uses in found.values():
            reached, node, span = min(uses, key=lambda use: _order(context, use[0], use[1]))
            yield self._report(reached, node, span)

    def _report(self, reached: Reached, node: ast.expr, made: Span) -> Diagnostic:
        return Diagnostic(
            self.code,
            "workflow uses an asyncio primitive that all runs share",
            reached.function.module.source.span(node),
            label="belongs to the event loop of the first run that waits for it",
            secondary=(Note(made, "made once"),),
            help="make it in the workflow, and pass it to whoever needs it",
            workflow=reached.root,
            chain=reached.chain,
        )


def _order(context: Context, reached: Reached, node: ast.expr) -> tuple[int, int, int]:
    """Return where a use comes among others: by the function that is reached first, and the line in it."""
    return context.graph.flow.index(reached), node.lineno, node.col_offset


def _made_for_all(context: Context, read: Read) -> tuple[str, Span] | None:
    """Return the name of the variable or attribute that is read, and where it is made, if it holds a primitive."""
    definition = read.definition
    if isinstance(definition.node, ast.ClassDef):
        attribute = definition.rest[0] if definition.rest else ""
        return _of_class(context, definition, attribute) if attribute else None
    for binding in definition.bindings:
        if binding.value is None:
            continue
        if _makes(context, definition.module, binding.value) or (
            definition.rest and _instance_uses(context, definition.module, binding.value)
        ):
            return definition.dotted, definition.module.source.span(binding.value)
    return None


def _of_class(context: Context, definition: Definition, attribute: str) -> tuple[str, Span] | None:
    for owner, node in class_and_bases(context, replace(definition, rest=())):
        for value in bound_in(node, attribute):
            if _makes(context, owner.module, value):
                return f"{owner.dotted}.{attribute}", owner.module.source.span(value)
    return None


def _makes(context: Context, module: Module, value: ast.expr) -> bool:
    """Say whether a value is a primitive, or a container that holds or makes some."""
    match value:
        case ast.Dict(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return any(isinstance(part, ast.Call) and _makes(context, module, part) for part in parts)
        case ast.Call(func=func, args=[factory, *_]) if _named(context, module, func) == "collections.defaultdict":
            return _named(context, module, factory) in _PRIMITIVES
        case ast.Call(func=func):
            return _named(context, module, func) in _PRIMITIVES
    return False


def _named(context: Context, module: Module, node: ast.expr) -> str | None:
    return context.receivers.resolve(module, node)


# --- objects that hold one


def _instance_uses(context: Context, module: Module, value: ast.expr) -> bool:
    """Say whether an object holds a primitive that a method which FLOW reaches uses."""
    made = context.receivers.class_of(module, value) if isinstance(value, ast.Call) else None
    definition = context.program.names.definition(made) if made is not None else None
    held = {
        attribute
        for owner, node in class_and_bases(context, definition)
        for attribute, bound in _own_attributes(node)
        if _makes(context, owner.module, bound)
    }
    return bool(held) and any(
        reached.function.dotted.rpartition(".")[0] == made
        and any(node.attr in held for node in reached.function.of_type(ast.Attribute) if _is_read(node))
        for reached in context.graph.flow
    )


def _is_read(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name)


def _own_attributes(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield what the methods of a class bind on `self`."""
    for inner in ast.walk(node):
        match inner:
            case ast.Assign(targets=[ast.Attribute(attr=attribute)], value=value):
                yield attribute, value
            case ast.AnnAssign(target=ast.Attribute(attr=attribute), value=ast.expr() as value):
                yield attribute, value


def _through_instances(context: Context) -> Iterator[tuple[str, Reached, ast.expr, Span]]:
    """Yield `self.lock` where the class body makes the lock, and no object one of its own."""
    for reached in context.graph.flow:
        module = reached.function.module
        if b"asyncio" not in module.source.data or "." not in reached.function.dotted:
            continue
        for node in reached.function.of_type(ast.Attribute):
            if not _is_read(node) or context.program.names.canonical(module, node) is not None:
                continue
            definition = context.program.names.definition(context.receivers.class_of(module, node.value) or "")
            made = _of_class(context, definition, node.attr) if definition is not None else None
            own = (name for _, item in class_and_bases(context, definition) for name, _ in _own_attributes(item))
            if made is not None and node.attr not in own:
                yield made[0], reached, node, made[1]
