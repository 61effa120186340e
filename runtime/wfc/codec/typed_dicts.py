"""TypedDicts in annotations, made ready for pydantic.

Comes in: an annotation. Goes out: the same annotation with each TypedDict replaced by a twin. Pydantic refuses
`typing.TypedDict` before Python 3.12 and drops the keys that a TypedDict doesn't name; the twin is accepted everywhere,
and a value keeps all its keys, as a TypedDict promises nothing about others. One that has a `__pydantic_config__` says
for itself what it wants.
"""

from __future__ import annotations

import types
import typing
from typing import Annotated, Any, Union

import typing_extensions

_REQUIRED: Any = typing_extensions.Required
_NOT_REQUIRED: Any = typing_extensions.NotRequired
_make_typed_dict: Any = typing_extensions.TypedDict  # a type checker takes a literal name only


def with_twins(annotation: Any, outer: tuple[Any, ...] = ()) -> Any:
    """Replace the TypedDicts in `annotation`; where one holds itself, the inner one is not checked."""
    if typing_extensions.is_typeddict(annotation) and not hasattr(annotation, "__pydantic_config__"):
        return Any if annotation in outer else _twin(annotation, (*outer, annotation))
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is None or origin is typing.Literal or not arguments:
        return annotation
    if origin is Annotated:
        return Annotated[(with_twins(arguments[0], outer), *arguments[1:])]
    replaced = tuple(with_twins(argument, outer) for argument in arguments)
    if all(new is old for new, old in zip(replaced, arguments, strict=True)):
        return annotation
    return Union[replaced] if origin in (types.UnionType, Union) else origin[replaced]  # noqa: UP007


def _twin(cls: Any, outer: tuple[Any, ...]) -> Any:
    fields: dict[str, Any] = {}
    for name, hint in typing_extensions.get_type_hints(cls, include_extras=True).items():
        wrapper: Any = typing.get_origin(hint)
        if wrapper is _REQUIRED or wrapper is _NOT_REQUIRED:
            hint = typing.get_args(hint)[0]
        else:
            wrapper = _REQUIRED if name in cls.__required_keys__ else _NOT_REQUIRED
        fields[name] = wrapper[with_twins(hint, outer)]
    twin = _make_typed_dict(cls.__name__, fields)
    twin.__pydantic_config__ = {"extra": "allow"}
    return twin
