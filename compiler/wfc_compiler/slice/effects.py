"""What a top-level statement does besides binding names: nothing, change something, or who knows.

In: a module's statements. Out: an `Effect` for each. The targets are definitions, written
`(module, name)`, or `("", "requests")` for a module from outside the project.

    LIMITS = {"draft": 3}                  nothing
    LIMITS["summary"] = 5                  changes LIMITS
    @handlers.register                     changes handlers
    def on_draft(): ...
    sentry_sdk.init(DSN)                   unknown

A statement that changes something belongs to it; one with an unknown effect belongs to its module.
Calls of first-party functions are looked into by `calls`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from ..binder import BindingKind, Definition, Module
from ..discover import Program
from .aliases import Aliases
from .calls import CallEffects, Function
from .dynamic import NAMESPACES
from .effect import NOTHING, Effect, Target, deeply, union
from .purity import LOCAL_METHODS, REGISTERING_BASES, is_constructor


class Effects:
    """The effects of statements and expressions, over a whole program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.aliases = Aliases(program, self.is_constant)
        self.calls = CallEffects(self)

    @cached_property
    def methods(self) -> Mapping[str, Sequence[tuple[Module, str, Function]]]:
        """Return the methods of all first-party classes at module level, by name, with module and class."""
        found: dict[str, list[tuple[Module, str, Function]]] = {}
        for _, module in sorted(self.program.modules.items()):
            for node in module.tree.body:
                for part in node.body if isinstance(node, ast.ClassDef) else ():
                    if isinstance(part, Function):
                        assert isinstance(node, ast.ClassDef)
                        found.setdefault(part.name, []).append((module, node.name, part))
        return found

    def of_statement(self, module: Module, node: ast.stmt) -> Effect:
        """Return what executing a top-level statement does."""
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Global() | ast.Break() | ast.Continue():
                return NOTHING
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
                return union([self._decorated(module, node), *(self.of_value(module, value) for value in defaults)])
            case ast.ClassDef():
                return self._decorated(module, node) | self._class(module, node)
            case ast.Assign(targets=targets, value=value):
                return union([self._bound(module, value), *(self._stored(module, target) for target in targets)])
            case ast.AnnAssign(target=target, value=value):
                return self._stored(module, target) | (self._bound(module, value) if value else NOTHING)
            case ast.AugAssign(target=target, value=value):
                return self._stored(module, target, changed=True) | self.of_value(module, value)
            case ast.Delete(targets=targets):
                return union(self._stored(module, target) for target in targets)
            case ast.Expr(value=value):
                return self._expression(module, value)
            case ast.Raise() | ast.Assert():
                return Effect(unknown=node)
        if type(node).__name__ == "TypeAlias":
            return NOTHING
        return union(self._part(module, child) for child in ast.iter_child_nodes(node))

    def of_value(self, module: Module, node: ast.expr) -> Effect:
        """Return what evaluating an expression does, when its value may stay unused."""
        return union(self._evaluated(module, node))

    def _part(self, module: Module, node: ast.AST) -> Effect:
        """Return the effect of one piece of an `if`, `for`, `try` ..."""
        match node:
            case ast.stmt():
                return self.of_statement(module, node)
            case ast.expr():
                return self._stored(module, node) if _is_store(node) else self.of_value(module, node)
            case ast.excepthandler() | ast.match_case():
                return union(self._part(module, child) for child in ast.iter_child_nodes(node))
            case ast.withitem():
                return self.of_value(module, node.context_expr)
        return NOTHING

    def _decorated(self, module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Effect:
        return union(self.decorator(module, decorator) for decorator in node.decorator_list)

    def decorator(self, module: Module, decorator: ast.expr) -> Effect:
        """Return what decorating with an expression does."""
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        arguments = _arguments(decorator) if isinstance(decorator, ast.Call) else []
        effect = union(self.of_value(module, argument) for argument in arguments)
        return effect | self.calls.of_call(module, called, [], decorator)

    def _class(self, module: Module, node: ast.ClassDef) -> Effect:
        parts = [self.base(module, base) for base in node.bases]
        parts.append(
            self.calls.of_metaclasses(module, [part.value for part in node.keywords if part.arg == "metaclass"])
        )
        parts += [self._member(module, statement) for statement in node.body if not isinstance(statement, ast.Pass)]
        return union(parts)

    def _member(self, module: Module, node: ast.stmt) -> Effect:
        """Return the effect of a statement in a class body: names that it binds are the class's own."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._decorated(module, node)
        return self.of_statement(module, node)

    def base(self, module: Module, base: ast.expr) -> Effect:
        """A base whose class hooks in on subclasses is changed by them: its registry may be read."""
        chain = base.value if isinstance(base, ast.Subscript) else base
        name = self.program.names.canonical(module, chain)
        if name is None:
            return self.of_value(module, base) if isinstance(chain, ast.Call) else NOTHING
        definition = self.program.names.definition(name)
        if definition is not None:
            return self.calls.of_subclassing(definition)
        if name.startswith(REGISTERING_BASES):
            return Effect(targets=frozenset({("", name.partition(".")[0])}))
        return NOTHING

    def _bound(self, module: Module, value: ast.expr) -> Effect:
        """Return the effect of `X = value`, where a client that nobody uses may go."""
        if isinstance(value, ast.Call):
            name = self.program.names.canonical(module, value.func)
            if name is not None and self.program.names.definition(name) is None and is_constructor(name):
                return union(self.of_value(module, argument) for argument in _arguments(value))
        return self.of_value(module, value)

    def _stored(self, module: Module, target: ast.expr, *, changed: bool = False) -> Effect:
        match target:
            case ast.Attribute(value=value):
                return self.changed(module, value, target)
            case ast.Subscript(value=value, slice=index):
                return self.changed(module, value, target) | self.of_value(module, index)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return union(self._stored(module, part) for part in parts)
            case ast.Starred(value=value):
                return self._stored(module, value)
        # A plain name is a binding: whoever needs the name gets the statement, but `X += [1]` also
        # changes the object that `X` shares with others.
        return self.changed(module, target, target) if changed else NOTHING

    def changed(self, module: Module, node: ast.expr, whole: ast.AST) -> Effect:
        """Return the effect of changing the object that `node` gives; `whole` is what does it."""
        owner = self.program.names.canonical(module, node)
        if owner is not None and owner in self.program.modules and isinstance(whole, ast.Attribute):
            return Effect(targets=frozenset({(owner, whole.attr)}))
        base = node
        while isinstance(base, ast.Attribute | ast.Subscript | ast.Call):
            base = base.func if isinstance(base, ast.Call) else base.value
        if not isinstance(base, ast.Name):
            if isinstance(base, ast.Constant):
                return NOTHING
            return deeply(self.aliases.of_value(module, node), unknown=whole)
        exact = self.targets(module, node)
        targets = exact or self._targets_below(module, node)
        if not targets or any(self._is_namespace(target) for target in targets):
            return deeply(targets, unknown=whole)
        shallow = exact and owner is not None and _is_shallow(whole, self.program, owner)
        return Effect(targets) if shallow else deeply(targets)

    def _is_namespace(self, target: Target) -> bool:
        """Say whether a definition is `own = globals()`: what is changed in it may be any name's."""
        module = self.program.modules.get(target[0])
        values = [binding.value for binding in module.bindings.get(target[1], ())] if module is not None else []
        return any(
            isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in NAMESPACES
            for value in values
        )

    def _targets_below(self, module: Module, node: ast.expr) -> frozenset[Target]:
        """Return what the longest beginning of a chain leads to: `lib.TABLE` for `lib.TABLE["a"].items`."""
        found: frozenset[Target] = frozenset()
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call) and not found:
            node = node.func if isinstance(node, ast.Call) else node.value
            found = self.targets(module, node)
        return found

    def targets(self, module: Module, node: ast.expr) -> frozenset[Target]:
        """Return the definition that a chain of names leads to; empty when that can't be told."""
        names = self.program.names
        name = names.canonical(module, node)
        if name is None:
            return frozenset()
        definition = names.definition(name)
        if definition is not None:
            return frozenset({(definition.module.name, definition.name)})
        owner, _, attribute = name.rpartition(".")
        if owner in self.program.modules:
            return frozenset({(owner, attribute)})
        if name in self.program.modules or name.startswith(("os.", "builtins.", "sys.")):
            return frozenset()  # the process itself: environment, path, hooks
        return frozenset({("", name.partition(".")[0])})

    def is_constant(self, definition: Definition) -> bool:
        """Say whether a definition is a value that can't be changed, or a function."""
        for binding in definition.bindings:
            if binding.kind is BindingKind.FUNCTION:
                continue
            if not (binding.kind is BindingKind.ASSIGNMENT and isinstance(binding.value, ast.Constant)):
                return False
        return True

    def _expression(self, module: Module, value: ast.expr) -> Effect:
        if isinstance(value, ast.Await | ast.Yield | ast.YieldFrom):
            return Effect(unknown=value)
        return self.of_value(module, value)

    def _evaluated(self, module: Module, node: ast.expr) -> Iterator[Effect]:
        pending: list[ast.AST] = [node]
        while pending:
            part = pending.pop()
            if isinstance(part, ast.Lambda):
                pending.extend([*part.args.defaults, *filter(None, part.args.kw_defaults)])
            elif isinstance(part, ast.Call):
                yield self._call(module, part)
                pending.extend(_arguments(part))
                pending.extend([part.func.value] if isinstance(part.func, ast.Attribute) else [])
            elif isinstance(part, ast.Constant | ast.Name):
                continue
            else:
                pending.extend(ast.iter_child_nodes(part))

    def _call(self, module: Module, node: ast.Call) -> Effect:
        return self.calls.of_call(module, node.func, _arguments(node), node)


def _arguments(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def _is_store(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)


def _is_shallow(whole: ast.AST, program: Program, owner: str) -> bool:
    """Say whether only the object itself is changed: by a store, or by a method of a container."""
    definition = program.names.definition(owner)
    if definition is None or definition.rest:
        return False
    if isinstance(whole, ast.Call) and isinstance(whole.func, ast.Attribute):
        return whole.func.attr in LOCAL_METHODS
    return isinstance(whole, ast.Attribute | ast.Subscript | ast.Name)
