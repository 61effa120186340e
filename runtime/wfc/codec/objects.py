"""Taking objects apart: enum members, pydantic models, dataclasses, named tuples and registered classes.

Comes in: a class. Goes out: its `Shape`, which says what of an instance is written, or None for a class that the codec
doesn't write. Rebuilding is the other half and lives in `rebuild`. No method of the user's class runs here, except the
functions of a registration.

Nothing that an instance holds is left out: pydantic's private attributes, fields marked `exclude=True` and extras, and
what a dataclass keeps in its `__dict__` beside its fields (set in `__post_init__`, say), because rebuilding calls no
constructor that would make them again. Cached properties are left out; they compute themselves.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Iterator
from enum import Enum
from typing import Any, Protocol

from .classes import ClassNames
from .registry import Registration, registration_of
from .scalars import Node

# A part's key in the node, and its content.
Part = tuple[str, Any]


class Shape(Protocol):
    """How the instances of one class are taken apart."""

    def head(self, value: Any) -> Node:
        """Return a new node with the tag and the class."""
        ...

    def parts(self, value: Any) -> Iterator[Part]:
        """Yield what else goes into the node, to be encoded by the caller."""
        ...


class Foreign(dict[str, Any]):
    """The fields of an object whose class this process doesn't know: a dict that is written back as that object.

    So a workflow can hand a value from step to step without having its class. `head` is the node without its fields.
    """

    __slots__ = ("head", "rest")

    def __init__(self, fields: dict[str, Any], head: Node, rest: dict[str, Any]) -> None:
        super().__init__(fields)
        self.head = head
        self.rest = rest

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy with the class."""
        return (Foreign, (dict(self), self.head, self.rest))

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has none
        """Stay usable in a set, as the object that this stands for was."""
        return hash(self.head["c"])


def shape_of(cls: type, names: ClassNames) -> Shape | None:
    """Return how instances of `cls` are taken apart, or None where the codec refuses them."""
    registration = registration_of(cls)
    if registration is not None and not issubclass(cls, Enum):
        return _Registered(names.name_of(cls), registration)
    if issubclass(cls, Enum):
        return _Enum(names.name_of(cls), registration)
    if is_model(cls):
        return _Model(cls, names)
    if issubclass(cls, BaseException | type):
        return None
    if dataclasses.is_dataclass(cls) and has_plain_layout(cls):
        return _Dataclass(cls, names.name_of(cls))
    if is_named_tuple(cls):
        return _NamedTuple(cls, names.name_of(cls))
    return _Foreign() if cls is Foreign else None


def is_model(cls: type) -> bool:
    """Is `cls` a pydantic model?

    Where pydantic isn't loaded, nothing is.
    """
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and issubclass(cls, pydantic.BaseModel)


def is_named_tuple(cls: type) -> bool:
    """Is `cls` a NamedTuple or a `collections.namedtuple`?"""
    return issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple)


def has_plain_layout(cls: type) -> bool:
    """Can `object.__new__` make instances?

    Not those of a dataclass that derives from list or the like.
    """
    try:
        object.__new__(cls)
    except TypeError:
        return False
    return True


class _Enum:
    """`{"$": "enum", "c": .., "n": member, "v": value}`: the name wins, the value serves where the name is unknown."""

    def __init__(self, name: str, registration: Registration | None) -> None:
        self._name = name
        self._id = registration.class_id if registration else None

    def head(self, value: Any) -> Node:
        head: Node = {"$": "enum", "c": self._name}
        if self._id is not None:
            head["i"] = self._id
        if value.name is not None:
            head["n"] = value.name
        return head

    def parts(self, value: Any) -> Iterator[Part]:
        yield ("v", value._value_)


class _Model:
    """`{"$": "model", "c": .., "f": fields, "s": fields set, "x": extras, "p": private attributes}`."""

    def __init__(self, cls: Any, names: ClassNames) -> None:
        generic = cls.__pydantic_generic_metadata__
        self._arguments: list[str] = []
        if generic["origin"] is not None and all(isinstance(one, type) for one in generic["args"]):
            self._arguments = [names.name_of(one) for one in generic["args"]]
        self._name = names.name_of(generic["origin"] or cls)
        self._fields = frozenset(cls.__pydantic_fields__)

    def head(self, value: Any) -> Node:
        head: Node = {"$": "model", "c": self._name}
        if self._arguments:
            head["a"] = self._arguments
        fields_set = value.__pydantic_fields_set__
        if fields_set != self._fields.union(value.__pydantic_extra__ or ()):
            head["s"] = sorted(fields_set)
        return head

    def parts(self, value: Any) -> Iterator[Part]:
        yield ("f", {name: item for name, item in value.__dict__.items() if name in self._fields})
        if value.__pydantic_extra__:
            yield ("x", dict(value.__pydantic_extra__))
        if value.__pydantic_private__:
            yield ("p", dict(value.__pydantic_private__))


class _Dataclass:
    """`{"$": "dataclass", "c": .., "f": fields, "x": what else is in the instance's dict}`."""

    def __init__(self, cls: type, name: str) -> None:
        self._name = name
        self._fields = [field.name for field in dataclasses.fields(cls)]
        self._left_out = {
            *self._fields,
            *(
                attribute
                for base in cls.__mro__
                for attribute, item in vars(base).items()
                if isinstance(item, functools.cached_property)
            ),
        }

    def head(self, value: Any) -> Node:
        return {"$": "dataclass", "c": self._name}

    def parts(self, value: Any) -> Iterator[Part]:
        fields = {}
        for name in self._fields:
            try:
                fields[name] = object.__getattribute__(value, name)
            except AttributeError:
                continue  # an init=False field that was never set
        yield ("f", fields)
        others = getattr(value, "__dict__", None)
        if others and (others := {k: v for k, v in others.items() if k not in self._left_out}):
            yield ("x", others)


class _NamedTuple:
    """`{"$": "namedtuple", "c": .., "f": fields}`."""

    def __init__(self, cls: Any, name: str) -> None:
        self._name = name
        self._fields: tuple[str, ...] = cls._fields

    def head(self, value: Any) -> Node:
        return {"$": "namedtuple", "c": self._name}

    def parts(self, value: Any) -> Iterator[Part]:
        yield ("f", dict(zip(self._fields, tuple.__iter__(value), strict=True)))


class _Registered:
    """`{"$": "object", "c": .., "i": class id, "v": data}`."""

    def __init__(self, name: str, registration: Registration) -> None:
        self._name = name
        self._registration = registration

    def head(self, value: Any) -> Node:
        head: Node = {"$": "object", "c": self._name}
        if self._registration.class_id is not None:
            head["i"] = self._registration.class_id
        return head

    def parts(self, value: Any) -> Iterator[Part]:
        yield ("v", self._registration.serialize(value))


class _Foreign:
    """The object that came in, with what the workflow changed in its fields."""

    def head(self, value: Foreign) -> Node:
        return dict(value.head)

    def parts(self, value: Foreign) -> Iterator[Part]:
        whole = value.head["$"] == "object"
        yield ("v", value["value"]) if whole else ("f", dict(value))
        yield from value.rest.items()
