"""The fields of a dataclass, pydantic model, TypedDict or NamedTuple, those of its bases first.

    class Order(BaseModel):
        lines: list[Line] = Field(min_length=1)         required: the call gives no default
        note: str = Field("")                           not required
        _client: Client = PrivateAttr()                 private: no argument, but held
        limit: ClassVar[int] = 3                        no field

In: a class of the project. Out: its `Field`s.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..binder import Module, Names
from .classes import Classes, Kind, OwnClass

HOLDING = frozenset({Kind.MODEL, Kind.DATACLASS, Kind.TYPED_DICT, Kind.NAMED_TUPLE})
_MODEL_FIELDS = frozenset({"pydantic.Field", "pydantic.fields.Field", "sqlmodel.Field"})
_PRIVATE = frozenset({"pydantic.PrivateAttr", "pydantic.fields.PrivateAttr"})
_CALLS = _MODEL_FIELDS | _PRIVATE | {"dataclasses.field"}
_NO_FIELDS = frozenset({"typing.ClassVar", "dataclasses.InitVar", "dataclasses.KW_ONLY"})
_ROOT_MODELS = frozenset({"pydantic.RootModel", "pydantic.root_model.RootModel"})


@dataclass(frozen=True)
class Field:
    """A field as a class writes it: `place` is what a finding shows of it.

    One that is not `required` may be left out when an instance is made; `default` is the expression it has then, or
    the callable that makes it, with `made`. A `private` one is held and is not given.
    """

    owner: OwnClass
    name: str
    place: ast.stmt | ast.expr
    annotation: ast.expr | None
    required: bool
    default: ast.expr | None = None
    made: bool = False
    private: bool = False

    @property
    def module(self) -> Module:
        """Return the module that writes it."""
        return self.owner.module


class Fields:
    """Reads classes of one program."""

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._names: Names = classes.names
        self._found: dict[OwnClass, tuple[Field, ...] | None] = {}

    def of(self, cls: OwnClass) -> tuple[Field, ...] | None:
        """Return the fields of a class in order, private ones included; None for a class that isn't made of fields."""
        if cls not in self._found:
            self._found[cls] = self._collect(cls) if self._classes.kind(cls) in HOLDING else None
        return self._found[cls]

    def _collect(self, cls: OwnClass) -> tuple[Field, ...]:
        kind = self._classes.kind(cls)
        found: dict[str, Field] = {}
        for part in self._classes.lineage(cls):
            for field in self._own(part, kind):
                found[field.name] = field  # one that is declared again keeps its place
        return tuple(found.values())

    def _own(self, cls: OwnClass, kind: Kind) -> Iterator[Field]:
        total = not any(
            keyword.arg == "total" and isinstance(keyword.value, ast.Constant) and not keyword.value.value
            for keyword in cls.node.keywords
        )
        for base in cls.node.bases:
            match base:
                case ast.Subscript(value=root, slice=index) if self._is_one_of(cls.module, root, _ROOT_MODELS):
                    yield Field(cls, "root", base, index, required=True)
        for part in cls.node.body:
            match part:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                    if not self._is_none(cls.module, annotation):
                        yield self._annotated(cls, kind, part, name, total=total)
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if kind is Kind.MODEL and _is_private(name):
                    yield self._with_default(Field(cls, name, part, None, required=False, private=True), value)

    def _annotated(self, cls: OwnClass, kind: Kind, part: ast.AnnAssign, name: str, *, total: bool) -> Field:
        private = kind is Kind.MODEL and _is_private(name)
        required = not private and self._is_required(cls.module, part, total=total)
        field = Field(cls, name, part, part.annotation, required, private=private)
        if part.value is not None:
            return self._with_default(field, part.value)
        notes = [note for note in self._notes(cls.module, part.annotation) if self._is_call(cls.module, note)]
        return self._with_default(field, notes[0]) if notes else field

    def _with_default(self, field: Field, value: ast.expr) -> Field:
        """Return the field with the default that its right side, or a note of it, gives."""
        default: ast.expr | None = value
        made = False
        if isinstance(value, ast.Call) and self._is_call(field.module, value):
            given = {keyword.arg: keyword.value for keyword in value.keywords}
            made = "default_factory" in given
            default = given.get("default_factory") or (value.args[0] if value.args else given.get("default"))
        if isinstance(default, ast.Constant) and default.value is ...:
            default = None
        return Field(
            field.owner,
            field.name,
            field.place,
            field.annotation,
            field.required,
            default=default,
            made=made,
            private=field.private,
        )

    def _is_required(self, module: Module, part: ast.AnnAssign, *, total: bool) -> bool:
        if part.value is not None:
            return not self._gives_default(module, part.value)
        match part.annotation:
            case ast.Subscript(value=wrapper):
                name = (self._names.canonical(module, wrapper) or "").rpartition(".")[2]
            case _:
                return total
        if name in ("NotRequired", "Required"):
            return name == "Required"
        notes = self._notes(module, part.annotation)
        return total and not any(self._is_call(module, note) and self._gives_default(module, note) for note in notes)

    def _notes(self, module: Module, annotation: ast.expr) -> list[ast.expr]:
        match annotation:
            case ast.Subscript(value=wrapper, slice=ast.Tuple(elts=[_, *notes])):
                return notes if self._is_one_of(module, wrapper, frozenset({"typing.Annotated"})) else []
        return []

    def _gives_default(self, module: Module, value: ast.expr) -> bool:
        """Say whether the right side of a field is, or holds, a default: `...` and a bare `Field()` are none."""
        if isinstance(value, ast.Constant):
            return value.value is not ...
        if not isinstance(value, ast.Call) or not self._is_call(module, value):
            return True
        given = {keyword.arg: keyword.value for keyword in value.keywords}
        if not given.keys().isdisjoint({"default_factory", "init", None}):
            return True  # `init=False` is not the caller's to give; `**options` may hold a default
        default = value.args[0] if value.args else given.get("default")
        return default is not None and not (isinstance(default, ast.Constant) and default.value is ...)

    def _is_call(self, module: Module, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and self._is_one_of(module, node.func, _CALLS)

    def _is_none(self, module: Module, annotation: ast.expr) -> bool:
        """Say whether an annotation says that this is no field: `ClassVar`, `InitVar`, the mark `KW_ONLY`."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            annotation = module.bound.annotations.get(annotation, annotation)
        inner = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        if isinstance(annotation, ast.Subscript) and self._is_one_of(module, inner, frozenset({"typing.Annotated"})):
            first = annotation.slice.elts[0] if isinstance(annotation.slice, ast.Tuple) else annotation.slice
            return self._is_none(module, first)
        return self._is_one_of(module, inner, _NO_FIELDS)

    def _is_one_of(self, module: Module, node: ast.expr, names: frozenset[str]) -> bool:
        name = self._names.canonical(module, node)
        return name is not None and name.replace("typing_extensions.", "typing.", 1) in names


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
