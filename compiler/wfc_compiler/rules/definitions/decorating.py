"""What a decorator makes of a function, as far as the source says.

    def traced(function):
        @functools.wraps(function)
        def inner(*args): ...           Made.COVERED
        return inner

In: a decorator expression. Out: one of three answers, or None where the source doesn't say: an object's method, a
function that returns now this and now that. Of libraries it is known which keep a function's name and signature, as
`functools.wraps` does; what else they do isn't asked.
"""

from __future__ import annotations

import ast
import sys
from enum import Enum

from ...binder import Binding, BindingKind, Module, Names, Scope, ScopeKind, that_count
from ...discover import FunctionNode
from ...discover.definitions import first_yield
from ...syntax import own_statements


class Made(Enum):
    """What stands in the place of a decorated function."""

    SAME = "the function itself"
    COVERED = "another function with its name and signature"
    OTHER = "something else"


_SAME = frozenset({"abc", "atexit", "typing", "typing_extensions"})
_COVERED = frozenset({"contextlib", "functools", "tenacity"})
_ALSO_COVERED = frozenset({"pydantic.validate_call", "typing_extensions.deprecated", "warnings.deprecated"})
# Packages whose decorators keep name and signature: tracing, caches, retries, validation, locks. Some of them return
# what they are given, so above a step nothing is known of them.
_KEEPING = """
    aiocache asgiref async_lru asyncer asyncstdlib backoff beartype boltons cachetools ddtrace deal decorator deprecated
    deprecation diskcache django eliot funcy icontract jax joblib langfuse langsmith line_profiler logfire loguru
    memory_profiler mlflow newrelic numba nvtx opik pydantic pyinstrument ratelimit retry retrying scout_apm sentry_sdk
    stamina toolz torch traceloop typeguard wandb weave wrapt
"""
_DEEPEST = 6


def what_is_made(names: Names, module: Module, decorator: ast.expr, depth: int = 0) -> Made | None:
    """Return what stands in the place of a function behind a decorator."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    dotted = names.canonical(module, called)
    if dotted is not None and not names.is_first_party(dotted):
        return of_library(dotted)
    function = _Reader(names, depth).function_at(module, decorator)
    return function.result() if function is not None else None


def of_library(dotted: str) -> Made | None:
    """Return what a decorator of a library makes."""
    package = dotted.partition(".")[0]
    if dotted == "functools.wraps":
        return None  # it is the function inside that is meant to be under it
    if dotted in _ALSO_COVERED or package in _COVERED:
        return Made.COVERED
    return Made.SAME if package in _SAME else None


def keeps_name(dotted: str) -> bool:
    """Say whether a library's decorator is known to keep name and signature, whatever it returns."""
    package = dotted.partition(".")[0]
    return package in _KEEPING.split()


def is_standard(dotted: str) -> bool:
    """Say whether a name is Python's own, whose decorators people know."""
    return dotted.partition(".")[0] in sys.stdlib_module_names | {"builtins"}


class _Reader:
    """Finds the functions behind expressions; `depth` ends what leads back to itself."""

    def __init__(self, names: Names, depth: int) -> None:
        self.names = names
        self.depth = depth

    def function_at(self, module: Module, node: ast.expr) -> _Decorating | None:
        """Return the first-party function that an expression gives: named, or made by calling another one."""
        if self.depth > _DEEPEST:
            return None
        deeper = _Reader(self.names, self.depth + 1)
        if isinstance(node, ast.Call):
            maker = deeper.function_at(module, node.func)
            return maker.made_function() if maker is not None else None
        if not isinstance(node, ast.Name | ast.Attribute):
            return None
        local = _local_bindings(module, node)
        if local is None:
            dotted = self.names.canonical(module, node)
            definition = self.names.definition(dotted) if dotted is not None else None
            if definition is None or definition.rest:
                return None
            module, local = definition.module, that_count(definition.bindings)
        if len(local) != 1:
            return None
        if isinstance(local[0].node, ast.FunctionDef):
            plain = not local[0].node.decorator_list
            return _Decorating(deeper, module, local[0].node) if plain else None
        made = local[0].value if local[0].kind is BindingKind.ASSIGNMENT else None
        return deeper.function_at(module, made) if isinstance(made, ast.Call) else None


class _Decorating:
    """A function that takes a function, or makes one that does."""

    def __init__(self, reader: _Reader, module: Module, node: ast.FunctionDef) -> None:
        self.reader = reader
        self.module = module
        self.node = node

    def result(self) -> Made | None:
        """Return what the function makes of its first parameter."""
        if not (self.node.args.posonlyargs or self.node.args.args):
            return None
        found = {self._of_value(value) if value is not None else Made.OTHER for value in self._returned()}
        return found.pop() if len(found) == 1 else None

    def made_function(self) -> _Decorating | None:
        """Return the function inside that calling this one gives."""
        returned = self._returned()
        if len(returned) != 1 or returned[0] is None:
            return None
        return self.reader.function_at(self.module, returned[0])

    def _returned(self) -> list[ast.expr | None]:
        if first_yield(self.node) is not None:
            return []
        return [node.value for node in own_statements(self.node) if isinstance(node, ast.Return)] or [None]

    def _of_value(self, node: ast.expr) -> Made | None:
        match node:
            case ast.Lambda():
                return Made.OTHER
            case ast.Name():
                return self._of_name(node)
            case ast.Call(args=[_, inner]) if self._names(node.func) == "typing.cast":
                return self._of_value(inner)
            case ast.Call(func=ast.Call(func=wraps)) if self._names(wraps) == "functools.wraps":
                return Made.COVERED
            case ast.Call(func=called) if self._names(called) == "functools.update_wrapper":
                return Made.COVERED
            case ast.Call(func=called, args=[given], keywords=[]) if self._of_value(given) is Made.SAME:
                return what_is_made(self.reader.names, self.module, called, self.reader.depth + 1)
        return None

    def _of_name(self, node: ast.Name) -> Made | None:
        bindings = _local_bindings(self.module, node)
        if not bindings or self.module.scope_of(node).owner(node.id) is not self._scope:
            return None
        if all(binding.kind is BindingKind.PARAMETER for binding in bindings):
            return Made.SAME if bindings[0].node is _first_parameter(self.node) else None
        if len(bindings) == 1 and bindings[0].kind is BindingKind.ASSIGNMENT and bindings[0].value is not None:
            return self._of_value(bindings[0].value)
        found = {self._of_inner(binding.node) for binding in bindings}
        return found.pop() if len(found) == 1 else None

    def _of_inner(self, node: ast.AST) -> Made | None:
        """Return what a function inside stands for: one that nobody else touches is just itself."""
        if not isinstance(node, FunctionNode):
            return None
        decorators = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
        if any(self._names(item) == "functools.wraps" for item in decorators):
            return Made.COVERED
        uses = [use for use in self._scope.uses.get(node.name, ()) if isinstance(use, ast.Name)]
        loads = [use for use in uses if isinstance(use.ctx, ast.Load)]
        if decorators or len(loads) != len([value for value in self._returned() if _gives(value, node.name)]):
            updated = any(self._is_updated(statement, node.name) for statement in own_statements(self.node))
            return Made.COVERED if updated and not decorators else None
        return Made.OTHER

    def _is_updated(self, statement: ast.stmt, name: str) -> bool:
        match statement:
            case ast.Expr(value=ast.Call(func=called, args=[ast.Name(id=given), *_])):
                return given == name and self._names(called) == "functools.update_wrapper"
        return False

    @property
    def _scope(self) -> Scope:
        return self.module.scope_inside(self.node)

    def _names(self, node: ast.expr) -> str | None:
        return self.reader.names.canonical(self.module, node)


def _gives(value: ast.expr | None, name: str) -> bool:
    return value is not None and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(value))


def _first_parameter(node: FunctionNode) -> ast.arg:
    return [*node.args.posonlyargs, *node.args.args][0]


def _local_bindings(module: Module, node: ast.expr) -> list[Binding] | None:
    """Return what binds a name inside a function, None for any other name."""
    if not isinstance(node, ast.Name):
        return None
    owner = module.scope_of(node).owner(module.name_of(node))
    if owner is None or owner.kind is ScopeKind.MODULE:
        return None
    return that_count(owner.bindings[module.name_of(node)])
