"""Which types the event log can hold, and what stands in the way of the others, however deep it is.

    class Line(BaseModel): client: httpx.AsyncClient
    class Order(BaseModel): lines: list[Line]

    Recordable.leaving(Order)       Obstacle(".lines[].client", "a client", "httpx.AsyncClient", ...)

In: types. Out: the first obstacle, or None: for what can be recorded, and for everything of which that isn't known. The
runtime writes values by what they are, not by annotation, private attributes and excluded fields included, and then
reads them by the annotation, which may make something else of them.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

from ...binder import Module
from ...syntax import is_none
from ...types import NONE, Choice, Field, Kind, Library, Noted, Own, OwnClass, Type, Types, Variable
from ...types.classes import is_exception
from .registered import Registered

_ITEMS = frozenset(
    {f"builtins.{name}" for name in ("list", "set", "frozenset")}
    | {
        f"collections.abc.{name}"
        for name in (
            *("Sequence", "MutableSequence", "Set", "MutableSet", "Collection", "Iterable", "Container", "Reversible"),
            "Generator",
        )
    }
    | {"collections.deque"}
)
_MAPPINGS = frozenset(
    {"builtins.dict", "collections.abc.Mapping", "collections.abc.MutableMapping"}
    | {"collections.OrderedDict", "collections.defaultdict"}
)
_VALIDATORS = ("Validator", "GetPydanticSchema", "SkipValidation", "Json", "ImportString")


@dataclass(frozen=True)
class Unrecordable:
    """A line of the table: what values of a class are (the class, where that says most), what to do instead."""

    what: str
    fix: str
    from_data: bool


@dataclass(frozen=True)
class Obstacle:
    """What can't be recorded in a type, `path` being where; `cls` is given where it is a class of the project.

    `certain` says that every value of the type holds it, `optional` that None may stand in its place. `field` is the
    innermost field on the way.
    """

    path: str
    name: str
    what: str
    fix: str
    cls: OwnClass | None = None
    kind: Kind | None = None
    certain: bool = True
    optional: bool = False
    field: Field | None = None

    def inside(self, step: str) -> Obstacle:
        """Return the obstacle as seen from a type that holds this one."""
        return replace(self, path=f"{step}{self.path}", optional=False)


@dataclass
class _Walk:
    """One question: the answers so far, and the classes on the way.

    `arriving` says that it is about a parameter, which may be given data instead of values of its type.
    """

    arriving: bool = False
    known: dict[tuple[Type, bool], Obstacle | None] = field(default_factory=dict)
    within: set[OwnClass] = field(default_factory=set)


class Recordable:
    """Answers for the types of one program."""

    def __init__(self, types: Types, registered: Registered) -> None:
        self._types = types
        self._registered = registered
        self._answers: dict[tuple[Type, bool], Obstacle | None] = {}

    def leaving(self, type: Type) -> Obstacle | None:
        """Return what keeps values of a type from being written."""
        return self._ask(type, True)

    def arriving(self, type: Type) -> Obstacle | None:
        """Return what keeps a parameter from being given: neither a value of its type, nor data to make one of."""
        return self._ask(type, False)

    def held(self, type: Own) -> Iterator[tuple[Field, Obstacle]]:
        """Yield the fields of a class that keep its instances from being written, each with what is in the way."""
        kind = self._types.kind(type)
        for one, held in self._types.fields(type) or ():
            found = self._field(one, held, kind, True, _Walk(within={type.cls}))
            if found is not None:
                yield one, found

    def _ask(self, type: Type, whole: bool) -> Obstacle | None:
        if (type, whole) not in self._answers:
            self._answers[type, whole] = self._find(type, whole, _Walk(arriving=not whole))
        return self._answers[type, whole]

    # --- the walk; `whole` says that a value of the type itself has to be written, not just data for it

    def _find(self, type: Type, whole: bool, walk: _Walk) -> Obstacle | None:
        key = (type, whole)
        if key not in walk.known:
            walk.known[key] = None  # in a circle
            walk.known[key] = self._look(type, whole, walk)
        return walk.known[key]

    def _look(self, type: Type, whole: bool, walk: _Walk) -> Obstacle | None:
        match type:
            case Noted(inner=inner, module=module, notes=notes):
                if not whole and any(self._converts(module, note) for note in notes):
                    return None
                return self._find(inner, whole, walk)
            case Variable(bound=bound):
                return self._find(bound, whole, walk)
            case Choice(members=members):
                return self._choice(members, whole, walk)
            case Library():
                return self._library(type, whole, walk)
            case Own():
                return self._own(type, whole, walk)
        return None

    def _choice(self, members: tuple[Type, ...], whole: bool, walk: _Walk) -> Obstacle | None:
        values = [member for member in members if member is not NONE]
        found = [self._find(member, whole, walk) for member in values]
        obstacles = [obstacle for obstacle in found if obstacle is not None]
        if not obstacles:
            return None
        certain = len(obstacles) == len(values) and all(obstacle.certain for obstacle in obstacles)
        optional = len(values) < len(members) or any(obstacle.optional for obstacle in obstacles)
        return replace(obstacles[0], certain=certain, optional=optional)

    def _library(self, type: Library, whole: bool, walk: _Walk) -> Obstacle | None:
        known = unrecordable(type.name)
        registered = known is not None and (
            self._registered.may_be(type.name) or (is_exception(type.name) and self._registered.may_be_exception())
        )
        if known is not None and (whole or not known.from_data) and not registered:
            certain = not (known.from_data and walk.arriving)  # `Order(...)` holds one, a dict for it needs none
            return Obstacle("", type.name.removeprefix("builtins."), known.what, known.fix, certain=certain)
        arguments = type.arguments
        if type.name in _ITEMS and arguments:
            return self._first([("[]", arguments[0])], whole, walk)
        if type.name in _MAPPINGS:
            return self._first([("[]", part) for part in arguments[1:2]], whole, walk)
        if type.name == "builtins.tuple":
            return self._first([(f"[{index}]", part) for index, part in enumerate(arguments)], whole, walk)
        return None

    def _first(self, parts: Iterable[tuple[str, Type]], whole: bool, walk: _Walk) -> Obstacle | None:
        found = [
            obstacle.inside(step) for step, part in parts if (obstacle := self._find(part, whole, walk)) is not None
        ]
        return _worst(found)

    def _own(self, type: Own, whole: bool, walk: _Walk) -> Obstacle | None:
        cls, kind = type.cls, self._types.kind(type)
        if kind is Kind.ENUM or self._types.classes.is_registered(cls) or cls in walk.within:
            return None
        fields = self._types.fields(type)
        if fields is None:
            return self._class(cls, kind, whole)
        walk.within.add(cls)
        try:
            whole = whole or kind is not Kind.TYPED_DICT
            found = [self._field(one, held, kind, whole, walk) for one, held in fields]
        finally:
            walk.within.discard(cls)
        worst = _worst([obstacle for obstacle in found if obstacle is not None])
        if worst is None or self._registered.may_be(cls.dotted):
            return None
        return worst

    def _field(self, one: Field, held: Type, kind: Kind, whole: bool, walk: _Walk) -> Obstacle | None:
        if one.annotation is None or (one.private and one.default is not None):
            made = self._by_default(one)
            held = made if made is not None else held
        found = self._find(held, whole, walk)
        empty = found is not None and found.optional and is_none(one.default)
        if found is None or (empty and not found.path):
            return None  # `client: Client | None = None` holds one only once somebody has put it there
        unset = empty or (one.default is None and (one.private or not one.required))
        found = replace(found, certain=found.certain and not unset, field=found.field or one)
        return found.inside(f"[{one.name!r}]" if kind is Kind.TYPED_DICT else f".{one.name}")

    def _by_default(self, one: Field) -> Type | None:
        """Return the type of what a private attribute is made with: `PrivateAttr(default_factory=Lock)`."""
        made = one.default
        if isinstance(made, ast.Call) and not one.made:
            made = made.func
        elif not one.made:
            return None
        name = self._types.canonical(one.module, made) if made is not None else None
        if name is None:
            return None
        cls = self._types.classes.at(name)
        return Own(cls) if cls is not None else Library(name)

    def _class(self, cls: OwnClass, kind: Kind, whole: bool) -> Obstacle | None:
        """Return what is wrong with a class that keeps no fields; None where anything about it is unclear."""
        if kind is Kind.PROTOCOL:
            return None
        described = f"`{cls.node.name}` is {kind.value}"
        found = Obstacle("", cls.node.name, described, "", cls, kind)
        if kind is Kind.UNKNOWN:
            bases = [base for base in self._types.classes.outer_bases(cls) if base is not None]
            known = [(base, fact) for base in bases if (fact := unrecordable(base)) is not None]
            if not known:
                return None
            found = Obstacle("", cls.node.name, known[0][1].what, known[0][1].fix)
        elif kind is Kind.EXCEPTION:
            found = Obstacle("", cls.node.name, "an exception", "raise it, or pass str(error)")
        if not whole and self._types.classes.method(cls, "__get_pydantic_core_schema__") is not None:
            return None
        if self._registered.may_be(cls.dotted) or self._registered.may_have_subclass(cls):
            return None
        return found

    def _converts(self, module: Module, note: ast.expr) -> bool:
        """Say whether a note of `Annotated` may make the value of something else."""
        if isinstance(note, ast.Constant):
            return False
        name = self._types.canonical(module, note.func if isinstance(note, ast.Call) else note)
        return name is None or self._types.names.is_first_party(name) or name.endswith(_VALIDATORS)


def _worst(found: list[Obstacle]) -> Obstacle | None:
    return next((obstacle for obstacle in found if obstacle.certain), found[0] if found else None)


def unrecordable(name: str) -> Unrecordable | None:
    """Return what the table says about a class from outside the project."""
    known = _table().get(name)
    if known is None and is_exception(name):
        return Unrecordable("an exception", "raise it, or pass str(error)", from_data=False)
    return known


@cache
def _table() -> Mapping[str, Unrecordable]:
    text = (files(__package__) / "unrecordable.toml").read_text("utf-8")
    return {
        name: Unrecordable(entry.get("what") or f"`{name}`", entry["fix"], entry.get("from_data", False))
        for entry in tomllib.loads(text)["kind"]
        for name in entry["names"]
    }
