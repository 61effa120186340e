"""What kind of class a class of the project is, as far as its source says.

    @dataclass class Line: ...              DATACLASS
    class Order(Base): ...                  MODEL where `Base` derives from pydantic's
    class Cart: ...                         PLAIN: nobody but its own methods knows what it holds
    class Row(declarative_base()): ...      UNKNOWN: anything may be behind the base

In: the classes of a program. Out: `OwnClass`es, one for each definition, their lineage and kind.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ..binder import Definition, Module, Names, that_count


class Kind(Enum):
    """How instances of a class keep what they hold."""

    MODEL = "a pydantic model"
    DATACLASS = "a dataclass"
    TYPED_DICT = "a TypedDict"
    NAMED_TUPLE = "a NamedTuple"
    ENUM = "an Enum"
    EXCEPTION = "an exception"
    PROTOCOL = "a protocol"
    ATTRS = "an attrs class"
    STRUCT = "a msgspec struct"
    VALUE = "a subclass of a builtin type"
    PLAIN = "a plain class"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class OwnClass:
    """A class statement of the project that the only binding of its name makes."""

    dotted: str
    module: Module
    node: ast.ClassDef


DATACLASS_DECORATORS = frozenset({"dataclasses.dataclass", "pydantic.dataclasses.dataclass"})
SERIALIZABLE = "wfc.serializable"
_ATTRS = frozenset(
    {"attr.s", "attr.attrs", "attr.define", "attr.frozen", "attr.mutable", "attr.dataclass"}
    | {"attrs.define", "attrs.frozen", "attrs.mutable"}
)
_HARMLESS_DECORATORS = frozenset(
    {SERIALIZABLE, "functools.total_ordering", "enum.unique", "typing.final", "typing.runtime_checkable"}
    | {"typing.dataclass_transform", "warnings.deprecated", "typing.deprecated"}
)
_MODELS = frozenset(
    {"pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.RootModel", "pydantic.root_model.RootModel"}
    | {"pydantic_settings.BaseSettings", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel"}
)
_ENUMS = frozenset(f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"))
_VALUES = frozenset(
    {f"builtins.{name}" for name in ("str", "int", "float", "complex", "bytes", "bytearray")}
    | {f"builtins.{name}" for name in ("list", "dict", "set", "frozenset", "tuple")}
    | {f"collections.{name}" for name in ("OrderedDict", "defaultdict", "Counter", "deque")}
    | {"datetime.datetime", "datetime.date", "datetime.time", "datetime.timedelta", "decimal.Decimal", "uuid.UUID"}
)
_PLAIN_BASES = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "wfc.BaseHook"})
_WFC_ERRORS = ("Error", "Exception")
# What a base says about the class, most telling first.
_BY_BASE: tuple[tuple[Kind, frozenset[str]], ...] = (
    (Kind.ENUM, _ENUMS),
    (Kind.MODEL, _MODELS),
    (Kind.TYPED_DICT, frozenset({"typing.TypedDict"})),
    (Kind.NAMED_TUPLE, frozenset({"typing.NamedTuple"})),
    (Kind.STRUCT, frozenset({"msgspec.Struct"})),
    (Kind.VALUE, _VALUES),
    (Kind.PROTOCOL, frozenset({"typing.Protocol"})),
)


class Classes:
    """The classes of one program."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._made: dict[ast.ClassDef, OwnClass] = {}
        self._kinds: dict[OwnClass, Kind] = {}
        self._lineages: dict[OwnClass, tuple[OwnClass, ...]] = {}

    def at(self, dotted: str) -> OwnClass | None:
        """Return the class behind a canonical name; None where several bindings make it, or none."""
        definition = self.names.definition(dotted)
        return self.defined(definition, dotted) if definition is not None else None

    def defined(self, definition: Definition, dotted: str) -> OwnClass | None:
        """Return the class that a definition is, classes inside classes included."""
        bindings = that_count(definition.bindings)
        node = bindings[0].node if len(bindings) == 1 else None
        for name in definition.rest:
            node = _inner_class(node, name) if isinstance(node, ast.ClassDef) else None
        if not isinstance(node, ast.ClassDef):
            return None
        if node not in self._made:
            self._made[node] = OwnClass(dotted, definition.module, node)
        return self._made[node]

    def lineage(self, cls: OwnClass) -> tuple[OwnClass, ...]:
        """Return a class and the project's classes above it, bases first, each once."""
        if cls not in self._lineages:
            self._lineages[cls] = self._collect_lineage(cls)
        return self._lineages[cls]

    def _collect_lineage(self, cls: OwnClass) -> tuple[OwnClass, ...]:
        found: dict[OwnClass, None] = {}
        entered: set[OwnClass] = set()
        waiting: list[tuple[OwnClass, bool]] = [(cls, False)]
        while waiting:
            current, done = waiting.pop()
            if done:
                found[current] = None
            elif current not in entered:  # else by two ways, or in a circle that fails when it is run
                entered.add(current)
                waiting.append((current, True))
                bases = [self._base(current, base) for base in current.node.bases]
                waiting += [(base, False) for base in reversed(bases) if base is not None]
        return tuple(found)

    def outer_bases(self, cls: OwnClass) -> list[str | None]:
        """Return the canonical names of the outermost bases, those from outside the project; None for unclear ones."""
        return [
            _plain_spelling(self.names.canonical(part.module, _without_arguments(base)))
            for part in self.lineage(cls)
            for base in part.node.bases
            if self._base(part, base) is None
        ]

    def kind(self, cls: OwnClass) -> Kind:
        """Return what kind of class it is."""
        if cls not in self._kinds:
            self._kinds[cls] = self._find_kind(cls)
        return self._kinds[cls]

    def _find_kind(self, cls: OwnClass) -> Kind:
        bases = self.outer_bases(cls)
        decorators = [self.decorator(part, item) for part in self.lineage(cls) for item in part.node.decorator_list]
        by_base = {kind for kind, names in _BY_BASE if any(base in names for base in bases)}
        if Kind.ENUM not in by_base and Kind.MODEL not in by_base:
            if any(base is not None and is_exception(base) for base in bases):
                return Kind.EXCEPTION
            if any(name in DATACLASS_DECORATORS for name in decorators):
                return Kind.VALUE if Kind.VALUE in by_base else Kind.DATACLASS
        certain = self._is_certain(cls, bases, decorators)
        for kind, _ in _BY_BASE:
            if kind in by_base:
                return kind if certain or kind not in (Kind.VALUE, Kind.STRUCT) else Kind.UNKNOWN
        if not certain:
            return Kind.UNKNOWN
        return Kind.ATTRS if any(name in _ATTRS for name in decorators) else Kind.PLAIN

    def _is_certain(self, cls: OwnClass, bases: list[str | None], decorators: list[str | None]) -> bool:
        """Say whether nothing around a class may have made it recordable: bases, decorators, a metaclass."""
        known = _PLAIN_BASES.union(*(names for _, names in _BY_BASE))
        return (
            all(base in known or (base or "").startswith("collections.abc.") for base in bases)
            and all(name in _HARMLESS_DECORATORS or name in _ATTRS for name in decorators)
            and not any(_is_shaped_elsewhere(self.names, part) for part in self.lineage(cls))
        )

    def is_registered(self, cls: OwnClass) -> bool:
        """Say whether `@serializable` stands on the class itself: subclasses need one of their own."""
        return any(self.decorator(cls, item) == SERIALIZABLE for item in cls.node.decorator_list)

    def decorator(self, cls: OwnClass, item: ast.expr) -> str | None:
        """Return the canonical name of what decorates a class."""
        target = item.func if isinstance(item, ast.Call) else item
        return _plain_spelling(self.names.canonical(cls.module, target))

    def method(self, cls: OwnClass, name: str) -> tuple[OwnClass, ast.stmt] | None:
        """Return what binds a name in a class or in the project's classes above it, with the class it stands in."""
        for part in reversed(self.lineage(cls)):
            for statement in part.node.body:
                if name in _bound_by(statement):
                    return part, statement
        return None

    def _base(self, cls: OwnClass, base: ast.expr) -> OwnClass | None:
        dotted = self.names.canonical(cls.module, _without_arguments(base))
        return self.at(dotted) if dotted else None


def is_exception(dotted: str) -> bool:
    """Say whether a canonical name from outside the project is that of an exception."""
    module, _, name = dotted.rpartition(".")
    if module == "wfc":
        return name.endswith(_WFC_ERRORS)
    found = getattr(builtins, name, None) if module == "builtins" else None
    return isinstance(found, type) and issubclass(found, BaseException)


def _is_shaped_elsewhere(names: Names, cls: OwnClass) -> bool:
    """Say whether other code has a hand in making a class: a metaclass, options, `__init_subclass__`."""
    for keyword in cls.node.keywords:
        metaclass = names.canonical(cls.module, keyword.value) if keyword.arg == "metaclass" else None
        if metaclass not in ("abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"):
            return True
    return any("__init_subclass__" in _bound_by(statement) for statement in cls.node.body)


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def _inner_class(node: ast.ClassDef, name: str) -> ast.ClassDef | None:
    found = [item for item in node.body if isinstance(item, ast.ClassDef) and item.name == name]
    return found[0] if len(found) == 1 else None


def _without_arguments(base: ast.expr) -> ast.expr:
    return base.value if isinstance(base, ast.Subscript) else base


def _plain_spelling(name: str | None) -> str | None:
    return name.replace("typing_extensions.", "typing.", 1) if name is not None else None
