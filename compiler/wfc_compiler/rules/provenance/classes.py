"""What the attributes of first-party classes are: by annotation, else by what the class assigns to them.

class Order(BaseModel):             attribute_of(names, "app.models.Order", "tags"): unordered
    tags: set[str]
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...binder import Module, Names
from ...callgraph import Function
from ...syntax import all_statements
from .annotations import described
from .values import UNKNOWN, Value

_DEEPEST = 12
_TEXTS = frozenset({"__repr__", "__str__", "__format__"})


def attribute_of(names: Names, owner: str, name: str, depth: int = 0) -> Value:
    """Return what is known of an attribute of a class's instances, looked up in its first-party bases too."""
    definition = names.definition(owner)
    if definition is None or definition.rest or depth > _DEEPEST or not isinstance(definition.node, ast.ClassDef):
        return UNKNOWN
    module, node = definition.module, definition.node
    annotations, values = _given(node, name)
    if annotations:
        return described(names, module, annotations[0])
    if values and all(_is_set(names, module, value) for value in values):
        return Value(unordered=True, kind="builtins.set")
    for base in node.bases:
        above = names.canonical(module, base)
        found = attribute_of(names, above, name, depth + 1) if above else UNKNOWN
        if found != UNKNOWN:
            return found
    return UNKNOWN


def has_plain_text(names: Names, owner: str, depth: int = 0) -> bool:
    """Say whether a first-party class leaves its text to `object`, which shows the address."""
    definition = names.definition(owner)
    if definition is None or definition.rest or depth > _DEEPEST or not isinstance(definition.node, ast.ClassDef):
        return False
    node = definition.node
    own = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
    assigned = {name.id for item in node.body for name in getattr(item, "targets", ()) if isinstance(name, ast.Name)}
    if node.decorator_list or node.keywords or _TEXTS & (own | assigned):
        return False
    above = [names.canonical(definition.module, base) for base in node.bases]
    return all(name == "builtins.object" or (name and has_plain_text(names, name, depth + 1)) for name in above)


def owner_of(function: Function) -> str:
    """Return the class that a method belongs to, by its dotted name; "" for a plain function."""
    inside = function.dotted.removeprefix(f"{function.module.name}.")
    static = any(ast.unparse(item) == "staticmethod" for item in function.node.decorator_list)
    return function.dotted.rpartition(".")[0] if "." in inside and not static else ""


def _is_set(names: Names, module: Module, value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return names.canonical(module, value.func) in ("builtins.set", "builtins.frozenset")
    return isinstance(value, ast.Set | ast.SetComp)


def _given(node: ast.ClassDef, name: str) -> tuple[list[ast.expr], list[ast.expr]]:
    """Return the annotations and the values of an attribute, from the class body and from `self.name = ...`."""
    annotations: list[ast.expr] = []
    values: list[ast.expr] = []
    for statement, target in _assignments(node):
        match target:
            case ast.Name(id=found) | ast.Attribute(value=ast.Name(id="self"), attr=found) if found == name:
                if isinstance(statement, ast.AnnAssign):
                    annotations.append(statement.annotation)
                if statement.value is not None:
                    values.append(statement.value)
    return annotations, values


def _assignments(node: ast.ClassDef) -> Iterator[tuple[ast.Assign | ast.AnnAssign, ast.expr]]:
    """Yield the assignments to names in a class body and to attributes in its methods."""
    for statement in all_statements(node.body):
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        for target in targets:
            if isinstance(target, ast.Attribute) or statement in node.body:
                assert isinstance(statement, ast.Assign | ast.AnnAssign)
                yield statement, target
