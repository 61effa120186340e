"""Scope analysis of one file: an `ast` tree in, a `BoundTree` out.

    def f(a):
        return [a for a in b]       f binds a; the comprehension binds its own a; b is global

The rules are those of CPython's symtable, which the tests compare with over the standard library;
unlike symtable this keeps every binding's node and top-level statement, and reads string
annotations. `names` says what a bound name leads to, across files.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from ..project import SourceFile, absolute_module
from ..syntax import WALK_LIMIT, all_parameters, recursion_limit
from .annotations import identifiers_in, parse_annotation, text_arguments, type_arguments
from .conditions import fold_test
from .private import PrivateNames
from .recorder import Recorder
from .uses import collect_statement_uses
from .values import BindingKind, BoundTree, Scope, ScopeKind, StarImport

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def bind_scopes(source: SourceFile, tree: ast.Module) -> BoundTree:
    """Work out the scopes, bindings and uses of a whole file."""
    binder = _Binder(source, tree)
    with recursion_limit(WALK_LIMIT):
        binder.bind_module()
    return BoundTree(
        scope=binder.root,
        scopes=binder.scopes,
        scope_by_node=binder.scope_by_node,
        annotations=binder.annotations,
        mangled=binder.mangled,
        stars=tuple(binder.stars),
        statement_uses=collect_statement_uses(binder.root, binder.nested_scopes, binder.module_uses, binder.soft_uses),
    )


class _Binder(Recorder):
    """One walk over the tree, top-level statement by statement."""

    def bind_module(self) -> None:
        for index, statement in enumerate(self.tree.body):
            self.statement = index
            self.module_uses.append(set())
            self.soft_uses.append(set())
            self.visit(statement)
        # `nonlocal x` may stand above the statement of the outer function that binds x.
        for scope, binding in self.late:
            owner = scope.parent.owner(binding.name) if scope.parent else None
            (owner or self.root).bindings.setdefault(binding.name, []).append(binding)

    # --- the walk

    def visit(self, node: ast.AST) -> None:
        self.scope_by_node[node] = self.scope
        handler = _HANDLERS.get(type(node))
        if handler is None:
            self.visit_fields(node)
        else:
            handler(self, node)

    def visit_fields(self, node: ast.AST) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if type(value) is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                self.visit(value)

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    # --- blocks

    def if_(self, node: ast.If) -> None:
        self.visit(node.test)
        decided = fold_test(node.test)
        with self.block(runs=decided):
            self.visit_all(node.body)
        with self.block(runs=None if decided is None else not decided):
            self.visit_all(node.orelse)

    def try_(self, node: ast.Try) -> None:
        with self.block(runs=None if node.handlers else True):
            self.visit_all(node.body)
        with self.block(runs=None):
            self.visit_all((*node.handlers, *node.orelse))
        self.visit_all(node.finalbody)

    def other_block(self, node: ast.AST) -> None:
        """Visit a loop, a `match`, or a `with`, which may swallow what its body raises."""
        with self.block(runs=None):
            self.visit_fields(node)

    # --- names and targets

    def name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.use(self.mangle(node.id, node), node)
        elif isinstance(node.ctx, ast.Del):
            self.bind(node.id, BindingKind.DELETE, node)
        else:
            self.bind(node.id, BindingKind.ASSIGNMENT, node)

    def bind_targets(self, target: ast.expr, kind: BindingKind, value: ast.expr | None) -> None:
        """Bind the names in an assignment target; visit what it evaluates (`x[i]`, `x.y`)."""
        self.scope_by_node[target] = self.scope
        if isinstance(target, ast.Name):
            self.bind(target.id, kind, target, value=value)
        elif isinstance(target, ast.Tuple | ast.List):
            for element, part in zip(target.elts, _parts(target, value), strict=True):
                self.bind_targets(element, kind, part)
        elif isinstance(target, ast.Starred):
            self.bind_targets(target.value, kind, None)
        else:
            self.visit(target)

    def assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.bind_targets(target, BindingKind.ASSIGNMENT, node.value)

    def augmented(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self.scope_by_node[node.target] = self.scope
            self.use(self.mangle(node.target.id, node.target), node.target)
            self.bind(node.target.id, BindingKind.AUGMENTED, node.target)
        else:
            self.visit(node.target)

    def annotated(self, node: ast.AnnAssign) -> None:
        self.annotation(node.annotation)
        if node.value is not None:
            self.visit(node.value)
        if not isinstance(node.target, ast.Name):
            self.visit(node.target)
            return
        self.scope_by_node[node.target] = self.scope
        kind = BindingKind.ASSIGNMENT if node.value is not None else BindingKind.ANNOTATION
        if node.value is not None or node.simple:
            self.bind(node.target.id, kind, node.target, value=node.value, annotation=node.annotation)

    def walrus(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.scope_by_node[node.target] = self.scope
        self.bind(node.target.id, BindingKind.WALRUS, node.target, value=node.value)

    def loop(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        with self.block(runs=None):
            self.bind_targets(node.target, BindingKind.LOOP, node.iter if isinstance(node.target, ast.Name) else None)
            self.visit_all((*node.body, *node.orelse))

    def with_item(self, node: ast.withitem) -> None:
        self.visit(node.context_expr)
        if node.optional_vars is not None:
            self.bind_targets(node.optional_vars, BindingKind.WITH, node.context_expr)

    def handler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        if node.name is not None:
            self.bind(node.name, BindingKind.EXCEPT, node)
        self.visit_all(node.body)

    def match_as(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name is not None:
            self.bind(node.name, BindingKind.MATCH, node)
        if isinstance(node, ast.MatchAs) and node.pattern is not None:
            self.visit(node.pattern)

    def match_mapping(self, node: ast.MatchMapping) -> None:
        self.visit_all((*node.keys, *node.patterns))
        if node.rest is not None:
            self.bind(node.rest, BindingKind.MATCH, node)

    def declare_global(self, node: ast.Global) -> None:
        for name in (self.mangle(name, node) for name in node.names):
            self.use(name, node)
            if self.scope is not self.root:
                self.scope.globals.add(name)
                self.module_uses[self.statement].add(name)

    def declare_nonlocal(self, node: ast.Nonlocal) -> None:
        for name in (self.mangle(name, node) for name in node.names):
            self.use(name, node)
            self.scope.nonlocals.add(name)

    # --- imports

    def import_module(self, node: ast.Import) -> None:
        for alias in node.names:
            self.scope_by_node[alias] = self.scope
            bound = alias.asname or alias.name.partition(".")[0]
            target = alias.name if alias.asname else bound
            self.bind(bound, BindingKind.IMPORT, alias, target=target)

    def import_from(self, node: ast.ImportFrom) -> None:
        base = absolute_module(self.source, node)
        for alias in node.names:
            self.scope_by_node[alias] = self.scope
            if alias.name == "*":
                certain = self.uncertain is not self.root
                self.stars.append(StarImport(base or "", node, self.statement, certain))
                continue
            target = f"{base}.{alias.name}" if base else None
            self.bind(alias.asname or alias.name, BindingKind.FROM_IMPORT, alias, target=target)

    # --- definitions

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.visit_all(node.decorator_list)
        self.visit_defaults(node.args)
        self.bind(node.name, BindingKind.FUNCTION, node)
        outer = self.open_type_parameters(node)
        for argument in all_parameters(node.args):
            if argument.annotation is not None:
                self.annotation(argument.annotation)
        if node.returns is not None:
            self.annotation(node.returns)
        self.open(ScopeKind.FUNCTION, node)
        self.bind_parameters(node.args)
        self.visit_all(node.body)
        self.scope = outer

    def class_definition(self, node: ast.ClassDef) -> None:
        self.visit_all(node.decorator_list)
        self.bind(node.name, BindingKind.CLASS, node)
        outside, self.private = self.private, self.private.in_head(node)
        outer = self.open_type_parameters(node)
        self.visit_all((*node.bases, *node.keywords))
        self.open(ScopeKind.CLASS, node)
        self.private = PrivateNames(node.name)
        self.visit_all(node.body)
        self.scope, self.private = outer, outside

    def lambda_(self, node: ast.Lambda) -> None:
        self.visit_defaults(node.args)
        outer = self.open(ScopeKind.LAMBDA, node)
        self.bind_parameters(node.args)
        self.visit(node.body)
        self.scope = outer

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        self.visit(node.generators[0].iter)  # the first iterable belongs to the scope around
        outer = self.open(ScopeKind.COMPREHENSION, node)
        for index, generator in enumerate(node.generators):
            self.scope_by_node[generator] = self.scope
            if index:
                self.visit(generator.iter)
            single = isinstance(generator.target, ast.Name)
            self.bind_targets(generator.target, BindingKind.LOOP, generator.iter if single else None)
            self.visit_all(generator.ifs)
        if isinstance(node, ast.DictComp):
            self.visit_all((node.key, node.value))  # 3.15's `{**d for d in ds}` has no value
        else:
            self.visit(node.elt)
        self.scope = outer

    def open_type_parameters(self, node: ast.AST) -> Scope:
        """Open the scope of `def f[T]`; returns the scope to go back to in either case."""
        parameters = getattr(node, "type_params", None)
        if not parameters:
            return self.scope
        outer = self.open(ScopeKind.TYPE_PARAMETERS, node)
        for parameter in parameters:
            self.scope_by_node[parameter] = self.scope
            self.bind(parameter.name, BindingKind.TYPE_PARAMETER, parameter)
        for parameter in parameters:
            for lazy in (getattr(parameter, "bound", None), getattr(parameter, "default_value", None)):
                if lazy is not None:
                    self.type_expression(parameter, lazy)
        return outer

    def type_expression(self, node: ast.AST, expression: ast.expr) -> None:
        """Visit what Python evaluates on demand: a bound, a default, the value of a `type` statement."""
        outer = self.open(ScopeKind.TYPE_EXPRESSION, node)
        self.annotation(expression)
        self.scope = outer

    def type_alias(self, node: ast.AST) -> None:
        target = node.name  # type: ignore[attr-defined]  # ast.TypeAlias is 3.12+
        self.scope_by_node[target] = self.scope
        self.bind(target.id, BindingKind.TYPE_ALIAS, node)
        outer = self.open_type_parameters(node)
        self.type_expression(node, node.value)  # type: ignore[attr-defined]  # ast.TypeAlias is 3.12+
        self.scope = outer

    def visit_defaults(self, arguments: ast.arguments) -> None:
        self.scope_by_node[arguments] = self.scope
        self.visit_all((*arguments.defaults, *arguments.kw_defaults))

    def bind_parameters(self, arguments: ast.arguments) -> None:
        for argument in all_parameters(arguments):
            self.scope_by_node[argument] = self.scope
            self.bind(argument.arg, BindingKind.PARAMETER, argument, annotation=argument.annotation)

    # --- strings that name types

    def annotation(self, node: ast.expr) -> None:
        """Visit an annotation, reading the strings in it as the expressions they stand for."""
        for constant, expression in parse_annotation(node):
            self.annotations[constant] = expression
            self.visit(expression)
        self.visit(node)

    def subscript(self, node: ast.Subscript) -> None:
        # `Alias = list["Model"]` outside of an annotation: a use, if the module has such a name.
        self.soft_uses[self.statement].update(identifiers_in(type_arguments(node)))
        self.visit_fields(node)

    def call(self, node: ast.Call) -> None:
        self.soft_uses[self.statement].update(identifiers_in(text_arguments(node)))
        self.visit_fields(node)


def _parts(target: ast.Tuple | ast.List, value: ast.expr | None) -> list[ast.expr | None]:
    """Return what each element of a target gets, as far as `a, b = c, d` says."""
    if not isinstance(value, ast.Tuple | ast.List) or len(value.elts) != len(target.elts):
        return [None] * len(target.elts)
    if any(isinstance(item, ast.Starred) for item in (*target.elts, *value.elts)):
        return [None] * len(target.elts)
    return list(value.elts)


def _handlers() -> dict[type[ast.AST], Callable[[_Binder, ast.AST], None]]:
    table: dict[type[ast.AST], object] = {
        ast.Name: _Binder.name,
        ast.Assign: _Binder.assign,
        ast.AugAssign: _Binder.augmented,
        ast.AnnAssign: _Binder.annotated,
        ast.NamedExpr: _Binder.walrus,
        ast.If: _Binder.if_,
        ast.Try: _Binder.try_,
        ast.TryStar: _Binder.try_,
        ast.While: _Binder.other_block,
        ast.With: _Binder.other_block,
        ast.AsyncWith: _Binder.other_block,
        ast.Match: _Binder.other_block,
        ast.For: _Binder.loop,
        ast.AsyncFor: _Binder.loop,
        ast.withitem: _Binder.with_item,
        ast.ExceptHandler: _Binder.handler,
        ast.MatchAs: _Binder.match_as,
        ast.MatchStar: _Binder.match_as,
        ast.MatchMapping: _Binder.match_mapping,
        ast.Global: _Binder.declare_global,
        ast.Nonlocal: _Binder.declare_nonlocal,
        ast.Import: _Binder.import_module,
        ast.ImportFrom: _Binder.import_from,
        ast.FunctionDef: _Binder.function,
        ast.AsyncFunctionDef: _Binder.function,
        ast.ClassDef: _Binder.class_definition,
        ast.Lambda: _Binder.lambda_,
        ast.Subscript: _Binder.subscript,
        ast.Call: _Binder.call,
    }
    table.update(dict.fromkeys(_COMPREHENSIONS, _Binder.comprehension))
    if hasattr(ast, "TypeAlias"):
        table[ast.TypeAlias] = _Binder.type_alias
    return table  # type: ignore[return-value]  # each handler takes the node type of its key


_HANDLERS = _handlers()
