"""Annotations of steps, workflows and hooks that no value can honour: WFC401 and 402.

async def charge(order: Order, client: httpx.AsyncClient)       a client can't be written to the event log

In: the annotations of a program as types. Out: one finding for each annotation whose values can't be recorded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ...binder import Module
from ...diagnostics import Diagnostic, Note, Severity
from ..base import Context, Rule
from .boundaries import signatures
from .recordable import Obstacle
from .sent import report

_HEAD = """
from collections.abc import Callable, Iterator
from dataclasses import dataclass
import httpx, pydantic, threading, wfc
wf = wfc.Workflows()

"""


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

    @property
    def is_class(self) -> bool:
        """Say whether a class of the project is in the way that could be made recordable."""
        return self.obstacle.kind is not None

    @property
    def where(self) -> str:
        """Say where in the value the obstacle is, for a headline."""
        if not self.path:
            return ""
        return f" {'in' if self.obstacle.path else 'as'} `{self.path}`"

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return the place of the field that holds the obstacle, where that is another one."""
        field = self.obstacle.field
        place = field.annotation or field.place if field is not None else None
        if field is None or place is None or place is self.node:
            return ()
        return (Note(field.module.source.span(place), f"`{field.owner.node.name}.{field.name}`"),)


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
        # Nobody has to give it; somebody does.
        _HEAD + "from acme import CLIENT\n@wf.step\nasync def fetch(url: str, client: httpx.Client = CLIENT): ...\n\n"
        "@wf.workflow\nasync def mirror(url: str):\n    return await fetch(url, client=CLIENT)\n",
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
            if crossing.verb != "returns" and crossing.required and not crossing.is_class:
                yield _report(self.code, crossing)
        for sent in context.sent:
            if sent.by_annotation and not sent.is_class:
                yield report(self.code, sent)


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
        _HEAD + "@wf.step\ndef rows(path: str):\n    return (line.strip() for line in path.splitlines())\n",
        _HEAD + "@wf.step\ndef count(words: list[str]):\n    from collections import Counter\n"
        "    return {'counts': Counter(words)}\n",
    )
    good = (
        _HEAD + "@wf.step\nasync def fetch(url: str) -> dict[str, bytes] | None: ...\n",
        _HEAD + "async def call(url): return url\n\n@wf.step\ndef fetch(url: str):\n    return call(url)\n",
        _HEAD + "@wfc.serializable\nclass Declined(Exception):\n    def _workflow_serialize(self): return self.args\n\n"
        "    @classmethod\n    def _workflow_deserialize(cls, data): return cls(*data)\n\n"
        "@wf.step\ndef pay(sum: int) -> Exception | None: ...\n",
        _HEAD + "from typing import Any\n@wf.step\nasync def fetch(url: str) -> Any: ...\n",
        _HEAD + "@wf.step\ndef rows(path: str):\n    def strip(): return (1 for _ in path)\n    return list(strip())\n",
        _HEAD + "@wf.step\ndef unknown(url: str) -> 'httpx.Unheard': ...\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per return annotation."""
        for crossing in crossings(context):
            if crossing.verb == "returns" and not crossing.is_class:
                yield _report(self.code, crossing)
        for sent in context.sent:
            if sent.returned and not sent.is_class:
                yield report(self.code, sent)


def _report(code: str, crossing: Crossing) -> Diagnostic:
    obstacle = crossing.obstacle
    may = "" if obstacle.certain else "may "
    verb = crossing.verb if obstacle.certain else crossing.verb.removesuffix("s").replace("carrie", "carry")
    return Diagnostic(
        code,
        f"{crossing.who} {may}{verb} {obstacle.what}{crossing.where}, which can't be recorded",
        crossing.module.source.span(crossing.node),
        label=f"the event log can't hold `{obstacle.name}`",
        secondary=crossing.notes,
        help=obstacle.fix,
        workflow=crossing.owner,
        severity=None if obstacle.certain else Severity.WARNING,
    )


ANNOTATION_RULES: tuple[type[Rule], ...] = (UnrecordableParameter, UnrecordableResult)
