"""Scopes, bindings and bound modules: what a name means inside one file.

`analysis.bind_scopes` fills them in from an `ast` tree; `names.Names` follows names across files.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from ..project import SourceFile


class ScopeKind(Enum):
    """What opened a scope.

    Since 3.12 a list of type parameters opens one, and so does each bound, default and `type` value in or
    behind it: an expression that is evaluated when somebody asks for it.
    """

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    LAMBDA = "lambda"
    COMPREHENSION = "comprehension"
    TYPE_PARAMETERS = "type parameters"
    TYPE_EXPRESSION = "type expression"


LAZY_TYPES = frozenset({ScopeKind.TYPE_PARAMETERS, ScopeKind.TYPE_EXPRESSION})
"""Scopes without a runtime frame of their own in the user's eyes: what stands in them sees the class around."""


class BindingKind(Enum):
    """How a name got its value."""

    IMPORT = "import"
    FROM_IMPORT = "from import"
    FUNCTION = "function"
    CLASS = "class"
    PARAMETER = "parameter"
    ASSIGNMENT = "assignment"
    AUGMENTED = "augmented assignment"
    ANNOTATION = "annotation"
    DELETE = "del"
    LOOP = "loop"
    WITH = "with"
    EXCEPT = "except"
    WALRUS = "walrus"
    MATCH = "match"
    TYPE_PARAMETER = "type parameter"
    TYPE_ALIAS = "type alias"


@dataclass(frozen=True, eq=False)
class Binding:
    """One place that binds (or deletes) `name`.

    `node` is the statement or expression that does it (for an import the `ast.alias`); `statement`
    is the index of the top-level statement it stands in, nested or not. `target` is, for imports,
    the absolute dotted name that was asked for, SDK spellings not yet normalised: `a.b.c` for
    `import a.b.c as x`, `a` for `import a.b.c`, `m.n` for `from m import n`. `value` is the assigned
    expression where a plain `name = value`, `name: T = value` or `name, other = value, more` binds it; `context` what a
    `with` enters or a loop goes over.

    `certain` says that whoever runs the scope to its end has run this, and found no block around it that
    might not be entered; `live` that it isn't in the branch of an `if` that this Python never takes.
    """

    name: str
    kind: BindingKind
    node: ast.AST
    statement: int
    target: str | None = None
    value: ast.expr | None = None
    context: ast.expr | None = None
    annotation: ast.expr | None = None
    certain: bool = True
    live: bool = True


@dataclass(eq=False)
class Scope:
    """One scope: what it binds, what it declares, and which names are used directly in it.

    Names declared `global` or `nonlocal` here are bound in the scope they belong to. `uses` lists
    loads, stores, deletes and declarations of every name, in source order.
    """

    kind: ScopeKind
    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    uses: dict[str, list[ast.AST]] = field(default_factory=dict)
    children: list[Scope] = field(default_factory=list)

    def owner(self, name: str) -> Scope | None:
        """Return the scope that `name` refers to when used here; None for builtins and unknowns."""
        scope: Scope | None = self
        first = True
        while scope is not None:
            if name in scope.globals:
                return scope.module_scope()
            skipped = scope.kind is ScopeKind.CLASS and not first
            if not skipped and name not in scope.nonlocals and name in scope.bindings:
                return scope
            first = first and scope.kind in LAZY_TYPES
            scope = scope.parent
        return None

    def module_scope(self) -> Scope:
        """Return the module's scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def walk(self) -> Iterator[Scope]:
        """Yield this scope and all scopes inside it, outermost first."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class StarImport:
    """`from module import *` at module level: the absolute module, where it stands, and whether it always runs."""

    module: str
    node: ast.ImportFrom
    statement: int
    certain: bool = True


@dataclass(frozen=True)
class BoundTree:
    """What `analysis.bind_scopes` finds out about one tree.

    `scopes` maps each scope-opening node to the scope it opens, `scope_by_node` every node to the
    scope it is evaluated in; `annotations` the string annotations to their parsed expressions
    (positions are those of the string); `mangled` the private names of class bodies to what they stand for.
    """

    scope: Scope
    scopes: Mapping[ast.AST, Scope]
    scope_by_node: Mapping[ast.AST, Scope]
    annotations: Mapping[ast.Constant, ast.expr]
    mangled: Mapping[ast.AST, str]
    stars: tuple[StarImport, ...]
    statement_uses: tuple[frozenset[str], ...]


@dataclass(frozen=True, eq=False)
class Module:
    """A bound module. Scopes are worked out on first use, since most modules are only imported."""

    source: SourceFile
    tree: ast.Module

    @property
    def name(self) -> str:
        """Return the dotted module name."""
        return self.source.module

    @cached_property
    def bound(self) -> BoundTree:
        """Return the scope analysis of the whole tree."""
        from .analysis import bind_scopes  # the analysis builds these very values

        return bind_scopes(self.source, self.tree)

    @property
    def scope(self) -> Scope:
        """Return the module's own scope."""
        return self.bound.scope

    @property
    def bindings(self) -> Mapping[str, Sequence[Binding]]:
        """Return the bindings of the module scope by name, each with its top-level statement.

        Bindings made elsewhere in the file (`global X` in a function, a walrus in a comprehension)
        are among them.
        """
        return self.bound.scope.bindings

    @property
    def stars(self) -> tuple[StarImport, ...]:
        """Return the star imports of the module, in order."""
        return self.bound.stars

    @cached_property
    def has_lazy_annotations(self) -> bool:
        """Say whether Python leaves the annotations unevaluated: `from __future__ import annotations`."""
        return any(
            isinstance(node, ast.ImportFrom)
            and node.module == "__future__"
            and any(alias.name == "annotations" for alias in node.names)
            for node in self.tree.body
        )

    def scope_of(self, node: ast.AST) -> Scope:
        """Return the scope that `node` is evaluated in.

        For a function or class that is the scope around it, as for its decorators, defaults and
        bases; `scope_inside` gives the scope that it opens.
        """
        return self.bound.scope_by_node[node]

    def name_of(self, node: ast.Name) -> str:
        """Return the name that `node` stands for: inside a class `C`, `__x` is `_C__x`."""
        return self.bound.mangled.get(node, node.id)

    def scope_inside(self, node: ast.AST) -> Scope:
        """Return the scope that a function, class, lambda, comprehension or module opens."""
        return self.bound.scopes[node]

    def globals_used(self, statement: int) -> frozenset[str]:
        """Return the module-level (or builtin) names that a top-level statement uses inside.

        Loads, stores, deletes, `global X` declarations and names in string annotations count; names
        that resolve to a scope inside the statement do not.
        """
        return self.bound.statement_uses[statement]
