"""Derive JSON schemas for a function's input and output from its annotations, as written in the source.

    async def draft(*, topic: str, words: int = 300) -> list[str]

    input   {"type": "object", "properties": {"topic": {"type": "string"}, "words": {"type": "integer"}},
             "required": ["topic"], "additionalProperties": false}
    output  {"type": "array", "items": {"type": "string"}}

Nothing is imported, so what only run time knows is `{}` with `"x-wfc-type": "pkg.Class"`.
"""

from __future__ import annotations

import ast
from typing import Any

from ..binder import Module
from ..discover import FunctionNode, Program
from ..types import (
    NONE,
    Anything,
    Choice,
    Constants,
    Kind,
    Library,
    Missing,
    Noted,
    Own,
    OwnClass,
    Type,
    Types,
    Unknown,
    Variable,
    show,
)

Schema = dict[str, Any]

# Types that hold each other twice double with each level; what lies beyond is left open.
_LARGEST = 5_000

_PLAIN: dict[str, Schema] = {
    "builtins.str": {"type": "string"},
    "builtins.int": {"type": "integer"},
    "builtins.float": {"type": "number"},
    "builtins.bool": {"type": "boolean"},
    "builtins.bytes": {"type": "string", "contentEncoding": "base64"},
    "builtins.list": {"type": "array"},
    "builtins.tuple": {"type": "array"},
    "builtins.set": {"type": "array", "uniqueItems": True},
    "builtins.frozenset": {"type": "array", "uniqueItems": True},
    "builtins.dict": {"type": "object"},
    "collections.abc.Sequence": {"type": "array"},
    "collections.abc.Mapping": {"type": "object"},
    "datetime.datetime": {"type": "string", "format": "date-time"},
    "datetime.date": {"type": "string", "format": "date"},
    "datetime.time": {"type": "string", "format": "time"},
    "datetime.timedelta": {"type": "string", "format": "duration"},
    "uuid.UUID": {"type": "string", "format": "uuid"},
    "decimal.Decimal": {"type": "string", "format": "decimal"},
    "pathlib.Path": {"type": "string", "format": "path"},
    "pathlib.PurePath": {"type": "string", "format": "path"},
}
_LISTS = frozenset({"builtins.list", "collections.abc.Sequence"})
_SETS = frozenset({"builtins.set", "builtins.frozenset"})
_DICTS = frozenset({"builtins.dict", "collections.abc.Mapping"})


class Schemas:
    """Derives schemas within one program."""

    def __init__(self, program: Program) -> None:
        self._types = Types(program.names)
        self._within: list[OwnClass] = []  # classes being described, to end a recursion
        self._left = _LARGEST

    def input(self, module: Module, function: FunctionNode) -> Schema:
        """Return the schema of a function's arguments, by parameter name."""
        arguments = function.args
        positional = [*arguments.posonlyargs, *arguments.args]
        optional = {parameter.arg for parameter in positional[len(positional) - len(arguments.defaults) :]}
        optional |= {
            parameter.arg
            for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if default is not None
        }
        parameters = [*positional, *arguments.kwonlyargs]
        return {
            "type": "object",
            "properties": {item.arg: self.annotation(module, item.annotation) for item in parameters},
            "required": [item.arg for item in parameters if item.arg not in optional],
            "additionalProperties": arguments.kwarg is not None,
        }

    def output(self, module: Module, function: FunctionNode) -> Schema:
        """Return the schema of a function's result."""
        return self.annotation(module, function.returns)

    def annotation(self, module: Module, node: ast.expr | None) -> Schema:
        """Return the schema of one annotation; {} where there is none."""
        self._left = _LARGEST
        return self._schema(self._types.of(module, node))

    def _schema(self, type: Type) -> Schema:
        self._left -= 1
        if self._left < 0:
            return {}
        match type:
            case Anything():
                return {}
            case Unknown(text=text):
                return _unknown(text)
            case Missing():
                return _unknown(show(type))
            case Noted(inner=inner):
                return self._schema(inner)
            case Variable(bound=bound):
                return self._schema(bound)
            case Choice(members=members):
                return _any_of([self._schema(member) for member in members])
            case Constants(values=values):
                return {"enum": [value.value for value in values if value is not None]}
            case Library(name=name, arguments=arguments):
                return {"type": "null"} if type is NONE else self._library(name, arguments)
            case Own():
                return self._own(type)

    def _library(self, name: str, arguments: tuple[Type, ...]) -> Schema:
        if not arguments:
            return dict(_PLAIN.get(name) or _unknown(name))
        if name in _LISTS or name in _SETS:
            unique: Schema = {"uniqueItems": True} if name in _SETS else {}
            return {"type": "array", "items": self._schema(arguments[0]), **unique}
        if name in _DICTS:
            return {"type": "object", "additionalProperties": self._schema(arguments[-1])}
        if name == "builtins.tuple":
            return self._tuple(arguments)
        return _unknown(name)

    def _tuple(self, arguments: tuple[Type, ...]) -> Schema:
        match arguments:
            case (first, Unknown(text="...")):
                return {"type": "array", "items": self._schema(first)}
        items = [self._schema(argument) for argument in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}

    def _own(self, type: Own) -> Schema:
        cls = type.cls
        if cls in self._within:
            return _unknown(cls.dotted)
        self._within.append(cls)
        try:
            return self._class(type)
        finally:
            self._within.pop()

    def _class(self, type: Own) -> Schema:
        cls = type.cls
        if self._types.kind(type) is Kind.ENUM:
            values = [
                part.value.value
                for part in cls.node.body
                if isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant)
            ]
            return {"title": cls.node.name, "enum": values, "x-wfc-type": cls.dotted}
        fields = self._types.fields(type)
        if fields is None:
            return _unknown(cls.dotted)
        given = [(field, held) for field, held in fields if not field.private]
        return {
            "title": cls.node.name,
            "type": "object",
            "properties": {field.name: self._schema(held) for field, held in given},
            "required": [field.name for field, _ in given if field.required],
            "x-wfc-type": cls.dotted,
        }


def _unknown(name: str) -> Schema:
    return {"x-wfc-type": name}


def _any_of(parts: list[Schema]) -> Schema:
    flat: list[Schema] = []
    for part in parts:
        flat.extend(part["anyOf"] if list(part) == ["anyOf"] else [part])
    return {} if {} in flat else {"anyOf": flat}
