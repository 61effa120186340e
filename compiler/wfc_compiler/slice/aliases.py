"""Which definitions share an object: a change through one name is a change of the others.

    LIMITS = [1]
    OTHER = LIMITS                   OTHER is LIMITS:          OTHER.append(2) changes LIMITS
    TABLE = {"a": LIMITS}            TABLE holds LIMITS:       TABLE["a"].append(3) does, TABLE["b"] = 4 does not
    for one in TABLE.values(): ...   one is a part of TABLE:   one.append(5) changes TABLE, so LIMITS

In: expressions and the definitions that statements change. Out: the definitions that a value may be, be part of
or hold. Nothing here knows types: what a call gives may be or hold whatever it was given.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

from ..binder import Binding, BindingKind, Definition, Module, ScopeKind
from ..discover import Program
from .effect import Target
from .purity import is_constructor

Links = dict[Target, bool]
"""Definitions that a value is linked with; True when it may be one or a part of one, False when it holds one."""

# Builtins that give something new, which is none of their arguments and holds none.
_SCALARS = frozenset(
    [
        "abs",
        "all",
        "any",
        "ascii",
        "bin",
        "bool",
        "bytes",
        "callable",
        "chr",
        "complex",
        "dir",
        "divmod",
        "float",
        "format",
        "hasattr",
        "hash",
        "hex",
        "id",
        "int",
        "isinstance",
        "issubclass",
        "len",
        "oct",
        "ord",
        "pow",
        "print",
        "range",
        "repr",
        "round",
        "str",
        "sum",
        "type",
    ]
)
_COPIES = frozenset(
    ["dict", "enumerate", "filter", "frozenset", "iter", "list", "map", "reversed", "set", "sorted", "tuple", "zip"]
)


class Aliases:
    """What is linked with what, worked out when it is asked for."""

    def __init__(self, program: Program, is_constant: Callable[[Definition], bool]) -> None:
        self._program = program
        self._is_constant = is_constant
        self._links: dict[Target, Links] = {}
        self._held: dict[Target, set[Target]] = {}
        self._sources: dict[str, Mapping[ast.AST, list[tuple[ast.expr, bool]]]] = {}
        self._results: dict[ast.AST, list[ast.expr]] = {}
        self._locals: set[tuple[str, str, int]] = set()

    def note_held(self, owner: Target, held: Iterable[Target]) -> None:
        """Note that a statement may have put objects into another: `REGISTRY["x"] = HANDLER`."""
        self._held.setdefault(owner, set()).update(held)

    def changed_with(self, targets: frozenset[Target], deep: frozenset[Target]) -> frozenset[Target]:
        """Return all that is changed with `targets`; of `deep` a part may have changed that belongs to others, too."""
        found: dict[Target, bool] = {}
        pending = [(target, target in deep) for target in targets]
        while pending:
            target, is_deep = pending.pop()
            if found.get(target) in (True, is_deep):
                continue
            found[target] = is_deep
            for other, near in self._links_of(target).items():
                if near or is_deep:
                    pending.append((other, True))
            if is_deep:
                pending += [(other, True) for other in self._held.get(target, ())]
        return frozenset(found)

    def of_value(self, module: Module, node: ast.expr) -> Links:
        """Return the definitions that the value of an expression is linked with."""
        found: Links = {}
        for target, near in self._linked(module, node, near=True):
            found[target] = found.get(target, False) or near
        return found

    def _links_of(self, target: Target) -> Links:
        if target not in self._links:
            self._links[target] = {}  # ends a circle
            found: Links = {}
            module = self._program.modules.get(target[0])
            for other, near in self._of_global(module, target[1]) if module is not None else ():
                if other != target:
                    found[other] = found.get(other, False) or near
            self._links[target] = found
        return self._links[target]

    def _of_global(self, module: Module, name: str) -> Iterator[tuple[Target, bool]]:
        for binding in module.bindings.get(name, ()):
            yield from self._of_binding(module, binding, near=True)
        for star in module.stars:
            yield from self._of_definition(self._program.names.definition(f"{star.module}.{name}"), near=True)

    def _of_binding(self, module: Module, binding: Binding, *, near: bool) -> Iterator[tuple[Target, bool]]:
        if isinstance(binding.node, ast.FunctionDef | ast.AsyncFunctionDef):
            # What calling it may give counts when something is changed through such a call.
            yield from ((target, False) for target, _ in self._of_results(module, binding.node))
        elif isinstance(binding.node, ast.ClassDef):
            yield from self._of_class(module, binding.node)
        elif binding.target is not None:
            definition = self._program.names.definition(binding.target)
            yield from self._of_definition(definition, near=near)
        elif binding.value is not None:
            yield from self._linked(module, binding.value, near=near)
        else:
            for source, is_near in self._sources_of(module).get(binding.node, ()):
                yield from self._linked(module, source, near=near and is_near)

    def _of_class(self, module: Module, node: ast.ClassDef) -> Iterator[tuple[Target, bool]]:
        for base in node.bases:
            yield from self._linked(module, base, near=False)
        for statement in node.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                yield from self._linked(module, statement.value, near=False)

    def _of_results(self, module: Module, node: ast.AST) -> Iterator[tuple[Target, bool]]:
        if node not in self._results:
            parts = (part for part in ast.walk(node) if isinstance(part, ast.Return | ast.Yield | ast.YieldFrom))
            self._results[node] = [part.value for part in parts if part.value is not None]
        for value in self._results[node]:
            yield from self._linked(module, value, near=True)

    def _linked(self, module: Module, node: ast.expr, *, near: bool) -> Iterator[tuple[Target, bool]]:
        match node:
            case ast.Name() | ast.Attribute():
                yield from self._of_name(module, node, near=near)
            case ast.Subscript() | ast.Await() | ast.NamedExpr() | ast.YieldFrom():
                yield from self._linked(module, node.value, near=near)
            case ast.Call():
                receiver: ast.expr | None = node
                while isinstance(receiver, ast.Call):  # a loop, since `a().b().c()` may be as long as it likes
                    receiver = yield from self._of_call(module, receiver, near=near)
                if receiver is not None:
                    yield from self._linked(module, receiver, near=near)
            case ast.IfExp():
                yield from self._linked(module, node.body, near=near)
                yield from self._linked(module, node.orelse, near=near)
            case ast.BoolOp():
                for part in node.values:
                    yield from self._linked(module, part, near=near)
            case ast.Constant() | ast.Lambda() | ast.Compare() | ast.JoinedStr() | ast.UnaryOp():
                return
            case ast.Starred():
                yield from self._linked(module, node.value, near=False)
            case ast.Dict() | ast.List() | ast.Tuple() | ast.Set() | ast.BinOp():
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        yield from self._linked(module, child, near=False)
            case ast.ListComp(elt=made) | ast.SetComp(elt=made) | ast.GeneratorExp(elt=made) | ast.DictComp(value=made):
                yield from self._linked(module, made, near=False)

    def _of_name(self, module: Module, node: ast.Name | ast.Attribute, *, near: bool) -> Iterator[tuple[Target, bool]]:
        name = self._program.names.canonical(module, node)
        if name is not None:
            yield from self._of_definition(self._program.names.definition(name), near=near)
        elif isinstance(node, ast.Attribute):
            yield from self._linked(module, node.value, near=near)
        else:
            yield from self._of_local(module, node, near=near)

    def _of_definition(self, definition: Definition | None, *, near: bool) -> Iterator[tuple[Target, bool]]:
        if definition is not None and not self._is_constant(definition):
            yield (definition.module.name, definition.name), near

    def _of_local(self, module: Module, node: ast.Name, *, near: bool) -> Iterator[tuple[Target, bool]]:
        """Follow a function's own name to what it was bound to; parameters are the caller's matter."""
        scope = module.bound.scope_by_node.get(node)
        owner = scope.owner(module.name_of(node)) if scope is not None else None
        if owner is None or owner.kind is ScopeKind.MODULE:
            return
        key = (module.name, node.id, id(owner))
        if key in self._locals:
            return
        self._locals.add(key)
        for binding in owner.bindings.get(module.name_of(node), ()):
            if binding.kind is not BindingKind.FUNCTION:
                yield from self._of_binding(module, binding, near=near)
        self._locals.discard(key)

    def _of_call(
        self, module: Module, node: ast.Call, *, near: bool
    ) -> Generator[tuple[Target, bool], None, ast.expr | None]:
        """Yield what a call is linked with by its arguments and its function; return the object it is a method of."""
        name = self._program.names.canonical(module, node.func)
        definition = self._program.names.definition(name) if name is not None else None
        plain = (name or "").removeprefix("builtins.") if definition is None else ""
        if plain in _SCALARS:
            return None
        makes = definition.node if definition is not None and not definition.rest else None
        new = plain in _COPIES or isinstance(makes, ast.ClassDef) or (definition is None and is_constructor(name or ""))
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield from self._linked(module, argument, near=near and not new)
        if isinstance(makes, ast.ClassDef):
            yield from self._of_definition(definition, near=False)  # its objects share what the class holds
        elif definition is not None and isinstance(makes, ast.FunctionDef | ast.AsyncFunctionDef):
            key = (definition.module.name, definition.name, 0)
            if key not in self._locals:
                self._locals.add(key)
                yield from (
                    (target, near and is_near) for target, is_near in self._of_results(definition.module, makes)
                )
                self._locals.discard(key)
        elif isinstance(node.func, ast.Attribute):
            return node.func.value
        elif isinstance(node.func, ast.Call | ast.Name | ast.Subscript):
            return node.func
        return None

    def _sources_of(self, module: Module) -> Mapping[ast.AST, list[tuple[ast.expr, bool]]]:
        """Return what the targets of loops, `with`, unpacking and patterns are taken from, by their nodes."""
        if module.name not in self._sources:
            found: dict[ast.AST, list[tuple[ast.expr, bool]]] = {}
            for node in ast.walk(module.tree):
                for target, source, near in _pairs(node):
                    for part in ast.walk(target):
                        found.setdefault(part, []).append((source, near))
            self._sources[module.name] = found
        return self._sources[module.name]


def _pairs(node: ast.AST) -> Iterator[tuple[ast.AST, ast.expr, bool]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from (pair for target in targets for pair in _unpacked(target, value))
        case ast.For(target=target, iter=source) | ast.AsyncFor(target=target, iter=source):
            yield from _elements(target, source)
        case ast.comprehension(target=target, iter=source):
            yield from _elements(target, source)
        case ast.withitem(context_expr=source, optional_vars=ast.expr() as target):
            yield target, source, True
        case ast.AugAssign(target=target, value=value):
            yield target, value, False
        case ast.Match(subject=subject, cases=cases):
            yield from ((case.pattern, subject, True) for case in cases)


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.AST, ast.expr, bool]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        if len(target.elts) == len(value.elts) and not any(isinstance(part, ast.Starred) for part in target.elts):
            for part, source in zip(target.elts, value.elts, strict=True):
                yield from _unpacked(part, source)
            return
        yield from ((target, part, True) for part in value.elts)
        return
    yield target, value, True


def _elements(target: ast.expr, source: ast.expr) -> Iterator[tuple[ast.AST, ast.expr, bool]]:
    if isinstance(source, ast.Tuple | ast.List | ast.Set):
        yield from (pair for part in source.elts for pair in _unpacked(target, part))
    else:
        yield target, source, True
