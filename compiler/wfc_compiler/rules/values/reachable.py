"""Which definitions a route may hold: a guess at what slicing will find, so wide that its no can be believed.

    @wf.step
    def price(order): return order.total * rate()        `rate` and all that it names, but not `Order`

In: a step or workflow. Out: the names of module-level definitions that its route may hold. A step that a workflow calls
is there with its signature alone. Statements that do something when a module is imported count as if every route held
them, as do the names of a module that is used as a value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...binder import Binding, Module
from ...discover import FunctionNode, StepDef, WorkflowDef
from ...syntax import all_parameters
from ..base import Context

_QUIET = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Reachable:
    """Answers for one program."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._names = context.program.names
        steps, workflows = context.program.steps, context.program.workflows
        self._registered = {step.node for step in steps} | {workflow.node for workflow in workflows}
        self._known: dict[str, frozenset[str] | None] = {}

    def may_hold(self, definition: StepDef | WorkflowDef, dotted: str) -> bool:
        """Say whether the route of a step or workflow may hold a definition."""
        if definition.id not in self._known:
            self._known[definition.id] = self._collect(definition)
        held = self._known[definition.id]
        return held is None or dotted in held

    def _collect(self, definition: StepDef | WorkflowDef) -> frozenset[str] | None:
        """Return the names that a route may hold, None for any."""
        found: set[str] = set()
        modules: set[str] = set()
        waiting = [(definition.module, definition.name)]
        while waiting:
            module_name, name = waiting.pop()
            dotted = f"{module_name}.{name}"
            module = self._context.program.modules.get(module_name)
            if dotted in found or module is None:
                continue
            if module.stars:
                return None
            found.add(dotted)
            if module_name not in modules:
                modules.add(module_name)
                waiting += [(module_name, used) for used in self._at_import(module)]
            for binding in module.bindings.get(name, ()):
                for target in self._used_by(module, binding, definition.node):
                    waiting += self._place(module, target)
        return frozenset(found)

    def _at_import(self, module: Module) -> Iterator[str]:
        """Yield the names that statements of a module use which do something by themselves."""
        for index, statement in enumerate(module.tree.body):
            decorated = getattr(statement, "decorator_list", []) and statement not in self._registered
            if not isinstance(statement, _QUIET) and not _is_constant(statement):
                yield from module.globals_used(index)
            elif decorated and isinstance(statement, FunctionNode):
                yield statement.name

    def _used_by(self, module: Module, binding: Binding, root: FunctionNode) -> Iterator[str]:
        """Yield what the statement of a binding uses: names of the module, absolute names where it imports."""
        if binding.target is not None:
            yield f".{binding.target}"
            return
        node = binding.node
        if isinstance(node, FunctionNode) and node in self._registered and node is not root:
            for part in (*node.decorator_list, *_signature(node)):
                yield from (inner.id for inner in ast.walk(part) if isinstance(inner, ast.Name))
                yield from self._in_strings(module, part)
            return
        yield from module.globals_used(binding.statement)

    def _in_strings(self, module: Module, part: ast.expr) -> Iterator[str]:
        for node in ast.walk(part):
            parsed = module.bound.annotations.get(node) if isinstance(node, ast.Constant) else None
            if parsed is not None:
                yield from (inner.id for inner in ast.walk(parsed) if isinstance(inner, ast.Name))

    def _place(self, module: Module, target: str) -> Iterator[tuple[str, str]]:
        """Yield the definitions that a name leads to; all of a module that is named itself."""
        if not target.startswith("."):
            yield module.name, target
            return
        dotted = self._names.follow(target[1:])
        named = self._names.modules.get(dotted)
        if named is not None:
            yield from ((named.name, name) for name in named.bindings)
            return
        definition = self._names.definition(dotted)
        if definition is not None:
            yield definition.module.name, definition.name


def _signature(node: FunctionNode) -> Iterator[ast.expr]:
    arguments = node.args
    for parameter in all_parameters(arguments):
        if parameter.annotation is not None:
            yield parameter.annotation
    yield from arguments.defaults
    yield from (default for default in arguments.kw_defaults if default is not None)
    if node.returns is not None:
        yield node.returns


def _is_constant(statement: ast.stmt) -> bool:
    """Say whether a statement only gives a name a plain value, or is a docstring."""
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return all(isinstance(node, _PLAIN) for node in ast.walk(value))
    return isinstance(statement, ast.AnnAssign)


_PLAIN = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.UnaryOp, ast.BinOp, ast.expr_context, ast.operator)
