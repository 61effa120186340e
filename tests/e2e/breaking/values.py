"""Make a value for a type: what a workflow is started with, a step returns, a hook is resumed with."""

from __future__ import annotations

import collections.abc
import copy
import dataclasses
import enum
import inspect
import re
import types
import typing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pydantic

from wfc.codec import SignatureCodec

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_VALUES: dict[Any, Any] = {
    str: "text",
    int: 1,
    float: 1.5,
    bool: True,
    bytes: b"bytes",
    list: [],
    dict: {},
    set: set(),
    tuple: (),
    Decimal: Decimal("1.5"),
    datetime: datetime(2024, 1, 1, tzinfo=UTC),
    date: date(2024, 1, 1),
    timedelta: timedelta(seconds=1),
    UUID: UUID(int=1),
    re.Match: re.match("", ""),
    Path: Path("text"),
}


def value_for(annotation: Any) -> Any:
    """Return a value that fits an annotation; None for what this doesn't know."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return value_for(inner[0])
    if origin is typing.Literal:
        return inner[0]
    if origin in (typing.Union, types.UnionType):
        return value_for(inner[0])
    if origin in (set, frozenset):
        return origin(_several(inner[0]))
    if origin is collections.abc.Callable:
        return len
    if origin is collections.abc.Iterator:
        return iter(_several(inner[0]))
    if origin is list or getattr(origin, "__name__", "") in ("Sequence", "Iterable", "Collection"):
        return _several(inner[0])
    if origin is tuple:
        return tuple(value_for(item) for item in inner if item is not ...)
    if origin in _VALUES and origin not in (dict, tuple):
        return copy.copy(_VALUES[origin])
    if origin is not None and len(inner) == 2:
        return {value_for(inner[0]): value_for(inner[1])}
    if annotation in _VALUES:
        return copy.copy(_VALUES[annotation])
    return _instance_of(annotation) if isinstance(annotation, type) else None


def _several(annotation: Any) -> list[Any]:
    """Return what a collection holds: of texts so many that two hash seeds hardly give the same order."""
    return ["text", "new", "sale", "old", "last"] if annotation is str else [value_for(annotation)]


def _instance_of(cls: type) -> Any:
    if issubclass(cls, enum.Enum):
        return next(iter(cls))
    if issubclass(cls, pydantic.BaseModel):
        fields = {name: field for name, field in cls.model_fields.items() if field.is_required()}
        return cls(**{name: value_for(field.annotation) for name, field in fields.items()})
    if dataclasses.is_dataclass(cls):
        hints = typing.get_type_hints(cls)
        return cls(
            **{field.name: value_for(hints[field.name]) for field in dataclasses.fields(cls) if _required(field)}
        )
    if typing.is_typeddict(cls):
        return {name: value_for(hint) for name, hint in typing.get_type_hints(cls).items()}
    if hasattr(cls, "_fields"):
        return cls(**{name: value_for(hint) for name, hint in typing.get_type_hints(cls).items()})
    try:
        needed = [item for item in inspect.signature(cls).parameters.values() if item.default is item.empty]
        hints = typing.get_type_hints(cls.__init__)
        return cls(*(value_for(hints.get(item.name, str)) for item in needed if item.kind not in _VARIADIC))
    except (TypeError, ValueError):
        return None


def _required(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.init and field.default is missing and field.default_factory is missing


def arguments_for(signature: SignatureCodec, given: typing.Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments for a call: `given` ones by name, those with a default left out."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for name, parameter in signature.signature.parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.default is not parameter.empty and name not in given:
            continue
        value = given[name] if name in given else value_for(signature._hints.get(name, str))
        if parameter.kind is parameter.KEYWORD_ONLY:
            kwargs[name] = value
        else:
            args.append(value)
    return args, kwargs


def another(value: Any) -> Any:
    """Return another value of the same type, where that is simple."""
    match value:
        case str():
            return f"another {value}"
        case bool():
            return not value
        case int() | float():
            return value + 1
    return value
