"""Making objects again from their recorded parts, without calling the user's constructors and validators.

Comes in: a class and the parts that `objects` took from an instance. Goes out: an instance equal to the one written.

Rebuilding restores the state as it was (as pydantic's own `copy` does), because a constructor would draw new default
values, run `__post_init__` a second time and refuse what `model_construct` or a mutation had made. Where the class has
changed since (another build), fields that are new take their default, fields that are gone are dropped, and a new field
without a default is a `TypeValidationError`. The annotation of the parameter is checked afterwards, by the caller.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable
from typing import Any

from ..errors import TypeValidationError
from .objects import Foreign, has_plain_layout, is_model, is_named_tuple
from .scalars import Node
from .validation import MismatchError, Validators

Builder = Callable[[Node], object]


def builder_for(tag: str, cls: type, validators: Validators) -> Builder | None:
    """Return what makes an instance of `cls` from a node with this tag; None where the two don't fit together."""
    if tag == "model" and is_model(cls):
        return _ModelBuilder(cls, validators)
    if tag == "dataclass" and dataclasses.is_dataclass(cls) and has_plain_layout(cls):
        return _DataclassBuilder(cls, validators)
    if tag == "namedtuple" and is_named_tuple(cls):
        return _NamedTupleBuilder(cls, validators)
    if is_model(cls) or dataclasses.is_dataclass(cls) or is_named_tuple(cls):
        # It has become another kind of class since: its validator reads the fields.
        return lambda node: _validated(validators, cls, node["f"], cls.__name__)
    return None


class _ModelBuilder:
    """Restores the four parts of a model's state."""

    def __init__(self, cls: Any, validators: Validators) -> None:
        self._cls = cls
        self._validators = validators

    def __call__(self, node: Node) -> object:
        cls: Any = self._cls
        fields = _mapping(node["f"])
        infos = cls.__pydantic_fields__
        if fields.keys() != infos.keys():
            fields = {name: fields[name] if name in fields else self._default(name) for name in infos}
        for name, item in fields.items():
            if holds_foreign(item):
                fields[name] = _validated(
                    self._validators, infos[name].rebuild_annotation(), item, f"{cls.__name__}.{name}"
                )
        extra = _mapping(node.get("x", {}))
        private = _mapping(node.get("p", {}))
        model = object.__new__(cls)
        object.__setattr__(model, "__dict__", fields)
        object.__setattr__(model, "__pydantic_fields_set__", set(node["s"]) if "s" in node else {*fields, *extra})
        object.__setattr__(model, "__pydantic_extra__", extra if cls.model_config.get("extra") == "allow" else None)
        object.__setattr__(model, "__pydantic_private__", self._private(private))
        return model

    def _default(self, name: str) -> object:
        info = self._cls.__pydantic_fields__[name]
        if info.is_required():
            raise _missing(self._cls, name)
        return info.get_default(call_default_factory=True, validated_data={})

    def _private(self, recorded: dict[str, object]) -> dict[str, object] | None:
        """Keep what was recorded; a private attribute that is new in the class takes its default."""
        attributes = self._cls.__private_attributes__
        if not attributes:
            return None
        private = {name: item for name, item in recorded.items() if name in attributes}
        if not recorded:
            return private
        for name, attribute in attributes.items():
            if name not in private and (attribute.default_factory is not None or _has_default(attribute)):
                private[name] = attribute.get_default()
        return private


class _DataclassBuilder:
    """Sets fields and what else the instance held, past `__init__`, `__post_init__`, frozen and slots."""

    def __init__(self, cls: type, validators: Validators) -> None:
        self._cls = cls
        self._validators = validators
        self._fields = {field.name: field for field in dataclasses.fields(cls)}

    def __call__(self, node: Node) -> object:
        fields = _mapping(node["f"])
        made: object = object.__new__(self._cls)
        for name, field in self._fields.items():
            if name in fields:
                item = fields[name]
                if holds_foreign(item):
                    item = _validated(self._validators, self._hint(name), item, f"{self._cls.__name__}.{name}")
            elif field.default is not dataclasses.MISSING:
                item = field.default
            elif field.default_factory is not dataclasses.MISSING:
                item = field.default_factory()
            elif field.init:
                raise _missing(self._cls, name)
            else:
                continue
            object.__setattr__(made, name, item)
        others = _mapping(node.get("x", {}))
        if others and hasattr(made, "__dict__"):
            made.__dict__.update(others)
        return made

    def _hint(self, name: str) -> object:
        try:
            return typing.get_type_hints(self._cls, include_extras=True)[name]
        except Exception:  # noqa: BLE001 (a hint is user code; without one the value stays as it is)
            return Any


class _NamedTupleBuilder:
    """Makes the tuple by `tuple.__new__`, in the order of the class's fields."""

    def __init__(self, cls: Any, validators: Validators) -> None:
        self._cls = cls
        self._validators = validators

    def __call__(self, node: Node) -> object:
        fields = _mapping(node["f"])
        cls = self._cls
        values = []
        for name in cls._fields:
            if name not in fields and name not in cls._field_defaults:
                raise _missing(cls, name)
            item = fields[name] if name in fields else cls._field_defaults[name]
            if holds_foreign(item):
                hint = typing.get_type_hints(cls, include_extras=True).get(name, Any)
                item = _validated(self._validators, hint, item, f"{cls.__name__}.{name}")
            values.append(item)
        return tuple.__new__(cls, values)


def holds_foreign(value: object) -> bool:
    """Does `value` hold, at any depth of its containers, an object whose class is unknown here?"""
    kind = type(value)
    if kind is Foreign:
        return True
    if kind is dict:
        return any(map(holds_foreign, value.values()))  # type: ignore[attr-defined]  # kind says so
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        return any(map(holds_foreign, value))  # type: ignore[call-overload]  # kind says so
    return False


def _validated(validators: Validators, annotation: object, value: object, place: str) -> object:
    try:
        return validators.check(value, annotation)
    except MismatchError as mismatch:
        raise TypeValidationError(f"{place} doesn't match its annotation: {mismatch}") from mismatch.__cause__


def _missing(cls: type, name: str) -> TypeValidationError:
    return TypeValidationError(
        f"the recorded {cls.__name__} has no value for {name!r}, a field without a default that was added since; "
        "give the field a default"
    )


def _has_default(attribute: Any) -> bool:
    from pydantic_core import PydanticUndefined

    return attribute.default is not PydanticUndefined


def _mapping(part: object) -> dict[str, Any]:
    if type(part) is not dict:
        raise TypeError("the fields of an object are not a mapping")
    return part
