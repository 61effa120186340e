"""What an expression calls: names across modules, and methods where the receiver's class is plain.

    async with httpx.AsyncClient() as client:
        await client.get(URL)           calls httpx.AsyncClient.get

A class is known from a constructor, an annotation or a `with`; where bindings disagree, or anything
else decides, the answer is None.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from ..binder import Binding, BindingKind, Definition, Module, ScopeKind
from ..discover import FunctionNode, Program
from ..facts import Facts
from .values import Function

_WRAPPERS = frozenset({"typing.Optional", "typing.Annotated", "typing.Final", "typing.ClassVar"})
_DEEPEST = 12


class Receivers:
    """Resolves callees over a program; remembers nothing, so that it can be asked in any order."""

    def __init__(self, program: Program) -> None:
        self.names = program.names
        self._facts = Facts.load(program.project.config.decls)

    def resolve(self, module: Module, expr: ast.expr, depth: int = 0) -> str | None:
        """Return the canonical dotted name of what an expression refers to."""
        if depth > _DEEPEST:
            return None
        dotted = self.names.canonical(module, expr)
        if dotted is not None:
            return self._through_instance(dotted, depth)
        if not isinstance(expr, ast.Attribute):
            return None
        receiver = self.class_of(module, expr.value, depth + 1)
        return f"{receiver}.{expr.attr}" if receiver else None

    def class_of(self, module: Module, expr: ast.expr, depth: int = 0) -> str | None:
        """Return the canonical name of the class that an expression is an instance of."""
        if depth > _DEEPEST:
            return None
        match expr:
            case ast.Await(value=value):
                return self.class_of(module, value, depth + 1)
            case ast.Call(func=func):
                made = self.resolve(module, func, depth + 1)
                return self._facts.returns(made) or (made if _is_class(made) else None) if made else None
            case ast.BinOp(left=left, op=ast.Div()):
                left_class = self.class_of(module, left, depth + 1)
                return left_class if left_class == "pathlib.Path" else None
            case ast.Name():
                return self._class_of_name(module, expr, depth)
            case ast.Attribute():
                dotted = self.names.canonical(module, expr)
                return self._class_of_definition(dotted, depth) if dotted else None
            case _:
                return None

    def functions_at(self, dotted: str) -> Iterator[Function]:
        """Yield the first-party functions that run when `dotted` is called."""
        definition = self.names.definition(dotted)
        if definition is None:
            return
        if not definition.rest:
            for binding in definition.bindings:
                if isinstance(binding.node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield Function(definition.dotted, definition.module, binding.node)
            if isinstance(definition.node, ast.ClassDef):
                for name in ("__new__", "__init__", "__post_init__"):
                    yield from self._methods(definition, name, frozenset())
        elif len(definition.rest) == 1 and isinstance(definition.node, ast.ClassDef):
            yield from self._methods(definition, definition.rest[0], frozenset())

    # --- classes

    def _methods(self, definition: Definition, name: str, seen: frozenset[str]) -> Iterator[Function]:
        """Yield the method `name` of a class, looked up in its first-party bases too."""
        node = definition.node
        if not isinstance(node, ast.ClassDef) or definition.dotted in seen:
            return
        found = _method_in(node, name)
        if found is not None:
            yield Function(f"{definition.dotted}.{name}", definition.module, found)
            return
        for base in node.bases:
            dotted = self.names.canonical(definition.module, base)
            above = self.names.definition(dotted) if dotted else None
            if above is not None and not above.rest:
                yield from self._methods(above, name, seen | {definition.dotted})

    def _class_of_name(self, module: Module, expr: ast.Name, depth: int) -> str | None:
        scope = module.bound.scope_by_node.get(expr)
        name = module.name_of(expr)
        owner = scope.owner(name) if scope is not None else None
        if owner is None or owner.kind is ScopeKind.MODULE:
            dotted = self.names.canonical(module, expr)
            return self._class_of_definition(dotted, depth) if dotted else None
        around = owner.parent
        first = owner.bindings[name][0]
        if (
            first.kind is BindingKind.PARAMETER
            and around is not None
            and isinstance(around.node, ast.ClassDef)
            and isinstance(owner.node, ast.FunctionDef | ast.AsyncFunctionDef)
            and _is_first_parameter(owner.node, expr.id)
        ):
            own = around.parent is not None and around.parent.kind is ScopeKind.MODULE
            return f"{module.name}.{around.node.name}" if own else None
        return self._agreed(module, owner.bindings[name], depth)

    def _class_of_definition(self, dotted: str, depth: int) -> str | None:
        definition = self.names.definition(dotted)
        if definition is None or definition.rest:
            return None
        return self._agreed(definition.module, definition.bindings, depth)

    def _agreed(self, module: Module, bindings: Sequence[Binding], depth: int) -> str | None:
        found: set[str | None] = set()
        for binding in bindings:
            if _is_none(binding):
                continue
            found.add(self._class_of_binding(module, binding, depth))
        return found.pop() if len(found) == 1 else None

    def _class_of_binding(self, module: Module, binding: Binding, depth: int) -> str | None:
        if binding.annotation is not None:
            return self._class_of_annotation(module, binding.annotation)
        made = binding.value if binding.value is not None else binding.context
        return self.class_of(module, made, depth + 1) if made is not None else None

    def _class_of_annotation(self, module: Module, node: ast.expr) -> str | None:
        match node:
            case ast.Constant(value=str()):
                parsed = module.bound.annotations.get(node)
                return self._class_of_annotation(module, parsed) if parsed is not None else None
            case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
                return self._class_of_annotation(module, left)
            case ast.BinOp(left=ast.Constant(value=None), op=ast.BitOr(), right=right):
                return self._class_of_annotation(module, right)
            case ast.Subscript(value=generic, slice=inner):
                dotted = self.names.canonical(module, generic)
                if dotted in _WRAPPERS:
                    first = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
                    return self._class_of_annotation(module, first)
                return dotted
            case ast.Name() | ast.Attribute():
                return self.names.canonical(module, node)
            case _:
                return None

    def _through_instance(self, dotted: str, depth: int) -> str:
        """Turn `app.clients.http.get` into `httpx.Client.get` where `http` is such a client."""
        definition = self.names.definition(dotted)
        if definition is None or not definition.rest:
            return dotted
        if isinstance(definition.node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            return dotted
        made = self._agreed(definition.module, definition.bindings, depth + 1)
        return ".".join([made, *definition.rest]) if made else dotted


def _is_class(dotted: str) -> bool:
    return dotted.rpartition(".")[2].lstrip("_")[:1].isupper()


def _is_none(binding: Binding) -> bool:
    value = binding.value
    return (
        binding.annotation is None and isinstance(value, ast.Constant) and value.value is None
    ) or binding.kind is BindingKind.DELETE


def _is_first_parameter(node: FunctionNode, name: str) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args]
    static = any(ast.unparse(item) == "staticmethod" for item in node.decorator_list)
    return bool(arguments) and arguments[0].arg == name and not static


def _method_in(node: ast.ClassDef, name: str) -> FunctionNode | None:
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == name:
            return statement
    return None
