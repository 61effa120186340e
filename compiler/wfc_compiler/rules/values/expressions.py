"""What an expression certainly gives, as a type: a function, a generator, an open file, an instance of a class.

    lambda: 1                     types.FunctionType
    client = httpx.Client()       httpx.Client, where `client` is bound once
    rows()                        a generator, where `rows` yields
    len(rows)                     builtins.int

In: an expression of a module. Out: its type, None where it isn't certain. What may also be None is not certain:
`client: Client | None` may never be anything else.
"""

from __future__ import annotations

import ast
import builtins

from ...binder import Binding, BindingKind, Module, ScopeKind
from ...callgraph import Receivers
from ...discover import FunctionNode
from ...discover.definitions import first_yield
from ...types import Kind, Library, Type, Types
from ..base import Context
from .boundaries import parameters
from .recordable import unrecordable

FUNCTION = Library("types.FunctionType")
CLASS = Library("builtins.type")
MODULE = Library("types.ModuleType")
GENERATOR = Library("types.GeneratorType")
COROUTINE = Library("types.CoroutineType")
AWAITABLE = "something that has not been awaited"
_STEP, _WORKFLOW = Library("wfc.Step"), Library("wfc.Workflow")
_VIEWS = {name: Library(f"collections.abc.{name.capitalize()}View") for name in ("keys", "values", "items")}
_IMPORTS = (BindingKind.IMPORT, BindingKind.FROM_IMPORT)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Expressions:
    """Answers for one program."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._receivers: Receivers = context.receivers
        self._types: Types = context.types
        steps, workflows = context.program.steps, context.program.workflows
        self._registered = {step.node for step in steps} | {workflow.node for workflow in workflows}

    def type_of(self, module: Module, expr: ast.expr, *, own_parameters: bool = False) -> Type | None:
        """Return the type of an expression.

        What a step's or workflow's own parameters are is said by their annotations, which have findings of their own;
        `own_parameters` asks for it all the same.
        """
        match expr:
            case ast.Lambda():
                return FUNCTION
            case ast.GeneratorExp():
                return GENERATOR
            case ast.Await(value=value):
                return self._awaited(module, value)
            case ast.Call():
                return self._result(module, expr, awaited=False)
            case ast.NamedExpr(value=value):
                return self.type_of(module, value)
            case ast.Name():
                return self._named(module, expr, own_parameters=own_parameters)
            case ast.Attribute():
                return self._attribute(module, expr)
        return self._instance(self._receivers.class_of(module, expr))

    def made_by(self, module: Module, expr: ast.expr) -> ast.Call | None:
        """Return the call that makes an expression's value, through the only binding of a name and `await`."""
        if isinstance(expr, ast.Name):
            scope = module.bound.scope_by_node.get(expr)
            owner = scope.owner(module.name_of(expr)) if scope is not None else None
            bindings = owner.bindings[module.name_of(expr)] if owner is not None else []
            made = (bindings[0].value or bindings[0].context) if len(bindings) == 1 else None
            return self.made_by(module, made) if made is not None and not isinstance(made, ast.Name) else None
        if isinstance(expr, ast.Await):
            return self.made_by(module, expr.value)
        return expr if isinstance(expr, ast.Call) else None

    def _instance(self, dotted: str | None) -> Type | None:
        """Return the type of an instance of a class, by its canonical name."""
        if dotted is None:
            return None
        cls = self._types.classes.at(dotted)
        if cls is not None:
            return self._types.own(cls)
        return None if self._context.program.names.is_first_party(dotted) else Library(dotted)

    # --- calls

    def _awaited(self, module: Module, value: ast.expr) -> Type | None:
        """Return what awaiting gives: what a call says that it gives, unless that is a task or future itself."""
        found = self._result(module, value, awaited=True) if isinstance(value, ast.Call) else None
        fact = unrecordable(found.name) if isinstance(found, Library) else None
        return None if fact is not None and fact.what == AWAITABLE else found

    def _result(self, module: Module, call: ast.Call, *, awaited: bool) -> Type | None:
        context = self._context
        callee = self._receivers.callee(module, call.func)
        if callee is None or context.is_step(callee) or context.is_workflow(callee):
            return None if callee is None or awaited else COROUTINE
        if not awaited and context.coroutines.given_in(module, call) is not None:
            return COROUTINE
        match call.func:
            case ast.Attribute(attr=view, value=owner) if view in _VIEWS and not call.args:
                if self._receivers.class_of(module, owner) == "builtins.dict":
                    return _VIEWS[view]
        functions = [found for found in self._receivers.functions_at(callee) if found.dotted == callee]
        if len(functions) == 1:
            return self._given_by(functions[0].module, functions[0].node)
        definition = context.program.names.definition(callee)
        if definition is None and unrecordable(callee) is not None:
            return Library(callee)
        return self._instance(self._receivers.class_of(module, call))

    def _given_by(self, module: Module, node: FunctionNode) -> Type | None:
        if node.decorator_list:
            return None
        if first_yield(node) is not None:
            return GENERATOR
        return self._types.of(module, node.returns) if node.returns is not None else None

    # --- names

    def _named(self, module: Module, node: ast.Name, *, own_parameters: bool) -> Type | None:
        scope = module.bound.scope_by_node.get(node)
        name = module.name_of(node)
        owner = scope.owner(name) if scope is not None else None
        if owner is None or owner.kind is ScopeKind.MODULE:
            return self._global(module, node)
        bindings = owner.bindings[name]
        if len(bindings) != 1:
            return None
        if bindings[0].kind is BindingKind.PARAMETER:
            if owner.node in self._registered and not own_parameters:
                return None
            return self._parameter(module, owner.node, bindings[0])
        return self._bound(module, bindings[0], node)

    def _parameter(self, module: Module, function: ast.AST, binding: Binding) -> Type | None:
        """Return what a parameter is annotated with; None for one that may be left out."""
        if not isinstance(function, FunctionNode) or binding.annotation is None:
            return None
        variadic = (function.args.vararg, function.args.kwarg)
        given = [required for parameter, required in parameters(function.args) if parameter is binding.node]
        if given != [True] or binding.node in variadic:
            return None
        return self._types.of(module, binding.annotation)

    def _global(self, module: Module, node: ast.Name | ast.Attribute) -> Type | None:
        """Return what a name of a module is: a function, a class, a module, or what a constant holds."""
        context = self._context
        dotted = context.program.names.canonical(module, node)
        if dotted is None:
            return None
        if context.is_step(dotted) or context.is_workflow(dotted):
            return _STEP if context.is_step(dotted) else _WORKFLOW
        definition = context.program.names.definition(dotted)
        if definition is None:
            return self._outside(module, node, dotted)
        if len(definition.bindings) != 1 or definition.rest:
            return self._instance(self._receivers.class_of(module, node)) if self._is_enum_member(dotted) else None
        return self._bound(definition.module, definition.bindings[0], node)

    def _is_enum_member(self, dotted: str) -> bool:
        cls = self._types.classes.at(dotted.rpartition(".")[0])
        return cls is not None and self._types.classes.kind(cls) is Kind.ENUM

    def _outside(self, module: Module, node: ast.Name | ast.Attribute, dotted: str) -> Type | None:
        """Return what a name from outside the project is, as far as it says itself."""
        owner, _, name = dotted.rpartition(".")
        if self._context.program.names.module_of(dotted) is not None:
            return MODULE
        if owner.startswith("builtins"):
            found: object = builtins
            for part in dotted.split(".")[1:]:  # `len`, `str.lower`
                found = getattr(found, part, None)
            return CLASS if isinstance(found, type) else FUNCTION if callable(found) else None
        bound = module.bindings.get(node.id, ()) if isinstance(node, ast.Name) else ()
        if len(bound) == 1 and bound[0].kind is BindingKind.IMPORT:
            return MODULE
        return CLASS if unrecordable(dotted) is not None and name[:1].isupper() else None

    def _bound(self, module: Module, binding: Binding, node: ast.expr) -> Type | None:
        """Return what the only binding of a name gives it."""
        if isinstance(binding.node, _Function):
            return FUNCTION if not binding.node.decorator_list else None
        if isinstance(binding.node, ast.ClassDef):
            return CLASS
        if binding.annotation is not None:
            return self._types.of(module, binding.annotation)
        if binding.kind in _IMPORTS:
            return MODULE if binding.kind is BindingKind.IMPORT else None
        if binding.kind is BindingKind.ASSIGNMENT and binding.value is not None:
            # An alias has been followed where it could be.
            return self.type_of(module, binding.value) if not isinstance(binding.value, ast.Name) else None
        if binding.kind is BindingKind.WITH and binding.context is not None:
            return self._instance(self._receivers.class_of(module, node))
        return None

    def _attribute(self, module: Module, node: ast.Attribute) -> Type | None:
        """Return the type of a field, by its annotation, of a method, or of a name in another module."""
        found = self._global(module, node)
        if found is not None:
            return found
        owner = self._receivers.class_of(module, node.value)
        cls = self._types.classes.at(owner) if owner is not None else None
        for field, held in (self._types.fields(self._types.own(cls)) or ()) if cls is not None else ():
            if field.name == node.attr:
                return held
        method = self._receivers.resolve(module, node)
        functions = list(self._receivers.functions_at(method)) if cls is not None and method is not None else []
        plain = len(functions) == 1 and functions[0].dotted == method and not functions[0].node.decorator_list
        return FUNCTION if plain else None
