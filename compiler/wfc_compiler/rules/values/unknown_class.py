"""Classes that cross a durable boundary though nothing says how they are recorded: WFC416.

class Cart: ...
async def total(cart: Cart)         which of a cart's attributes belong to its value?

In: what annotations and expressions lead to. Out: one finding for each, with a fix where the class has the methods and
only its registration is missing.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...diagnostics import Diagnostic, Edit, Fix, Note, Span
from ...types import OwnClass
from ..base import Context, Rule
from .annotations import Crossing, crossings
from .sent import Sent

_HEAD = "from dataclasses import dataclass\nimport wfc\nwf = wfc.Workflows()\n\n"
_METHODS = ("_workflow_serialize", "_workflow_deserialize")


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
        _HEAD + "class Cart: ...\n\n@wf.step\nasync def total(cart) -> float: ...\n\n"
        "@wf.workflow\nasync def buy(id: str):\n    cart = Cart()\n    return await total([cart])\n",
        _HEAD + "class Cart: ...\n\n@wf.step\nasync def load(id: str):\n    return Cart()\n",
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
        + "from acme import Base\nclass Row(Base):\n    id: int\n\n@wf.step\nasync def load(row: Row) -> None: ...\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per annotation that leads to such a class."""
        for crossing in crossings(context):
            if crossing.is_class and crossing.required:
                headline = f"{crossing.who} {crossing.verb} `{{name}}`{crossing.where}"
                yield _report(context, self.code, crossing, headline)
        for sent in context.sent:
            if sent.is_class:
                where = f" in `{sent.obstacle.path.lstrip('.')}`" if sent.obstacle.path else ""
                yield _report(context, self.code, sent, f"{sent.subject} {sent.verb} `{{name}}`{where}")


def _report(context: Context, code: str, found: Crossing | Sent, headline: str) -> Diagnostic:
    obstacle = found.obstacle
    cls = obstacle.cls
    assert cls is not None, "such an obstacle is a class of the project"
    name = cls.node.name
    remedy = f"make `{name}` a dataclass or a pydantic model, or register it with `@wfc.serializable`"
    declared = found if isinstance(found, Crossing) else None
    sent = found if isinstance(found, Sent) else None
    return Diagnostic(
        code,
        f"{headline.format(name=name)}, which nothing says how to record",
        found.module.source.span(found.node),
        label=obstacle.what,
        secondary=(*(declared.notes if declared else ()), Note(cls.module.source.name_span(cls.node), "defined here")),
        help=f"put `@wfc.serializable` above `class {name}`" if _has_methods(context, cls) else remedy,
        workflow=declared.owner if declared else sent.root if sent else None,
        chain=sent.reached.chain if sent is not None and sent.reached is not None else (),
        fix=_registration(context, cls),
    )


def _has_methods(context: Context, cls: OwnClass) -> bool:
    return all(context.types.classes.method(cls, name) is not None for name in _METHODS)


def _registration(context: Context, cls: OwnClass) -> Fix | None:
    """Return the decorator that is missing where the class has both methods and the module knows the SDK."""
    source = cls.module.source
    spelled = context.spell_in(cls.module, "serializable")
    if not _has_methods(context, cls) or spelled is None or cls.node.col_offset:
        return None
    line = cls.node.lineno
    return Fix("register it", (Edit(Span(source.relpath, line, 1, line, 1), f"@{spelled}\n"),))
