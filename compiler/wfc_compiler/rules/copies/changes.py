"""What a step changes in its arguments, which are copies: where, and whether anybody sees it.

    def add(cart: dict, item: str):
        cart["items"].append(item)          changes `cart["items"]`; lost, since nothing reads or returns it

In: a step's function. Out: its changes. A parameter that is bound anew (`cart = dict(cart)`) is the step's own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...binder import BindingKind, ScopeKind
from ...callgraph import Function, Receivers
from ...discover import StepDef
from ...syntax import all_parameters, children

if TYPE_CHECKING:
    from ..base import Context

Path = tuple[object, ...]
ANYWHERE = None
"""A part of a path that isn't known: `rows[i]`."""


# Methods of containers that change them, and functions that change their first argument.
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_METHODS = _words(
    """
    append appendleft add clear difference_update discard extend extendleft insert intersection_update move_to_end pop
    popitem popleft remove reverse rotate setdefault sort symmetric_difference_update update
    """
)
_FUNCTIONS = _words(
    "heapq.heappush heapq.heappop heapq.heapify bisect.insort random.shuffle operator.setitem builtins.setattr"
)
_CONTAINERS = frozenset({"list", "dict", "set", "List", "Dict", "Set", "deque", "defaultdict", "bytearray"})
_BUILTIN = ("builtins.", "collections.", "typing.")
_PARTS = frozenset({"get", "setdefault", "items", "values"})
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Change:
    """A change of what a parameter holds at a path; `lost`: nothing sees it; `returned`: the caller gets it back."""

    parameter: ast.arg
    path: Path
    node: ast.stmt
    lost: bool
    returned: bool

    @property
    def told(self) -> tuple[object, ...]:
        """Return what callers can be told: all but the place."""
        return self.parameter.arg, self.path, self.lost, self.returned


class ChangedArguments:
    """What steps change in their arguments; each step is looked at once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._functions = {reached.function.node: reached.function for reached in context.graph.step}
        self._known: dict[ast.AST, Sequence[Change]] = {}

    def of(self, step: StepDef) -> Sequence[Change]:
        """Return what a step changes, in the order of the source."""
        if step.node not in self._known:
            module = self._context.program.modules[step.module]
            function = self._functions.get(step.node) or Function(step.dotted, module, step.node)
            self._known[step.node] = _changes(function, self._context.receivers)
        return self._known[step.node]


def _changes(function: Function, receivers: Receivers) -> Sequence[Change]:
    parameters = _kept_parameters(function)
    if not parameters:
        return ()
    known = _aliases(function, {name: (name, ()) for name in parameters})
    found: list[tuple[ast.stmt, ast.expr]] = []
    for statement in _statements(function):
        found += [(statement, target) for target in _targets(statement, function, receivers, parameters)]
    roots = {_root(target) for _, target in found}
    made: list[Change] = []
    for statement, target in found:
        place = path_of(target, known)
        if place is not None:
            name, path = place
            names = {alias for alias, (parameter, _) in known.items() if parameter == name}
            seen = _reads_after(function, statement, names, roots)
            returned = any(_is_handed_back(function, node) for node in seen)
            made.append(Change(parameters[name], path, statement, lost=not seen, returned=returned))
    return made


def path_of(node: ast.expr, known: Mapping[str, tuple[str, Path]]) -> tuple[str, Path] | None:
    """Return which variable an expression is a part of, and which part: `cart["items"]` is `cart` at `items`."""
    match node:
        case ast.Name(id=name):
            return known.get(name)
        case ast.Attribute(value=whole, attr=part) | ast.Subscript(value=whole, slice=ast.Constant(value=part)):
            above = path_of(whole, known)
        case ast.Subscript(value=whole, slice=part) if not isinstance(part, ast.Slice):
            above, part = path_of(whole, known), ANYWHERE
        case ast.Call(func=ast.Attribute(value=whole, attr=method), args=arguments) if method in _PARTS:
            key = arguments[0] if arguments else None
            above, part = path_of(whole, known), key.value if isinstance(key, ast.Constant) else ANYWHERE
        case _:
            return None
    return (above[0], (*above[1], part)) if above is not None else None


def overlap(one: Path, other: Path) -> bool:
    """Say whether two paths lead to the same thing, or one to what holds the other's."""
    return all(a == b or ANYWHERE in (a, b) for a, b in zip(one, other, strict=False))


def _kept_parameters(function: Function) -> Mapping[str, ast.arg]:
    """Return the parameters that are never bound anew, and that no function inside the function uses."""
    scope = function.module.scope_inside(function.node)
    kinds = (ScopeKind.FUNCTION, ScopeKind.LAMBDA)
    inside = {name for inner in scope.walk() if inner is not scope and inner.kind in kinds for name in inner.uses}
    return {
        argument.arg: argument
        for argument in all_parameters(function.node.args)
        if argument.arg not in inside
        and all(
            binding.kind in (BindingKind.PARAMETER, BindingKind.AUGMENTED)
            for binding in scope.bindings.get(argument.arg, ())
        )
    }


def _aliases(function: Function, known: dict[str, tuple[str, Path]]) -> Mapping[str, tuple[str, Path]]:
    """Return what names stand for parts of parameters: `lines = order.lines`, `for line in order.lines`."""
    scope = function.module.scope_inside(function.node)
    for statement in _statements(function):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                place = path_of(value, known)
            case ast.For(target=ast.Name(id=name), iter=value):
                place = path_of(value, known)
                place = (place[0], (*place[1], ANYWHERE)) if place is not None else None
            case _:
                continue
        if place is not None and len(scope.bindings.get(name, ())) == 1:
            known[name] = place
    return known


def _statements(function: Function) -> Iterator[ast.stmt]:
    """Yield the statements of a function in order, those of functions inside it left out."""
    waiting: list[ast.AST] = list(reversed(function.node.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, (*_INNER, ast.ClassDef, ast.expr)):
            waiting.extend(reversed(children(node)))


def _targets(
    statement: ast.stmt, function: Function, receivers: Receivers, parameters: Mapping[str, ast.arg]
) -> Iterator[ast.expr]:
    """Yield what a statement changes, and does nothing else with."""
    match statement:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            yield from (target for target in targets if isinstance(target, ast.Attribute | ast.Subscript))
        case ast.AnnAssign(target=ast.Attribute() | ast.Subscript() as target, value=ast.expr()):
            yield target
        case ast.AugAssign(target=ast.Attribute() | ast.Subscript() as target):
            yield target
        case ast.AugAssign(target=ast.Name(id=name) as target) if _is_container(parameters.get(name)):
            yield target
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=target, attr=method)) as call) if method in _METHODS:
            callee = receivers.resolve(function.module, call.func)
            if callee is None or callee.startswith(_BUILTIN):
                yield target
        case ast.Expr(value=ast.Call(func=func, args=[target, *_])):
            if receivers.resolve(function.module, func) in _FUNCTIONS:
                yield target


def _is_container(parameter: ast.arg | None) -> bool:
    """Say whether `+=` changes what a parameter holds, by its annotation."""
    annotation = parameter.annotation if parameter is not None else None
    generic = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    name = generic.attr if isinstance(generic, ast.Attribute) else generic.id if isinstance(generic, ast.Name) else ""
    return name in _CONTAINERS


def _root(target: ast.expr) -> ast.expr:
    while isinstance(target, ast.Attribute | ast.Subscript | ast.Call):
        target = target.func if isinstance(target, ast.Call) else target.value
    return target


def _reads_after(function: Function, change: ast.stmt, names: set[str], roots: set[ast.expr]) -> Sequence[ast.Name]:
    """Return where a changed parameter is read after a change: further down, or on the next turn of a loop around."""
    start = _first_turn(function, change)
    return [
        node
        for node in function.of_type(ast.Name)
        if node.id in names
        and isinstance(node.ctx, ast.Load)
        and node not in roots
        and (node.lineno, node.col_offset) > start
        and not (change.lineno <= node.lineno <= (change.end_lineno or 0) and _holds(function, change, node))
    ]


def _first_turn(function: Function, change: ast.stmt) -> tuple[int, int]:
    """Return the place from which on a read comes after a change: the start of the outermost loop's body."""
    start = (change.end_lineno or change.lineno, change.end_col_offset or 0)
    node: ast.AST | None = change
    while node is not None and node is not function.node:
        if isinstance(node, ast.For | ast.AsyncFor | ast.While):
            first = node.test if isinstance(node, ast.While) else node.body[0]
            start = (first.lineno, first.col_offset - 1)
        node = function.parents.get(node)
    return start


def _holds(function: Function, statement: ast.stmt, node: ast.AST | None) -> bool:
    while node is not None and node is not statement:
        node = function.parents.get(node)
    return node is statement


def _is_handed_back(function: Function, node: ast.AST | None) -> bool:
    """Say whether a value is returned itself, or in something that is made of it; not if a call gets it."""
    while node is not None and not isinstance(node, ast.stmt | ast.Call):
        node = function.parents.get(node)
    return isinstance(node, ast.Return)
