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

from ..binder import Definition, Module
from ..discover import FunctionNode, Program
from .fields import Fields

Schema = dict[str, Any]

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
    "builtins.object": {},
    "typing.Any": {},
    "datetime.datetime": {"type": "string", "format": "date-time"},
    "datetime.date": {"type": "string", "format": "date"},
    "datetime.time": {"type": "string", "format": "time"},
    "datetime.timedelta": {"type": "string", "format": "duration"},
    "uuid.UUID": {"type": "string", "format": "uuid"},
    "decimal.Decimal": {"type": "string", "format": "decimal"},
    "pathlib.Path": {"type": "string", "format": "path"},
    "pathlib.PurePath": {"type": "string", "format": "path"},
}
_LISTS = frozenset({"builtins.list", "typing.List", "collections.abc.Sequence", "typing.Sequence"})
_SETS = frozenset({"builtins.set", "builtins.frozenset", "typing.Set", "typing.FrozenSet"})
_DICTS = frozenset({"builtins.dict", "typing.Dict", "collections.abc.Mapping", "typing.Mapping"})
_TUPLES = frozenset({"builtins.tuple", "typing.Tuple"})
_TRANSPARENT = frozenset({"Annotated", "Required", "NotRequired", "ReadOnly", "ClassVar", "Final"})
_ENUM_BASES = ("enum.Enum", "enum.StrEnum", "enum.IntEnum")
_SINGLE = 1


class Schemas:
    """Derives schemas within one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._fields = Fields(program.names)
        self._within: list[str] = []  # classes being described, to end a recursion

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
        match node:
            case None:
                return {}
            case ast.Constant(value=None):
                return {"type": "null"}
            case ast.Constant(value=str()):
                parsed = module.bound.annotations.get(node)
                return self.annotation(module, parsed) if parsed is not None else {}
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return _any_of([self.annotation(module, left), self.annotation(module, right)])
            case ast.Subscript(value=value, slice=index):
                return self._generic(module, value, index)
            case ast.Name() | ast.Attribute():
                return self._named(module, node)
        return _unknown(ast.unparse(node))

    def _generic(self, module: Module, value: ast.expr, index: ast.expr) -> Schema:
        name = self.program.names.canonical(module, value) or ast.unparse(value)
        arguments = list(index.elts) if isinstance(index, ast.Tuple) else [index]
        short = name.rpartition(".")[2] if name.startswith(("typing.", "typing_extensions.")) else ""
        if short == "Optional":
            return _any_of([self.annotation(module, index), {"type": "null"}])
        if short == "Union":
            return _any_of([self.annotation(module, argument) for argument in arguments])
        if short == "Literal":
            return {"enum": [argument.value for argument in arguments if isinstance(argument, ast.Constant)]}
        if short in _TRANSPARENT:
            return self.annotation(module, arguments[0])
        if name in _LISTS or name in _SETS:
            unique: Schema = {"uniqueItems": True} if name in _SETS else {}
            return {"type": "array", "items": self.annotation(module, arguments[0]), **unique}
        if name in _DICTS:
            return {"type": "object", "additionalProperties": self.annotation(module, arguments[-1])}
        if name in _TUPLES:
            return self._tuple(module, arguments)
        return _unknown(name)

    def _tuple(self, module: Module, arguments: list[ast.expr]) -> Schema:
        if len(arguments) > _SINGLE and isinstance(arguments[1], ast.Constant) and arguments[1].value is ...:
            return {"type": "array", "items": self.annotation(module, arguments[0])}
        items = [self.annotation(module, argument) for argument in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}

    def _named(self, module: Module, node: ast.expr) -> Schema:
        name = self.program.names.canonical(module, node)
        if name is None:
            return _unknown(ast.unparse(node))
        if name in _PLAIN:
            return dict(_PLAIN[name])
        definition = self.program.names.definition(name)
        if definition is None or definition.rest or name in self._within:
            return _unknown(name)
        self._within.append(name)
        try:
            return self._defined(definition, name)
        finally:
            self._within.pop()

    def _defined(self, definition: Definition, name: str) -> Schema:
        node = definition.node
        if isinstance(node, ast.ClassDef):
            return self._class(definition.module, node, name)
        value = definition.bindings[-1].value
        if len(definition.bindings) == _SINGLE and isinstance(value, ast.Subscript | ast.BinOp):
            return self.annotation(definition.module, value)  # `Ids = list[int]`
        return _unknown(name)

    def _class(self, module: Module, node: ast.ClassDef, name: str) -> Schema:
        if any(base in _ENUM_BASES for base in self._fields.bases(module, node)):
            values = [
                part.value.value
                for part in node.body
                if isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant)
            ]
            return {"title": node.name, "enum": values, "x-wfc-type": name}
        fields = self._fields.of(module, node)
        if fields is None:
            return _unknown(name)
        return {
            "title": node.name,
            "type": "object",
            "properties": {field.name: self.annotation(field.module, field.annotation) for field in fields},
            "required": [field.name for field in fields if field.required],
            "x-wfc-type": name,
        }


def _unknown(name: str) -> Schema:
    return {"x-wfc-type": name}


def _any_of(parts: list[Schema]) -> Schema:
    flat: list[Schema] = []
    for part in parts:
        flat.extend(part["anyOf"] if list(part) == ["anyOf"] else [part])
    return {} if {} in flat else {"anyOf": flat}
