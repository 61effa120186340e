"""Classes under `@serializable` that the runtime refuses to register: WFC421.

@wfc.serializable
class Money: ...            no `_workflow_serialize`: a TypeError when the module is imported
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...binder import Module
from ...diagnostics import Diagnostic, Note
from ...discover import placed_definitions
from ...types import Kind, OwnClass
from ...types.classes import DATACLASS_DECORATORS, SERIALIZABLE
from ..base import Context, Rule

_START = "import dataclasses, wfc\nwf = wfc.Workflows()\n\n"
_STEP = "\n@wf.step\ndef pay(sum: Money) -> None: ...\n"
_METHODS = ("_workflow_serialize", "_workflow_deserialize")
_BOTH = (
    "    def _workflow_serialize(self): return 1\n\n"
    "    @classmethod\n    def _workflow_deserialize(cls, data): return cls()\n"
)


class SerializableClass(Rule):
    """A class under `@serializable` can't be registered.

    Why: The runtime raises a TypeError as soon as a route imports the module. A class needs a method
    `_workflow_serialize(self)` and a classmethod `_workflow_deserialize(cls, data)`; an Enum needs neither. Dataclasses
    and pydantic models are recorded as they are, and may not be registered.

    Fix: Write the two methods, or remove the decorator and make the class a dataclass.

    Suppress: Where something that the check can't see adds the methods before the class is registered.
    """

    code = "WFC421"
    bad = (
        f"{_START}@wfc.serializable\nclass Money:\n    def to_json(self): return 1\n{_STEP}",
        f"{_START}@wfc.serializable(class_id='m')\nclass Money:\n    def _workflow_serialize(self): return 1\n{_STEP}",
        f"{_START}@wfc.serializable\n@dataclasses.dataclass\nclass Money:\n    sum: int\n{_STEP}",
        f"{_START}@wfc.serializable\nclass Money:\n    def _workflow_serialize(self): return 1\n\n"
        f"    def _workflow_deserialize(cls, data): return cls()\n{_STEP}",
    )
    good = (
        f"{_START}@wfc.serializable\nclass Money:\n{_BOTH}{_STEP}",
        f"{_START}class Base:\n{_BOTH}\n@wfc.serializable\nclass Money(Base): ...\n{_STEP}",
        f"{_START}import enum\n@wfc.serializable(class_id='m')\nclass Money(enum.Enum):\n    EUR = 1\n{_STEP}",
        f"{_START}@dataclasses.dataclass\nclass Money:\n    sum: int\n{_STEP}",
        f"{_START}from acme import Mixin\n@wfc.serializable\nclass Money(Mixin): ...\n{_STEP}",
        f"{_START}@dataclasses.dataclass\n@wfc.serializable\nclass Money:\n    sum: int = 0\n{_BOTH}{_STEP}",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per class."""
        for module in context.definition_modules():
            if b"serializable" not in module.source.data:
                continue
            for placed in placed_definitions(module.tree):
                if isinstance(placed.node, ast.ClassDef) and placed.node.decorator_list:
                    yield from self._check_class(context, module, placed.node)

    def _check_class(self, context: Context, module: Module, node: ast.ClassDef) -> Iterator[Diagnostic]:
        classes = context.types.classes
        cls = classes.at(f"{module.name}.{node.name}")
        if cls is None or cls.node is not node:
            return
        names = [classes.decorator(cls, item) for item in node.decorator_list]
        if SERIALIZABLE not in names:
            return
        before = names[names.index(SERIALIZABLE) + 1 :]  # decorators are applied from the bottom up
        kind = self._kind_when_registered(context, cls, before)
        if kind in (Kind.MODEL, Kind.DATACLASS):
            yield Diagnostic(
                self.code,
                f"`@serializable` stands on {kind.value}, `{node.name}`",
                module.source.name_span(node),
                label="recorded by its fields; registering it is a TypeError when the module is imported",
                help="remove `@serializable`",
            )
        elif kind is Kind.PLAIN:
            yield from self._check_methods(context, cls)

    def _kind_when_registered(self, context: Context, cls: OwnClass, before: list[str | None]) -> Kind | None:
        """Return what a class is when `@serializable` sees it; PLAIN for all that needs methods, None if unclear."""
        classes = context.types.classes
        above = [classes.kind(base) for base in classes.lineage(cls) if base is not cls]
        kind = classes.kind(cls)
        if kind in (Kind.MODEL, Kind.ENUM):
            return kind
        if Kind.DATACLASS in above or any(name in DATACLASS_DECORATORS for name in before):
            return Kind.DATACLASS
        if kind is Kind.DATACLASS:  # it becomes one later
            return Kind.PLAIN
        return None if kind is Kind.UNKNOWN else Kind.PLAIN

    def _check_methods(self, context: Context, cls: OwnClass) -> Iterator[Diagnostic]:
        source = cls.module.source
        found = {name: context.types.classes.method(cls, name) for name in _METHODS}
        missing = [name for name in _METHODS if found[name] is None]
        if missing:
            listed = " and ".join(f"`{name}`" for name in missing)
            yield Diagnostic(
                self.code,
                f"`@serializable` class `{cls.node.name}` has no {listed}",
                source.name_span(cls.node),
                label="registering it is a TypeError when the module is imported",
                help="write `def _workflow_serialize(self)` and the classmethod `_workflow_deserialize(cls, data)`, "
                "or make it a dataclass",
            )
            return
        match found[_METHODS[1]]:
            case (owner, ast.FunctionDef(decorator_list=[]) as method):
                yield Diagnostic(
                    self.code,
                    f"`_workflow_deserialize` of `{cls.node.name}` is not a classmethod",
                    source.name_span(cls.node),
                    label="recorded values could be written and never read",
                    secondary=(Note(owner.module.source.name_span(method), "called on the class"),),
                    help="put `@classmethod` above it",
                )
