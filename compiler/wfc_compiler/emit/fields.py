"""The fields of a dataclass, pydantic model, TypedDict or NamedTuple, those of its bases first.

    class Order(BaseModel):
        lines: list[Line] = Field(min_length=1)     required: the call gives no default
        note: str = Field("")                       not required

In: a class of the project. Out: its `Field`s, for `schema`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..binder import Module, Names

FIELD_BASES = ("pydantic.BaseModel", "pydantic.main.BaseModel", "typing.TypedDict", "typing.NamedTuple")
_DATACLASSES = ("dataclasses.dataclass", "pydantic.dataclasses.dataclass")
_MODEL_FIELDS = ("pydantic.Field", "pydantic.fields.Field")
_DATACLASS_FIELDS = ("dataclasses.field", *_MODEL_FIELDS)


@dataclass(frozen=True)
class Field:
    """A field as `module` writes it; one that is not `required` may be left out of the input."""

    module: Module
    name: str
    annotation: ast.expr
    required: bool


class Fields:
    """Reads classes of one program."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def of(self, module: Module, node: ast.ClassDef) -> list[Field] | None:
        """Return the fields of a class in order, None for a class that isn't made of fields."""
        if not (self._is_dataclass(module, node) or any(base in FIELD_BASES for base in self.bases(module, node))):
            return None
        found: dict[str, Field] = {}
        for owner, part in self._lineage(module, node):
            for field in self._own(owner, part):
                found[field.name] = field  # one that is declared again keeps its place
        return list(found.values())

    def bases(self, module: Module, node: ast.ClassDef) -> list[str]:
        """Return the canonical names of the outermost bases, those from outside the project."""
        names = [
            self._names.canonical(owner, base)
            for owner, part in self._lineage(module, node)
            for base in part.bases
            if self._class(owner, base) is None
        ]
        return [name.replace("typing_extensions.", "typing.") for name in names if name is not None]

    def _lineage(self, module: Module, node: ast.ClassDef) -> list[tuple[Module, ast.ClassDef]]:
        """Return a class and the project's classes above it, bases first, each once."""
        found: dict[ast.ClassDef, Module] = {}
        entered: set[ast.ClassDef] = set()

        def enter(owner: Module, part: ast.ClassDef) -> None:
            if part in entered:  # by two ways, or in a circle that fails when it is run
                return
            entered.add(part)
            for base in part.bases:
                above = self._class(owner, base)
                if above is not None:
                    enter(*above)
            found[part] = owner

        enter(module, node)
        return [(owner, part) for part, owner in found.items()]

    def _class(self, module: Module, base: ast.expr) -> tuple[Module, ast.ClassDef] | None:
        name = self._names.canonical(module, base.value if isinstance(base, ast.Subscript) else base)
        definition = self._names.definition(name) if name else None
        if definition is None or not isinstance(definition.node, ast.ClassDef):
            return None
        return definition.module, definition.node

    def _own(self, module: Module, node: ast.ClassDef) -> Iterator[Field]:
        total = not any(
            keyword.arg == "total" and isinstance(keyword.value, ast.Constant) and not keyword.value.value
            for keyword in node.keywords
        )
        for part in node.body:
            if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
                continue
            if "ClassVar" in ast.unparse(part.annotation) or part.target.id.startswith("_"):
                continue
            required = self._is_required(module, part, total=total)
            yield Field(module, part.target.id, part.annotation, required)

    def _is_required(self, module: Module, part: ast.AnnAssign, *, total: bool) -> bool:
        if part.value is not None:
            return not self._gives_default(module, part.value)
        match part.annotation:
            case ast.Subscript(value=wrapper, slice=index):
                name = (self._names.canonical(module, wrapper) or "").rpartition(".")[2]
            case _:
                return total
        if name in ("NotRequired", "Required"):
            return name == "Required"
        notes = index.elts[1:] if name == "Annotated" and isinstance(index, ast.Tuple) else []
        fields = [note for note in notes if self._is_call(module, note, _MODEL_FIELDS)]
        return total and not any(self._gives_default(module, field) for field in fields)

    def _gives_default(self, module: Module, value: ast.expr) -> bool:
        """Say whether the right side of a field is, or holds, a default: `...` and a bare `Field()` are none."""
        if isinstance(value, ast.Constant):
            return value.value is not ...
        if not isinstance(value, ast.Call) or not self._is_call(module, value, _DATACLASS_FIELDS):
            return True
        given = {keyword.arg: keyword.value for keyword in value.keywords}
        if not given.keys().isdisjoint({"default_factory", "init", None}):
            return True  # `init=False` is not the caller's to give; `**options` may hold a default
        default = value.args[0] if value.args else given.get("default")
        return default is not None and not (isinstance(default, ast.Constant) and default.value is ...)

    def _is_call(self, module: Module, node: ast.expr, names: tuple[str, ...]) -> bool:
        return isinstance(node, ast.Call) and self._names.canonical(module, node.func) in names

    def _is_dataclass(self, module: Module, node: ast.ClassDef) -> bool:
        decorators = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
        return any(self._names.canonical(module, item) in _DATACLASSES for item in decorators)
