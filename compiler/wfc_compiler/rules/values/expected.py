"""What the runtime takes for an annotation, asked of pydantic for the annotations that are made of plain types.

    dict[str, Size] | None     dict[str, Size] | None, with an enum of the same values in the place of `Size`
    list[Order]                a list of dicts: what else a model takes isn't known, but no number and no text
    httpx.URL                  anything

In: a type and a value. Out: pydantic's first complaint. Nothing of the user's runs.
"""

from __future__ import annotations

import ast
import collections
import collections.abc
import contextlib
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Optional, Union

from ...discover import fold
from ...types import (
    NONE,
    Anything,
    Choice,
    Constants,
    Kind,
    Library,
    Noted,
    Own,
    OwnClass,
    Type,
    Unknown,
    Variable,
)
from ..base import Context

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

_PLAIN: dict[str, Any] = {
    **{
        f"builtins.{cls.__name__}": cls
        for cls in (str, int, float, bool, bytes, complex, list, dict, tuple, set, frozenset)
    },
    **{f"collections.abc.{name}": getattr(collections.abc, name) for name in ("Sequence", "Mapping", "Iterable")},
    "collections.deque": collections.deque,
    "datetime.datetime": datetime.datetime,
    "datetime.date": datetime.date,
    "datetime.time": datetime.time,
    "datetime.timedelta": datetime.timedelta,
    "decimal.Decimal": decimal.Decimal,
    "fractions.Fraction": fractions.Fraction,
    "uuid.UUID": uuid.UUID,
    "pathlib.Path": pathlib.Path,
    "ipaddress.IPv4Address": ipaddress.IPv4Address,
    "ipaddress.IPv6Address": ipaddress.IPv6Address,
}
_OF_FIELDS = frozenset({Kind.MODEL, Kind.DATACLASS, Kind.TYPED_DICT, Kind.NAMED_TUPLE})
_KNOWN_BASES = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "typing.TypedDict", "typing.NamedTuple"})
_HARMLESS_BASES = frozenset({"wfc.BaseHook", "typing.Generic", "abc.ABC", "builtins.object"})
# Methods and decorators with which a class takes what it likes.
_OWN_VALIDATION = ("model_validator", "root_validator", "validator", "field_serializer")
_HOOKS = ("__get_pydantic_core_schema__", "__get_validators__", "_missing_", "model_config", "__new__")
_CONSTRAINTS = frozenset({"pydantic.Field", "pydantic.fields.Field", "typing.Doc"})


class Expected:
    """Answers for the types of one program; a validator is made once for each."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._adapters: dict[tuple[Type, bool], TypeAdapter[Any] | None] = {}

    def mismatch(self, type: Type, value: object, *, or_none: bool = False) -> ErrorDetails | None:
        """Return what keeps a value from being taken for a type, None where nothing does or that isn't known."""
        from pydantic import ValidationError

        adapter = self._adapter(type, or_none=or_none)
        if adapter is None:
            return None
        try:
            adapter.validate_python(value)
        except ValidationError as error:
            return error.errors(include_url=False, include_context=False)[0]
        except (ArithmeticError, RecursionError, TypeError, ValueError):
            return None  # pydantic's own conversions raise what Python's do
        return None

    def _adapter(self, type: Type, *, or_none: bool) -> TypeAdapter[Any] | None:
        from pydantic import ConfigDict, TypeAdapter
        from pydantic.errors import PydanticUserError

        key = (type, or_none)
        if key not in self._adapters:
            self._adapters[key] = None
            annotation = self._annotation(type, frozenset())
            if annotation is not Any:
                annotation = Optional[annotation] if or_none else annotation  # noqa: UP045 (it is made, not written)
                # As the runtime has it: text for bytes is base64. What it can't check it doesn't check.
                config = ConfigDict(arbitrary_types_allowed=True, val_json_bytes="base64")
                with contextlib.suppress(PydanticUserError, TypeError):
                    self._adapters[key] = TypeAdapter(annotation, config=config)
        return self._adapters[key]

    def _annotation(self, type: Type, within: frozenset[Type]) -> Any:
        """Return what pydantic understands of a type, Any for what only the runtime knows."""
        if type in within:
            return Any
        within = within | {type}
        match type:
            case Anything() | Unknown():
                return Any
            case Constants(values=values):
                known = tuple(value.value for value in values if value is not None)
                return Literal[known] if known and len(known) == len(values) else Any
            case Noted(inner=inner, module=module, notes=notes):
                names = [self._context.types.canonical(module, _called(note)) for note in notes]
                constants = all(
                    isinstance(note, ast.Constant) or name in _CONSTRAINTS
                    for note, name in zip(notes, names, strict=True)
                )
                return self._annotation(inner, within) if constants else Any
            case Variable(bound=bound):
                return self._annotation(bound, within)
            case Choice(members=members):
                parts = [self._annotation(member, within) for member in members]
                return Any if Any in parts else Union[tuple(parts)]  # noqa: UP007
            case Library(name=name, arguments=arguments):
                return None if type is NONE else self._library(name, arguments, within)
            case Own(cls=cls):
                return self._own(cls, self._context.types.kind(type))
        return Any

    def _library(self, name: str, arguments: tuple[Type, ...], within: frozenset[Type]) -> Any:
        plain = _PLAIN.get(name)
        if plain is None:
            return Any
        if not arguments:
            return plain
        endless = isinstance(arguments[-1], Unknown) and arguments[-1].text == "..."
        parts = [self._annotation(argument, within) for argument in arguments[: -1 if endless else None]]
        if name == "builtins.tuple" and endless:
            parts.append(...)
        try:
            return plain[tuple(parts)]
        except TypeError:
            return Any

    def _own(self, cls: OwnClass, kind: Kind) -> Any:
        classes = self._context.types.classes
        bases = set(classes.outer_bases(cls))
        if any(classes.method(cls, name) is not None for name in _HOOKS) or _validates(cls, classes.lineage(cls)):
            return Any
        if kind is Kind.ENUM:
            return self._enum(cls)
        if kind not in _OF_FIELDS or not bases <= _KNOWN_BASES | _HARMLESS_BASES:
            return Any
        return _fields_of(cls.node.name, kind)

    def _enum(self, cls: OwnClass) -> Any:
        """Return an enum with the same values, Any where one is made at run time."""
        names, module = self._context.program.names, cls.module
        if len(self._context.types.classes.lineage(cls)) != 1 or len(cls.node.bases) != 1:
            return Any
        base = self._context.types.canonical(module, cls.node.bases[0])
        made = {"enum.Enum": enum.Enum, "enum.StrEnum": enum.StrEnum, "enum.IntEnum": enum.IntEnum}.get(base or "")
        members: dict[str, Any] = {}
        for part in cls.node.body:
            match part:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    folded = fold(names, module, value)
                    if folded is None or name.startswith("_"):
                        return Any
                    members[name] = folded.value
                case ast.Expr(value=ast.Constant()) | ast.FunctionDef() | ast.Pass():
                    pass
                case _:
                    return Any
        try:
            return made(cls.node.name, members) if made is not None and members else Any
        except (TypeError, ValueError):
            return Any


def _called(note: ast.expr) -> ast.expr:
    return note.func if isinstance(note, ast.Call) else note


def _validates(cls: OwnClass, lineage: tuple[OwnClass, ...]) -> bool:
    """Say whether a class has a validator of the whole, which may take anything."""
    for part in lineage:
        for statement in part.node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in statement.decorator_list:
                    name = getattr(_called(decorator), "attr", None) or getattr(_called(decorator), "id", "")
                    if name in _OWN_VALIDATION:
                        return True
    return False


def _fields_of(name: str, kind: Kind) -> Any:
    """Return a type that takes what has fields: a dict, for a NamedTuple a list or tuple, too."""
    shapes = (dict, list, tuple) if kind is Kind.NAMED_TUPLE else (dict,)

    def check(value: object) -> object:
        if not isinstance(value, shapes):
            raise ValueError(f"should be {'an' if name[0] in 'AEIOU' else 'a'} `{name}` or a dict of its fields")
        return value

    return _Checked(check)


class _Checked:
    """An annotation that pydantic checks with a function."""

    def __init__(self, check: Callable[[object], object]) -> None:
        self._check = check

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self._check)
