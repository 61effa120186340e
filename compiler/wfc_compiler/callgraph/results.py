"""What calls give: instances of classes, what first-party functions return, what libraries are known to give.

def client() -> httpx.Client: ...        by its annotation
def client(): return httpx.Client()      by all that it returns
import_module("time").time()             by the constant that names the module
@contextmanager
def client(): ... yield httpx.Client()   by what it hands to the `with`
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from ..binder import Module
from ..discover import FunctionNode, fold
from .values import Function

if TYPE_CHECKING:
    from .receivers import Receivers

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})
# Decorators that leave what a function gives as it is.
_KEEPING = _MANAGERS | {
    "builtins.staticmethod",
    "builtins.classmethod",
    "builtins.property",
    "functools.cache",
    "functools.lru_cache",
    "functools.cached_property",
    "abc.abstractmethod",
    "typing.override",
    "typing_extensions.override",
}
_SELF = frozenset({"typing.Self", "typing_extensions.Self"})
_CASTS = frozenset({"typing.cast", "typing_extensions.cast"})
# What gives its first argument, or enters it, or awaits it.
_PASSING = frozenset(
    {
        "copy.copy",
        "copy.deepcopy",
        "contextlib.closing",
        "contextlib.aclosing",
        "contextlib.nullcontext",
        "asyncio.shield",
        "asyncio.wait_for",
    }
)
_ENTERING = frozenset(
    {
        "contextlib.ExitStack.enter_context",
        "contextlib.AsyncExitStack.enter_context",
        "contextlib.AsyncExitStack.enter_async_context",
    }
)
_IMPORTING = frozenset({"importlib.import_module", "builtins.__import__"})
_ENTER = ("__aenter__", "__enter__")


class Results:
    """Answers about calls; `registered` are the steps and workflows, which give what their functions return."""

    def __init__(self, receivers: Receivers, registered: Collection[str]) -> None:
        self._receivers = receivers
        self._registered = registered

    def of_call(self, module: Module, call: ast.Call) -> str | None:
        """Return the class of what a call gives, awaited or not."""
        receivers = self._receivers
        name = receivers.callee(module, call.func)
        if name is None:
            return None
        if call.args and name in _CASTS:
            return receivers.annotations.class_of(module, call.args[0])
        if call.args and name in _PASSING:
            return receivers.class_of(module, call.args[0])
        if call.args and name in _ENTERING:
            return self.entered(receivers.class_of(module, call.args[0]))
        if call.args and name in _IMPORTING:
            return self._imported(module, call)
        definition = receivers.names.definition(name)
        if definition is None:
            return receivers.facts.returns(name) or (name if _is_class(name) else None)
        if isinstance(definition.node, ast.ClassDef) and not definition.rest:
            return definition.dotted
        function = next(receivers.functions_at(name), None)
        return self.of_function(function) if function is not None else None

    def of_function(self, function: Function) -> str | None:
        """Return the class of what a first-party function gives."""
        return self._receivers.once(("result", function.node), lambda: self._of_function(function))

    def entered(self, dotted: str | None) -> str | None:
        """Return the class of what a `with` over an instance of a class binds."""
        if dotted is None:
            return None
        receivers = self._receivers
        for name in _ENTER:
            member = receivers.classes.member(dotted, name) or ""
            given = receivers.facts.returns(member)
            if given is not None:
                return given
            for function in receivers.functions_at(member):
                return self.of_function(function)
        return dotted

    def annotation(self, dotted: str | None) -> tuple[Module, ast.expr] | None:
        """Return the annotation of what a first-party function returns, and its module."""
        function = next(self._receivers.functions_at(dotted), None) if dotted else None
        if function is None or function.node.returns is None:
            return None
        return function.module, function.node.returns

    def decorated(self, module: Module, node: FunctionNode) -> str | None:
        """Return the class of what a library's decorator makes of a function: `@app.task` a celery.Task."""
        for item in node.decorator_list:
            name = self._receivers.callee(module, item.func if isinstance(item, ast.Call) else item)
            given = self._receivers.facts.returns(name) if name else None
            if given is not None:
                return given
        return None

    def _imported(self, module: Module, call: ast.Call) -> str | None:
        """Return the module that a call imports, whose members are named as those of a class are."""
        folded = fold(self._receivers.names, module, call.args[0])
        name = folded.value if folded is not None else None
        return name if isinstance(name, str) and len(call.args) == 1 and not name.startswith(".") else None

    def _of_function(self, function: Function) -> str | None:
        receivers, module, node = self._receivers, function.module, function.node
        decorators = receivers.classes.decorated(module, node) if node.decorator_list else frozenset()
        manages = bool(decorators & _MANAGERS)
        if node.returns is not None:
            if receivers.names.canonical(module, node.returns) in _SELF:
                return function.dotted.rpartition(".")[0]
            read = receivers.annotations.element if manages else receivers.annotations.class_of
            return read(module, node.returns)
        if not decorators <= _KEEPING and function.dotted not in self._registered:
            return None
        found: set[str | None] = set()
        for value, is_yield in _handed_out(node):
            if is_yield is not manages:
                if is_yield:
                    return None  # a generator
                continue
            if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
                found.add(receivers.class_of(module, value))
        return found.pop() if len(found) == 1 else None


def _handed_out(node: FunctionNode) -> Iterator[tuple[ast.expr | None, bool]]:
    """Yield what a function returns and yields itself, and which of the two it is."""
    waiting: list[ast.AST] = [*node.body]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Return):
            yield part.value, False
        elif isinstance(part, ast.Yield):
            yield part.value, True
        if not isinstance(part, (*_FUNCTIONS, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(part))


def _is_class(dotted: str) -> bool:
    return dotted.rpartition(".")[2].lstrip("_")[:1].isupper()
