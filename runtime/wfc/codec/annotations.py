"""Annotations, made ready for pydantic.

Comes in: an annotation. Goes out: one that means the same, with two kinds of class replaced wherever they stand in it.

- Models and dataclasses take an instance as it is. Pydantic does not check the fields of an instance again, but it
  does run the class's `mode="after"` validators, which have seen this object before it was recorded. A class that asks
  for `revalidate_instances` gets it.
- A TypedDict becomes a twin: pydantic refuses `typing.TypedDict` before Python 3.12, and drops the keys that it doesn't
  name. A value keeps all its keys, as a TypedDict promises nothing about others. One that has a `__pydantic_config__`
  says for itself what it wants.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any, Union

import typing_extensions
from pydantic import WrapValidator

from .objects import is_model

_REQUIRED: Any = typing_extensions.Required
_NOT_REQUIRED: Any = typing_extensions.NotRequired
_make_typed_dict: Any = typing_extensions.TypedDict  # a type checker takes a literal name only


def ready(annotation: Any, outer: tuple[Any, ...] = ()) -> Any:
    """Replace the classes in `annotation`; where a TypedDict holds itself, the inner one is not checked."""
    if takes_instances(annotation):
        return Annotated[annotation, WrapValidator(_instance_or(annotation))]
    if typing_extensions.is_typeddict(annotation) and not hasattr(annotation, "__pydantic_config__"):
        return Any if annotation in outer else _twin(annotation, (*outer, annotation))
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None or origin is typing.Literal or not arguments:
        return annotation
    if origin is Annotated:
        return Annotated[(ready(arguments[0], outer), *arguments[1:])]
    replaced = tuple(ready(argument, outer) for argument in arguments)
    if all(new is old for new, old in zip(replaced, arguments, strict=True)):
        return annotation
    return Union[replaced] if origin in (types.UnionType, Union) else origin[replaced]  # noqa: UP007 - of a tuple


def takes_instances(annotation: Any) -> bool:
    """Is this a model or dataclass whose instances need no second validation?"""
    if not isinstance(annotation, type) or isinstance(annotation, types.GenericAlias):
        return False
    if is_model(annotation):
        config = getattr(annotation, "model_config", {})
    elif dataclasses.is_dataclass(annotation):
        config = getattr(annotation, "__pydantic_config__", {})
    else:
        return False
    return bool(config.get("revalidate_instances", "never") == "never")


def _instance_or(cls: type) -> Callable[[Any, Callable[[Any], Any]], Any]:
    def validate(value: Any, handler: Callable[[Any], Any]) -> Any:
        return value if isinstance(value, cls) else handler(value)

    return validate


def _twin(cls: Any, outer: tuple[Any, ...]) -> Any:
    fields: dict[str, Any] = {}
    for name, hint in typing_extensions.get_type_hints(cls, include_extras=True).items():
        wrapper: Any = typing.get_origin(hint)
        if wrapper is _REQUIRED or wrapper is _NOT_REQUIRED:
            hint = typing.get_args(hint)[0]
        else:
            wrapper = _REQUIRED if name in cls.__required_keys__ else _NOT_REQUIRED
        fields[name] = wrapper[ready(hint, outer)]
    twin = _make_typed_dict(cls.__name__, fields)
    twin.__pydantic_config__ = {"extra": "allow", "arbitrary_types_allowed": True}
    return twin
