"""Annotations of steps, workflows and hooks that no value can honour: WFC401, 402 and 416.

async def charge(order: Order, client: httpx.AsyncClient)       a client can't be written to the event log

In: the annotations of a program as types. Out: one finding for each annotation whose values can't be recorded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ...binder import Module
from ...diagnostics import Diagnostic, Edit, Fix, Note, Severity, Span
from ...types import OwnClass
from ..base import Context, Rule
from .boundaries import signatures
from .recordable import Obstacle

_HEAD = """
from collections.abc import Callable, Iterator
from dataclasses import dataclass
import httpx, pydantic, threading, wfc
wf = wfc.Workflows()

"""
_SERIALIZE, _DESERIALIZE = "_workflow_serialize", "_workflow_deserialize"


@dataclass(frozen=True)
class Crossing:
    """A place whose values can't be recorded, and why. `verb` is what `who` does with them: takes, returns, carries."""

    module: Module
    node: ast.expr | ast.stmt
    who: str
    verb: str
    path: str
    obstacle: Obstacle
    owner: str | None = None
    required: bool = True


def crossings(context: Context) -> Iterator[Crossing]:
    """Yield what steps and workflows take and return, and hooks carry, that can't be recorded."""
    for boundary in signatures(context):
        type = context.types.of(boundary.module, boundary.annotation)
        recordable = context.recordable
        obstacle = recordable.leaving(type) if boundary.returns else recordable.arriving(type)
        if obstacle is not None:
            verb = "returns" if boundary.returns else "takes"
            path = "" if boundary.returns and not obstacle.path else f"{boundary.root}{obstacle.path}"
            place = boundary.module, boundary.annotation
            yield Crossing(*place, boundary.who, verb, path, obstacle, boundary.owner, boundary.required)
    for hook in context.program.hooks:
        cls = context.types.classes.at(hook.dotted)
        for field, obstacle in context.recordable.held(context.types.own(cls)) if cls is not None else ():
            path = f"{hook.name}{obstacle.path}"
            yield Crossing(
                field.module, field.annotation or field.place, f"hook `{hook.name}`", "carries", path, obstacle
            )


class UnrecordableParameter(Rule):
    """A step, workflow or hook takes something that the event log can't hold.

    Why: Arguments are written to the log before a step starts, so that it can run in another process, and again after
    a crash. A function, an open file, a lock, a client or a session has no form there, wherever it is inside the value:
    the path in the message leads to it. Private attributes and excluded fields of pydantic models are written, too.

    Fix: Pass data (a path, an id, a name), and make the object in the step. A parameter that only tests give may stay,
    with a default.

    Suppress: Where the annotation is wider than what is ever passed, and can't be changed.
    """

    code = "WFC401"
    bad = (
        _HEAD + "@wf.step\nasync def fetch(url: str, client: httpx.AsyncClient) -> str: ...\n",
        _HEAD + "@wf.step\ndef each(names: list[str], call: Callable[[str], None]): ...\n",
        _HEAD + "@wf.workflow\nasync def pages(urls: 'Iterator[str]'): ...\n",
        _HEAD + "@dataclass\nclass Line:\n    sku: str\n    client: httpx.AsyncClient\n\n"
        "class Order(pydantic.BaseModel):\n    lines: list[Line] = []\n\n"
        "@wf.step\nasync def price(order: Order) -> float: ...\n",
        _HEAD
        + "class Cached(pydantic.BaseModel):\n    _lock = pydantic.PrivateAttr(default_factory=threading.Lock)\n\n"
        "@wf.step\nasync def warm(cache: Cached) -> None: ...\n",
        _HEAD + "class Answer(pydantic.BaseModel, wfc.BaseHook):\n    reply: Callable[[str], None]\n",
        _HEAD + "@wf.step\ndef notify(text: str | Callable[[], str]): ...\n",
    )
    good = (
        _HEAD + "@wf.step\nasync def fetch(url: str, timeout: float = 3) -> str:\n"
        "    async with httpx.AsyncClient() as client:\n        return (await client.get(url)).text\n",
        # The pattern of a seam for tests: no run passes it.
        _HEAD + "@wf.step\nasync def fetch(url: str, client: httpx.AsyncClient | None = None) -> str: ...\n\n"
        "@wf.workflow\nasync def mirror(url: str):\n    return await fetch(url)\n",
        _HEAD
        + "from typing import ClassVar\n@dataclass\nclass Line:\n    sku: str\n    lock: ClassVar = threading.Lock()\n"
        "    client: httpx.AsyncClient | None = None\n\n@wf.step\nasync def price(lines: list[Line]) -> float: ...\n",
        _HEAD + "from collections import deque\nfrom ipaddress import IPv4Address\n"
        "@wf.step\ndef ping(hosts: deque[IPv4Address]): ...\n",
        _HEAD + "from typing import Iterable, Sequence, Mapping\n"
        "@wf.step\ndef add(a: Iterable[int], b: Sequence[str], c: Mapping[str, tuple[int, ...]]): ...\n",
        _HEAD + "wfc.register_serializable(httpx.URL, class_id='url', serialize=str, deserialize=httpx.URL)\n"
        "wfc.register_serializable(httpx.Headers, class_id='h', serialize=dict, deserialize=httpx.Headers)\n"
        "@wf.step\ndef get(url: httpx.URL, headers: httpx.Headers): ...\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per parameter that has to be given, and per field of a hook."""
        for crossing in crossings(context):
            if crossing.verb != "returns" and crossing.required and not _is_class(crossing):
                yield _report(self.code, crossing)


class UnrecordableResult(Rule):
    """A step or workflow returns something that the event log can't hold.

    Why: Results are written to the log when the body has run; the step would have done its work, and then fail with
    what it returns.

    Fix: Return data: the body of a response, the path of a file, a list of what an iterator gives.

    Suppress: Where the annotation is wider than what is ever returned, and can't be changed.
    """

    code = "WFC402"
    bad = (
        _HEAD + "@wf.step\nasync def fetch(url: str) -> httpx.Response: ...\n",
        _HEAD + "@wf.step\ndef rows(path: str) -> dict[str, Iterator[str]]: ...\n",
        _HEAD
        + "import collections\n@wf.workflow\nasync def count(words: list[str]) -> collections.Counter[str]: ...\n",
        _HEAD + "import re\n@wf.step\ndef find(text: str) -> re.Match[str] | None: ...\n",
    )
    good = (
        _HEAD + "@wf.step\nasync def fetch(url: str) -> dict[str, bytes] | None: ...\n",
        _HEAD + "from typing import Any\n@wf.step\nasync def fetch(url: str) -> Any: ...\n",
        _HEAD + "@wf.step\ndef unknown(url: str) -> 'httpx.Unheard': ...\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per return annotation."""
        for crossing in crossings(context):
            if crossing.verb == "returns" and not _is_class(crossing):
                yield _report(self.code, crossing)


class UnknownClass(Rule):
    """A step or workflow takes or returns a class, and nothing says how that is recorded.

    Why: The event log holds dataclasses, pydantic models, TypedDicts, NamedTuples and enums by their fields. Of any
    other class it can't know what belongs to the value, and refuses its instances.

    Fix: Make it one of these, or say it yourself with `_workflow_serialize(self)`, the classmethod
    `_workflow_deserialize(cls, data)` and `@wfc.serializable`. For a class that can't be changed there is
    `wfc.register_serializable`.

    Suppress: Where only instances of subclasses are passed that the check can't see, and these can be recorded.
    """

    code = "WFC416"
    bad = (
        _HEAD + "class Cart:\n    def __init__(self, items: list[str]) -> None:\n        self.items = items\n\n"
        "@wf.step\nasync def total(cart: Cart) -> float: ...\n",
        _HEAD + "import attrs\n@attrs.define\nclass Cart:\n    items: list[str]\n\n"
        "@wf.step\nasync def load(id: str) -> dict[str, Cart]: ...\n",
        _HEAD + "class Money:\n    def _workflow_serialize(self): return 1\n\n    @classmethod\n"
        "    def _workflow_deserialize(cls, data): return cls()\n\n@wf.step\nasync def pay(sum: Money) -> None: ...\n",
    )
    good = (
        _HEAD
        + "@dataclass\nclass Cart:\n    items: list[str]\n\n@wf.step\nasync def total(cart: Cart) -> float: ...\n",
        _HEAD + "class Event:\n    at: str\n\n@dataclass\nclass Paid(Event):\n    sum: int\n\n"
        "@wf.step\nasync def handle(event: Event) -> None: ...\n",
        _HEAD + "@wfc.serializable\nclass Money:\n    def _workflow_serialize(self): return 1\n\n    @classmethod\n"
        "    def _workflow_deserialize(cls, data): return cls()\n\n@wf.step\nasync def pay(sum: Money) -> None: ...\n",
        _HEAD
        + "class Cart: ...\n\nwfc.register_serializable(Cart, class_id='cart', serialize=str, deserialize=Cart)\n\n"
        "@wf.step\nasync def total(cart: Cart) -> float: ...\n",
        _HEAD + "from typing import Protocol\nclass Priced(Protocol):\n    price: int\n\n"
        "@wf.step\nasync def total(items: list[Priced]) -> float: ...\n",
        _HEAD
        + "from other import Base\nclass Row(Base):\n    id: int\n\n@wf.step\nasync def load(row: Row) -> None: ...\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per annotation that leads to such a class."""
        for crossing in crossings(context):
            if _is_class(crossing) and crossing.required:
                yield _report_class(context, self.code, crossing)


def _is_class(crossing: Crossing) -> bool:
    """Say whether a class of the project is in the way that could be made recordable."""
    return crossing.obstacle.kind is not None


def _report(code: str, crossing: Crossing) -> Diagnostic:
    obstacle = crossing.obstacle
    may = "" if obstacle.certain else "may "
    verb = crossing.verb if obstacle.certain else crossing.verb.removesuffix("s").replace("carrie", "carry")
    return Diagnostic(
        code,
        f"{crossing.who} {may}{verb} {obstacle.what}{_where(crossing)}, which can't be recorded",
        crossing.module.source.span(crossing.node),
        label=f"the event log can't hold `{obstacle.name}`",
        secondary=_notes(crossing),
        help=obstacle.fix,
        workflow=crossing.owner,
        severity=None if obstacle.certain else Severity.WARNING,
    )


def _report_class(context: Context, code: str, crossing: Crossing) -> Diagnostic:
    obstacle = crossing.obstacle
    cls = obstacle.cls
    assert cls is not None, "such an obstacle is a class of the project"
    name = cls.node.name
    fix = _registration(context, cls)
    remedy = f"make `{name}` a dataclass or a pydantic model, or register it with `@wfc.serializable`"
    return Diagnostic(
        code,
        f"{crossing.who} {crossing.verb} `{name}`{_where(crossing)}, which nothing says how to record",
        crossing.module.source.span(crossing.node),
        label=obstacle.what,
        secondary=(*_notes(crossing), Note(cls.module.source.name_span(cls.node), "defined here")),
        help=f"put `@wfc.serializable` above `class {name}`" if _has_methods(context, cls) else remedy,
        workflow=crossing.owner,
        fix=fix,
    )


def _where(crossing: Crossing) -> str:
    if not crossing.path:
        return ""
    return f" {'in' if crossing.obstacle.path else 'as'} `{crossing.path}`"


def _notes(crossing: Crossing) -> tuple[Note, ...]:
    field = crossing.obstacle.field
    if field is None or (field.annotation or field.place) is crossing.node:
        return ()
    span = field.module.source.span(field.annotation or field.place)
    return (Note(span, f"`{field.owner.node.name}.{field.name}`"),)


def _has_methods(context: Context, cls: OwnClass) -> bool:
    classes = context.types.classes
    return all(classes.method(cls, name) is not None for name in (_SERIALIZE, _DESERIALIZE))


def _registration(context: Context, cls: OwnClass) -> Fix | None:
    """Return the decorator that is missing where the class has both methods and the module knows the SDK."""
    source = cls.module.source
    spelled = context.spell_in(cls.module, "serializable")
    if not _has_methods(context, cls) or spelled is None or cls.node.col_offset:
        return None
    line = cls.node.lineno
    return Fix("register it", (Edit(Span(source.relpath, line, 1, line, 1), f"@{spelled}\n"),))


ANNOTATION_RULES: tuple[type[Rule], ...] = (UnrecordableParameter, UnrecordableResult, UnknownClass)
