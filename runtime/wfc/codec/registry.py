"""Classes that say themselves how they are written: `@serializable` and `register_serializable`.

Comes in: a class with `_workflow_serialize(self)` and `_workflow_deserialize(cls, data)` (an Enum needs neither), or a
class and two functions. Goes out: a `Registration` that the encoder and the decoder look up. The data that a class
gives may hold anything that the codec writes. The names are those of the Python Workflow SDK.

A registration belongs to the class object, not to its name: the same source is loaded once per route, and each route
has its own class. An explicit `class_id` is recorded as well, so that a class may be renamed while runs are in flight.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar, overload
from weakref import WeakKeyDictionary

T = TypeVar("T")
C = TypeVar("C", bound=type)


@dataclasses.dataclass(frozen=True)
class Registration:
    """How the instances of one class are taken apart and made again."""

    class_id: str | None
    serialize: Callable[[Any], object]
    deserialize: Callable[[Any], object]


_registered: WeakKeyDictionary[type, Registration] = WeakKeyDictionary()


@overload
def serializable(cls: C, *, class_id: str | None = None) -> C: ...
@overload
def serializable(cls: None = None, *, class_id: str | None = None) -> Callable[[C], C]: ...
def serializable(cls: C | None = None, *, class_id: str | None = None) -> C | Callable[[C], C]:
    """Register a class that has `_workflow_serialize` and the classmethod `_workflow_deserialize`, or an Enum."""
    if cls is None:
        return lambda decorated: _register(decorated, class_id)
    return _register(cls, class_id)


def register_serializable(
    cls: type[T],
    *,
    class_id: str,
    serialize: Callable[[T], object],
    deserialize: Callable[[Any], T],
) -> None:
    """Register a class that can't be changed, by two functions; registering it again replaces them."""
    _refuse_known_kind(cls)
    _registered[cls] = Registration(class_id, serialize, deserialize)


def registration_of(cls: type) -> Registration | None:
    """Return the registration of this very class; subclasses need one of their own.

    The types that pydantic's own annotations give a field (`HttpUrl`, `PostgresDsn`, `ByteSize`) need none.
    """
    registration = _registered.get(cls)
    if registration is None and cls.__module__ == "pydantic.networks" and hasattr(cls, "_constraints"):
        registration = _registered[cls] = Registration(None, str, cls)
    elif registration is None and cls.__module__ == "pydantic.types" and cls.__name__ == "ByteSize":
        registration = _registered[cls] = Registration(None, int, cls)
    return registration


def classes_with_id(class_id: str) -> list[type]:
    """Return every class registered under an id: one per route that loaded it."""
    return [cls for cls, registration in list(_registered.items()) if registration.class_id == class_id]


def _register(cls: C, class_id: str | None) -> C:
    if issubclass(cls, Enum):
        _registered[cls] = Registration(class_id, lambda member: member.value, cls)
        return cls
    _refuse_known_kind(cls)
    serialize = getattr(cls, "_workflow_serialize", None)
    deserialize = getattr(cls, "_workflow_deserialize", None)
    if not callable(serialize) or not callable(deserialize):
        raise TypeError(
            f"@serializable needs {cls.__name__} to have a method _workflow_serialize(self) and a classmethod "
            "_workflow_deserialize(cls, data); for a class that you can't change use register_serializable"
        )
    _registered[cls] = Registration(class_id, serialize, deserialize)
    return cls


def _refuse_known_kind(cls: type) -> None:
    pydantic = sys.modules.get("pydantic")
    is_model = pydantic is not None and issubclass(cls, pydantic.BaseModel)
    if is_model or dataclasses.is_dataclass(cls):
        kind = "a pydantic model" if is_model else "a dataclass"
        raise TypeError(f"{cls.__name__} is {kind}, which is recorded as it is; remove the registration")
