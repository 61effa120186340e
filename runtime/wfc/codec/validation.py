"""Checking a value against an annotation, with pydantic, which is loaded only when the first check needs it.

Comes in: a value and an annotation. Goes out: the value as the annotation has it (a `Draft` for a dict of its fields),
or a `MismatchError` with a reason in one line. An annotation that pydantic can't read checks nothing: the rule is that
such a parameter takes what it is given, and that this holds for that parameter alone.

Validators are built on first use and kept. Values are checked in Python mode, which keeps instances as they are and
lets `str | datetime` tell a text from a datetime; what a person typed on a command line is checked in JSON mode.
"""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Callable, Hashable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

# A value of exactly one of these types that is annotated with it needs no validator.
_EXACT = frozenset({str, int, float, bool, bytes, complex, date, datetime, time, timedelta, Decimal, UUID})


class MismatchError(Exception):
    """A value doesn't fit its annotation; the text is the reason."""


class Validators:
    """The validators of one codec, by annotation."""

    def __init__(self) -> None:
        self._adapters: dict[object, TypeAdapter[Any] | None] = {}

    def check(self, value: object, annotation: object) -> object:
        """Return `value` as `annotation` has it; raises `MismatchError`."""
        if (type(value) is annotation and annotation in _EXACT) or checks_nothing(annotation):
            return value
        adapter = self._adapter(annotation)
        if adapter is None:
            return value
        return _guarded(lambda: adapter.validate_python(value, by_alias=True, by_name=True))

    def check_plain(self, value: object, annotation: object) -> object:
        """Return plain JSON data as `annotation` has it: ISO texts become dates, lists become sets."""
        adapter = None if checks_nothing(annotation) else self._adapter(annotation)
        if adapter is None:
            return value
        text = json.dumps(value)
        return _guarded(lambda: adapter.validate_json(text, by_alias=True, by_name=True))

    def _adapter(self, annotation: object) -> TypeAdapter[Any] | None:
        if not isinstance(annotation, Hashable):
            return _build(annotation)
        try:
            return self._adapters[annotation]
        except KeyError:
            adapter = self._adapters[annotation] = _build(annotation)
            return adapter
        except TypeError:  # Annotated[...] with unhashable metadata
            return _build(annotation)


def checks_nothing(annotation: object) -> bool:
    """Does every value fit this annotation?"""
    return annotation is Any or annotation is inspect.Parameter.empty or annotation is object


def hints_of(func: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of a function, each resolved on its own; what can't be resolved is left out.

    `typing.get_type_hints` on the function would fail for all parameters when one name exists for type checkers only.
    """
    hints: dict[str, Any] = {}
    namespace = getattr(inspect.unwrap(func), "__globals__", {})
    for name, annotation in _raw_annotations(func).items():
        holder = types.SimpleNamespace(__annotations__={name: annotation})
        try:
            hints.update(typing.get_type_hints(holder, globalns=namespace, localns={}, include_extras=True))
        except Exception:  # noqa: BLE001 (evaluating an annotation runs user code)
            continue
    return hints


def _raw_annotations(func: Callable[..., Any]) -> dict[str, Any]:
    try:
        return dict(inspect.unwrap(func).__annotations__)
    except NameError:  # 3.14 evaluates them on access, all or none
        import annotationlib  # type: ignore[import-not-found, unused-ignore]

        return dict(annotationlib.get_annotations(func, format=annotationlib.Format.FORWARDREF))


def _build(annotation: Any) -> TypeAdapter[Any] | None:
    from pydantic import ConfigDict, PydanticUserError, TypeAdapter
    from pydantic.errors import PydanticUndefinedAnnotation
    from pydantic_core import SchemaError

    from .annotations import ready

    try:
        annotation = ready(annotation)
        try:
            # Classes that pydantic doesn't know are checked by isinstance.
            config = ConfigDict(arbitrary_types_allowed=True, ser_json_bytes="base64", val_json_bytes="base64")
            adapter = TypeAdapter(annotation, config=config)
        except PydanticUserError:
            adapter = TypeAdapter(annotation)  # models, dataclasses and TypedDicts have a configuration of their own
        # A name that is undefined puts building off to the first use instead of failing here.
        complete = adapter.pydantic_complete or adapter.rebuild(raise_errors=False)
        return adapter if complete else None
    except (
        PydanticUserError,
        PydanticUndefinedAnnotation,
        SchemaError,
        TypeError,
        NameError,
        AttributeError,
        KeyError,
    ):
        return None


def _guarded(validate: Callable[[], object]) -> object:
    from pydantic import ValidationError

    try:
        return validate()
    except ValidationError as error:
        raise MismatchError(_summary(error)) from error
    except RecursionError:
        raise
    except Exception as error:
        # A validator of the user's that raises something else than ValueError.
        raise MismatchError(f"its validator raised {type(error).__name__}: {error}") from error


def _summary(error: ValidationError) -> str:
    """Say the first three reasons, each with its place inside the value and what was found there."""
    reasons = []
    for detail in error.errors(include_url=False, include_context=False)[:3]:
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in detail["loc"])
        found = repr(detail["input"])
        found = found if len(found) <= 60 else f"{found[:57]}..."
        reasons.append(f"{place.lstrip('.') + ': ' if place else ''}{detail['msg']} (got {found})")
    more = error.error_count() - len(reasons)
    return "; ".join(reasons) + (f"; and {more} more" if more > 0 else "")
