"""What a walk over a tree notes down: scopes, bindings and uses, with the place each belongs to.

In: `bind` and `use` where a name is bound or read, `open` and `block` where a scope or block starts. Out: the
attributes that `analysis.bind_scopes` makes a `BoundTree` of. Which nodes bind is the business of `analysis`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

from ..project import SourceFile
from .private import PrivateNames
from .values import LAZY_TYPES, Binding, BindingKind, Scope, ScopeKind, StarImport


class Recorder:
    """The state of one walk; `scope` and `statement` say where it is."""

    def __init__(self, source: SourceFile, tree: ast.Module) -> None:
        self.source = source
        self.tree = tree
        self.root = Scope(ScopeKind.MODULE, tree, None)
        self.scope = self.root
        self.statement = 0
        self.private = PrivateNames()
        self.scopes: dict[ast.AST, Scope] = {tree: self.root}
        self.scope_by_node: dict[ast.AST, Scope] = {tree: self.root}
        self.annotations: dict[ast.Constant, ast.expr] = {}
        self.mangled: dict[ast.AST, str] = {}
        self.stars: list[StarImport] = []
        self.module_uses: list[set[str]] = []
        self.soft_uses: list[set[str]] = []
        self.nested_scopes: list[tuple[Scope, int]] = []
        self.late: list[tuple[Scope, Binding]] = []
        # The scope whose code may be left out here; what a function or class in such a block does is its own affair.
        self.uncertain: Scope | None = None
        self.live = True

    def open(self, kind: ScopeKind, node: ast.AST) -> Scope:
        """Open a scope inside the current one and make it current; returns the one to go back to."""
        outer = self.scope
        self.scope = Scope(kind, node, outer)
        outer.children.append(self.scope)
        if kind not in LAZY_TYPES:
            self.scopes[node] = self.scope
        self.nested_scopes.append((self.scope, self.statement))
        return outer

    def mangle(self, name: str, node: ast.AST) -> str:
        """Return what a name stands for, and note where that is another one."""
        real = self.private.stands_for(name)
        if real != name:
            self.mangled[node] = real
        return real

    def use(self, name: str, node: ast.AST) -> None:
        """Note that `node` reads or declares `name`."""
        self.scope.uses.setdefault(name, []).append(node)
        if self.scope is self.root:
            self.module_uses[self.statement].add(name)

    def bind(
        self,
        name: str,
        kind: BindingKind,
        node: ast.AST,
        *,
        target: str | None = None,
        value: ast.expr | None = None,
        annotation: ast.expr | None = None,
    ) -> None:
        """Bind `name` in the current scope, or where its `global`/`nonlocal` declaration says."""
        name = self.mangle(name, node)
        scope = self.scope
        if kind is BindingKind.WALRUS:
            while scope.kind is ScopeKind.COMPREHENSION and scope.parent is not None:
                scope = scope.parent
        self.scope.uses.setdefault(name, []).append(node)
        context, value = (value, None) if kind in (BindingKind.WITH, BindingKind.LOOP) else (None, value)
        elsewhere = kind is BindingKind.WALRUS or name in scope.globals or name in scope.nonlocals
        state = scope is not self.uncertain and not elsewhere, self.live
        binding = Binding(name, kind, node, self.statement, target, value, context, annotation, *state)
        if name in scope.nonlocals:
            self.late.append((scope, binding))
            return
        if name in scope.globals:
            scope = self.root
        if scope is self.root:
            self.module_uses[self.statement].add(name)
        scope.bindings.setdefault(name, []).append(binding)

    @contextmanager
    def block(self, *, runs: bool | None) -> Iterator[None]:
        """Note that what follows stands in a block; `runs` says whether it is entered, where that is known."""
        before = self.uncertain, self.live
        if runs is not True:
            self.uncertain = self.scope
        self.live = self.live and runs is not False
        yield
        self.uncertain, self.live = before
