"""What `from module import *` binds: a static `__all__`, or the public names.

__all__ = ["a"]; __all__ += ["b"]; __all__.append("c"); __all__ += other.__all__      a, b, c and those of `other`
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from .values import Binding, BindingKind, Module

Find = Callable[[Module, ast.expr], "Module | None"]
_NAMESPACES = frozenset({"globals", "locals", "vars"})
_NAMESPACE = re.compile(rb"\b(?:globals|locals|vars)\(\)|\bexec\(|\bsetattr\(\s*sys\s*\.\s*modules")
_COPIES = frozenset({"list", "tuple", "set", "sorted"})


class Exports:
    """The names that star imports take from the modules of a project.

    `modules` are all of them by dotted name, `find` returns the one that an expression of another module names.
    """

    def __init__(self, modules: Mapping[str, Module], find: Find) -> None:
        self._modules = modules
        self._find = find
        self._declared: dict[str, frozenset[str] | None] = {}
        self._known: dict[str, frozenset[str] | None] = {}
        self._bound: dict[str, tuple[frozenset[str], bool]] = {}

    def of(self, module: Module) -> frozenset[str] | None:
        """Return the names, or None when they depend on run time."""
        if module.name not in self._known:
            self._known[module.name] = self._collect(module)
        return self._known[module.name]

    def bound(self, module: Module) -> tuple[frozenset[str], bool]:
        """Return all that a module is seen to bind, and whether there may be more names than these.

        Where run time decides on `__all__`, star imports bring some of them.
        """
        if module.name not in self._bound:
            self._bound[module.name] = self._look_at(module)
        return self._bound[module.name]

    def _look_at(self, start: Module) -> tuple[frozenset[str], bool]:
        """Follow star imports, too; submodules count, since `__all__` of a package may name these."""
        names = {name.rpartition(".")[2] for name in self._modules if name.rpartition(".")[0] == start.name}
        waiting, seen = [start], {start.name}
        more = False
        while waiting:
            module = waiting.pop()
            more = more or makes_names(module)
            names.update(module.bindings)
            for star in module.stars:
                source = self._modules.get(star.module)
                more = more or source is None
                if source is not None and source.name not in seen:
                    seen.add(source.name)
                    waiting.append(source)
        return frozenset(names), more

    def _collect(self, start: Module) -> frozenset[str] | None:
        """Follow the star imports of modules without `__all__`; those may run in circles."""
        names: set[str] = set()
        waiting, seen = [start], {start.name}
        while waiting:
            module = waiting.pop()
            if "__all__" in module.bindings:
                declared = self._declare(module)
                if declared is None:
                    return None
                # Behind a star import without `__all__`, names with an underscore stop.
                names.update(declared if module is start else (name for name in declared if not name.startswith("_")))
                continue
            if makes_names(module):
                return None
            names.update(_public(module))
            for star in module.stars:
                source = self._modules.get(star.module)
                if source is None:
                    return None
                if source.name not in seen:
                    seen.add(source.name)
                    waiting.append(source)
        return frozenset(names)

    def _declare(self, module: Module) -> frozenset[str] | None:
        """Return what `__all__` of a module holds at the end, None when the source doesn't say."""
        if module.name not in self._declared:
            self._declared[module.name] = None  # what it is as long as it is being asked
            self._declared[module.name] = self._read(module, module.bindings["__all__"])
        return self._declared[module.name]

    def _read(self, module: Module, bindings: Sequence[Binding]) -> frozenset[str] | None:
        names: set[str] = set()
        for binding in bindings:
            value = _assigned(module, binding)
            strings = None if value is None else self._strings(module, value)
            if strings is None:
                return None
            names.update(strings)
        understood = []
        for call, method, argument in _changes(module.tree):
            strings = self._strings(module, argument if method == "extend" else ast.List(elts=[argument]))
            if strings is None:
                return None
            understood.append(call)
            names.update(strings)
        # A change that isn't a statement of the module itself may or may not happen.
        return frozenset(names) if all(call in understood for call in _calls(module.tree)) else None

    def _strings(self, module: Module, node: ast.expr) -> list[str] | None:
        match node:
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                parts = [self._strings(module, left), self._strings(module, right)]
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
                parts = [self._element(module, element) for element in elements]
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _COPIES:
                parts = [self._strings(module, argument)]
            case ast.Attribute(value=owner, attr="__all__"):
                source = self._find(module, owner)
                declared = self._declare(source) if source is not None and "__all__" in source.bindings else None
                parts = [None if declared is None else sorted(declared)]
            case _:
                return None
        known = [part for part in parts if part is not None]
        return [name for part in known for name in part] if len(known) == len(parts) else None

    def _element(self, module: Module, node: ast.expr) -> list[str] | None:
        if isinstance(node, ast.Starred):
            return self._strings(module, node.value)
        return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def declared_exports(module: Module) -> Iterator[tuple[str, ast.Constant]]:
    """Yield the names that stand as strings in what makes `__all__`, with their places, in source order."""
    values = [_assigned(module, binding) for binding in module.bindings.get("__all__", ())]
    values += [argument for _, _, argument in _changes(module.tree)]
    for value in values:
        for node in ast.walk(value) if value is not None else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value, node


def makes_names(module: Module) -> bool:
    """Say whether a module makes names of its own that no statement binds: by `globals().update(...)`, by `exec`."""
    if not _NAMESPACE.search(module.source.data):
        return False
    for node in ast.walk(module.tree):
        match node:
            case (
                ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id=called)), attr="update" | "setdefault"))
                | ast.Subscript(value=ast.Call(func=ast.Name(id=called)), ctx=ast.Store())
            ) if called in _NAMESPACES:
                return True
            case ast.Call(func=ast.Name(id="exec"), args=[_]):
                return True
            case ast.Call(func=ast.Name(id="setattr"), args=[ast.Subscript(value=ast.Attribute(attr="modules")), *_]):
                return True
    return False


def _public(module: Module) -> Iterator[str]:
    for name, bindings in module.bindings.items():
        is_deleted = isinstance(module.tree.body[bindings[-1].statement], ast.Delete)
        if not name.startswith("_") and not is_deleted and any(_is_made_at_import(module, item) for item in bindings):
            yield name


def _is_made_at_import(module: Module, binding: Binding) -> bool:
    """Say whether a binding is there when the module has been imported: `global x` in a function is not."""
    statement = module.tree.body[binding.statement]
    definition = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    inside = definition and binding.node is not statement
    return binding.kind is not BindingKind.ANNOTATION and not inside


def _assigned(module: Module, binding: Binding) -> ast.expr | None:
    """Return what a binding of `__all__` puts into it, in a statement of the module itself."""
    statement = module.tree.body[binding.statement]
    if binding.kind is BindingKind.ASSIGNMENT and isinstance(statement, ast.Assign | ast.AnnAssign):
        return binding.value
    if binding.kind is BindingKind.AUGMENTED and isinstance(statement, ast.AugAssign):
        return statement.value if isinstance(statement.op, ast.Add) else None
    return None


def _changes(tree: ast.Module) -> Iterator[tuple[ast.Call, str, ast.expr]]:
    for statement in tree.body:
        match statement:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id="__all__"), attr="append" | "extend" as method),
                    args=[argument],
                ) as call
            ):
                yield call, method, argument


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="__all__"))):
                yield node
