"""Scope tables to compare: ours and CPython's symtable, both as plain nested values.

Evened out, since they say the same in other words:
- symtable reads no string annotations, and no annotations at all under PEP 563; 3.14 gives them tables of their own;
- names that only pass through a scope on the way to an inner one have an entry there, without any mark;
- what a nested function declares `global`, or a comprehension in the module binds by `:=`, has one in the module;
- PEP 709 (3.12+) puts list, set and dict comprehensions into the tables of the scope around them;
- `__class__`, `__type_params__` and names that start with a dot are the interpreter's own;
- what PEP 695 adds has other names from version to version, and a class's own name that is read there is looked
  up by a way of its own, which symtable calls global.
"""

from __future__ import annotations

import ast
import symtable
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from wfc_compiler.binder import BindingKind, Module, Scope, ScopeKind
from wfc_compiler.binder.values import LAZY_TYPES

IMPLICIT = frozenset({"__class__", "__classdict__", "__type_params__", "__conditional_annotations__"})
_PLACES = frozenset({"local", "global", "declared global", "free", "nonlocal"})
_DEEDS = {
    BindingKind.PARAMETER: "parameter",
    BindingKind.IMPORT: "imported",
    BindingKind.FROM_IMPORT: "imported",
}
_TYPES = {
    ScopeKind.MODULE: "module",
    ScopeKind.CLASS: "class",
    ScopeKind.FUNCTION: "function",
    ScopeKind.LAMBDA: "function",
    ScopeKind.COMPREHENSION: "function",
    ScopeKind.TYPE_PARAMETERS: "type parameters",
    ScopeKind.TYPE_EXPRESSION: "type expression",
}
_TYPES_OF_SYMTABLE = {
    "type parameter": "type parameters",
    "typevar bound": "type expression",
    "type variable": "type expression",
    "type alias": "type expression",
    "type_parameters": "type parameters",
    "type_variable": "type expression",
    "type_alias": "type expression",
}
_COMPREHENSIONS: dict[type[ast.AST], str] = {
    ast.ListComp: "listcomp",
    ast.SetComp: "setcomp",
    ast.DictComp: "dictcomp",
    ast.GeneratorExp: "genexpr",
}
_INLINED = (ast.ListComp, ast.SetComp, ast.DictComp)


@dataclass
class Table:
    """A scope: `names` gives for each name where it belongs and what is done with it here."""

    kind: str
    name: str
    line: int
    names: dict[str, frozenset[str]] = field(default_factory=dict)
    inner: list[Table] = field(default_factory=list)

    def count(self) -> int:
        """Return how many scopes there are, this one included."""
        return 1 + sum(table.count() for table in self.inner)


def differences(ours: Table, theirs: Table, path: str = "") -> Iterator[str]:
    """Yield a line for each thing that the two tables say differently, inner scopes included."""
    path = f"{path}/{theirs.name}"
    same = (ours.kind, ours.name, ours.line) == (theirs.kind, theirs.name, theirs.line)
    if not same:
        yield f"{path}: {ours.kind} {ours.name} in line {ours.line} is {theirs.kind} {theirs.name} in {theirs.line}"
        return
    for name in sorted({*ours.names, *theirs.names}):
        mine, other = ours.names.get(name), theirs.names.get(name)
        if mine != other:
            yield f"{path}:{ours.line}: {name} is {_shown(mine)} for wfc and {_shown(other)} for symtable"
    if len(ours.inner) != len(theirs.inner):
        mine_inside = [f"{table.name}:{table.line}" for table in ours.inner]
        yield f"{path}: {mine_inside} against {[f'{table.name}:{table.line}' for table in theirs.inner]}"
        return
    for one, other_table in zip(ours.inner, theirs.inner, strict=True):
        yield from differences(one, other_table, path)


def _shown(marks: frozenset[str] | None) -> str:
    return "unknown" if marks is None else "+".join(sorted(marks))


# --- CPython's


def table_of_symtable(text: str | bytes) -> Table:
    """Return CPython's tables of a source text."""
    return _from_symtable(symtable.symtable(text, "m.py", "exec"))  # type: ignore[arg-type]  # bytes are taken, too


def _from_symtable(table: symtable.SymbolTable) -> Table:
    kind = str(table.get_type()).rpartition(".")[2].lower()
    kind = _TYPES_OF_SYMTABLE.get(kind, kind)
    made = Table(kind, "" if kind == "module" else table.get_name(), 0 if kind == "module" else table.get_lineno())
    for symbol in table.get_symbols():
        name = symbol.get_name()
        if name.startswith(".") or name in IMPLICIT:
            continue
        marks = {
            mark
            for mark, holds in (
                ("parameter", symbol.is_parameter()),
                ("imported", symbol.is_imported()),
                ("assigned", symbol.is_assigned()),
                ("referenced", symbol.is_referenced()),
                ("annotated", symbol.is_annotated()),
                ("declared", kind != "module" and (symbol.is_nonlocal() or symbol.is_declared_global())),
            )
            if holds
        }
        if marks:
            made.names[name] = frozenset(marks if kind == "module" else {*marks, _place_in_symtable(symbol)})
    children = (_from_symtable(child) for child in table.get_children())
    made.inner = _in_order([child for child in children if child.kind != "annotation"])
    return made


def _place_in_symtable(symbol: symtable.Symbol) -> str:
    if symbol.is_nonlocal():
        return "nonlocal"
    if symbol.is_free():
        return "free"
    if symbol.is_declared_global():
        return "declared global"
    # Not `is_global`: it takes every function with the name `top` for a module.
    return "local" if symbol.is_local() else "global"


def _in_order(tables: list[Table]) -> list[Table]:
    """Sort by line: symtable visits the `else` of a `try` before its handlers, and defaults before decorators."""
    return sorted(tables, key=lambda table: (table.line, table.kind, table.name))


# --- ours


def table_of_binder(module: Module) -> Table:
    """Return the binder's scopes in the terms of symtable."""
    return _Ours(module).table(module.scope)


class _Ours:
    """Turns scopes into tables; knows which nodes of the file need a second look."""

    def __init__(self, module: Module) -> None:
        nodes = list(ast.walk(module.tree))
        self.walrus = {node.target for node in nodes if isinstance(node, ast.NamedExpr)}
        self.parenthesised = {node.target for node in nodes if isinstance(node, ast.AnnAssign) and not node.simple}
        self.unseen = {inner for parsed in module.bound.annotations.values() for inner in ast.walk(parsed)}
        if sys.version_info >= (3, 14) or _postpones_annotations(module.tree):
            annotations = [getattr(node, name, None) for node in nodes for name in ("annotation", "returns")]
            self.unseen.update(inner for node in annotations if isinstance(node, ast.expr) for inner in ast.walk(node))

    def table(self, scope: Scope) -> Table:
        """Return the table of a scope and of all scopes inside it."""
        kind = _TYPES[scope.kind]
        made = Table(kind, _scope_name(scope), 0 if kind == "module" else getattr(scope.node, "lineno", 0))
        for name in {**scope.uses, **dict.fromkeys(self.walrus_inside(scope))}:
            marks = frozenset(self.marks(scope, name))
            if marks and name not in IMPLICIT:
                made.names[name] = marks if kind == "module" else marks | {_place(scope, name, self.walrus)}
        for child in scope.children:
            if child.node in self.unseen:
                continue
            table = self.table(child)
            if sys.version_info >= (3, 12) and isinstance(child.node, _INLINED) and not _sees_class(scope):
                for name, marks in table.names.items():
                    if kind != "module":
                        made.names.setdefault(name, marks)
                    elif "declared" not in marks:
                        made.names.setdefault(name, marks - _PLACES)
                made.inner += table.inner
            else:
                made.inner.append(table)
        made.inner = _in_order(made.inner)
        return made

    def walrus_inside(self, scope: Scope) -> Iterator[str]:
        """Yield the names that `:=` in a comprehension binds in the scope around it."""
        for child in scope.children:
            if child.kind is ScopeKind.COMPREHENSION:
                yield from (name for name, nodes in child.uses.items() if not self.walrus.isdisjoint(nodes))
                yield from self.walrus_inside(child)

    def marks(self, scope: Scope, name: str) -> Iterator[str]:
        """Yield what is done with a name in a scope."""
        owner = scope.owner(name)
        bindings = {binding.node: binding for binding in owner.bindings.get(name, ())} if owner else {}
        if scope.kind in (ScopeKind.FUNCTION, ScopeKind.LAMBDA) and name in self.walrus_inside(scope):
            yield "assigned"
        for node in scope.uses.get(name, ()):
            if node in self.unseen:
                continue
            if isinstance(node, ast.Global | ast.Nonlocal):
                if scope.kind is not ScopeKind.MODULE:
                    yield "declared"
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                yield "referenced"
            else:
                binding = bindings[node]
                if scope.kind is ScopeKind.COMPREHENSION and node in self.walrus:
                    yield "declared"
                yield _DEEDS.get(binding.kind, "assigned")
                if isinstance(node, ast.Name) and binding.annotation is not None and node not in self.parenthesised:
                    yield "annotated"


def _sees_class(scope: Scope) -> bool:
    """Say whether a scope is one of PEP 695's directly in a class, where CPython inlines nothing."""
    lazy = scope.kind in LAZY_TYPES
    while scope.kind in LAZY_TYPES and scope.parent is not None:
        scope = scope.parent
    return lazy and scope.kind is ScopeKind.CLASS


def _postpones_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )


def _scope_name(scope: Scope) -> str:
    node = scope.node
    if isinstance(node, ast.Module):
        return ""
    if isinstance(node, ast.Lambda):
        return "lambda"
    name = getattr(node, "name", "")  # of a `type` statement a node
    return _COMPREHENSIONS.get(type(node)) or str(getattr(name, "id", name))


def _place(scope: Scope, name: str, walrus: set[ast.Name]) -> str:
    owner = scope.owner(name)
    # CPython declares what `:=` in a comprehension binds as global or nonlocal there.
    declares = scope.kind is ScopeKind.COMPREHENSION and not walrus.isdisjoint(scope.uses.get(name, ()))
    if name in scope.globals:
        return "declared global"
    if owner is None or owner.kind is ScopeKind.MODULE or (owner is not scope and owner.kind is ScopeKind.CLASS):
        return "declared global" if declares else "global"
    if owner is scope:
        return "local"
    return "nonlocal" if declares or name in scope.nonlocals else "free"
