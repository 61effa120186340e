"""Names that nothing defines, in code that workflows and steps reach: WFC016.

draft = await generate_draft(...)      not imported; the fix adds the import where the project
                                       defines a step of that name
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches

from ..binder import BUILTINS, Module, Scope, fold_test, makes_names
from ..callgraph import Reached
from ..diagnostics import Diagnostic, Edit, Fix, Note, Span
from ..syntax import all_parameters, caught_names
from .base import Context, Rule
from .defined import defined_elsewhere
from .exported import missing_exports

_IMPLICIT = frozenset({"__class__", "__debug__", "__qualname__", "__module__"})
_PUBLIC_BUILTINS = sorted(name for name in BUILTINS if not name.startswith("_"))
_SWALLOWING = frozenset({"NameError", "Exception", "BaseException"})


class UndefinedName(Rule):
    """A name is not defined where a workflow or step uses it, or a star import asks for it.

    Why: Python would raise a NameError, in a workflow only when the run gets there, perhaps after days. The most
    common case is a step whose import is missing.

    Fix: Import or define the name. Where the project defines a step, workflow or hook of that name, the finding
    says which import to add, and `wfc check --fix` adds it.
    """

    code = "WFC016"
    bad = (
        """
        from vercel import workflow
        wf = workflow.Workflows()

        @wf.workflow
        async def order():
            return await chrage()

        @wf.step
        async def charge(): ...
        """,
        """
        # file: flows.py
        from wf import wf

        @wf.workflow
        async def order():
            return await charge()
        # file: steps.py
        from wf import wf

        @wf.step
        async def charge(): ...
        # file: wf.py
        import wfc

        wf = wfc.Workflows()
        """,
        """
        # file: prices.py
        __all__ = ["rate", "tax"]

        def rate(): ...
        # file: app.py
        from prices import *
        from vercel import workflow
        wf = workflow.Workflows()

        @wf.step
        async def charge():
            return rate()
        """,
    )
    good = (
        """
        from vercel import workflow
        wf = workflow.Workflows()

        @wf.workflow
        async def order(items: list[str]):
            total = [price for item in items if (price := len(item))]
            try:
                unicode
            except NameError:
                pass
            match items:
                case [first, *rest]:
                    return first, rest, total, __name__
        """,
        """
        # file: prices/__init__.py
        from .base import *
        __all__ = ["rate", "rounding", "base", "tax"]
        __all__.remove("tax")

        def rate(): ...
        # file: prices/base.py
        rounding = 2
        # file: unused.py
        __all__ = ["nothing"]
        # file: app.py
        import unused
        from prices import *
        try:
            from unused import *
        except AttributeError:
            pass
        from vercel import workflow
        wf = workflow.Workflows()

        @wf.step
        async def charge():
            return round(rate(), rounding)
        """,
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per undefined name and function."""
        seen: set[ast.AST] = set()
        open_modules: dict[str, bool] = {}
        for reached in (*context.graph.flow, *context.graph.step):
            function = reached.function
            module = function.module
            if module.name not in open_modules:
                open_modules[module.name] = context.program.names.stars.is_open(module) or makes_names(module)
            if function.node in seen or open_modules[module.name]:
                continue
            seen.add(function.node)
            for name, node in _undefined(context, reached):
                if _is_misspelt_import(context, function.module, name):
                    continue  # WFC015 names the import
                yield self._report(context, reached, name, node)
        yield from missing_exports(context)

    def _report(self, context: Context, reached: Reached, name: str, node: ast.Name) -> Diagnostic:
        module = reached.function.module
        found = defined_elsewhere(context, name, module)
        secondary: tuple[Note, ...] = ()
        fix = None
        if found is not None:
            what, where, definition = found
            import_line = f"from {where.name} import {name}"
            help_text = f"add `{import_line}` to {module.source.relpath}"
            fix = Fix("add the import", (Edit(_import_place(module), f"{import_line}\n"),))
            label = f"a {what} of that name is defined in `{where.name}`"
            span = where.source.name_span(definition)
            secondary = (Note(span, f"the {what} `{name}`, not imported above"),)
        else:
            label = "not defined, imported or built in"
            close = get_close_matches(name, _visible(module, node), 1)
            close = close or get_close_matches(name, _PUBLIC_BUILTINS, 1, cutoff=0.8)
            help_text = f"did you mean `{close[0]}`?" if close else f"define or import `{name}`"
        return Diagnostic(
            self.code,
            f"`{name}` is not defined",
            module.source.span(node),
            label=label,
            secondary=secondary,
            help=help_text,
            workflow=reached.root,
            chain=reached.chain,
            fix=fix,
        )


def _undefined(context: Context, reached: Reached) -> Iterator[tuple[str, ast.Name]]:
    """Yield the first use of each undefined name, in source order."""
    function = reached.function
    module = function.module
    strings = {node for parsed in module.bound.annotations.values() for node in ast.walk(parsed)}
    found: dict[str, ast.Name] = {}
    probed: set[str] = set()
    for scope, name, node in _uses(module, function.node):
        if name in found or node in strings or not isinstance(node.ctx, ast.Load):
            continue
        if name in BUILTINS or name in _IMPLICIT or scope.owner(name) is not None:
            continue
        if context.program.names.canonical(module, node) is not None:
            continue  # a star import supplies it
        if module.source.is_package and f"{module.name}.{name}" in context.program.modules:
            continue  # a submodule: whoever imports it binds it here
        if _is_guarded(reached, node):
            probed.add(name)
        else:
            found[name] = node
    for name in probed:
        found.pop(name, None)  # `try: unicode` has looked whether it is there
    yield from sorted(found.items(), key=lambda item: (item[1].lineno, item[1].col_offset))


def _is_misspelt_import(context: Context, module: Module, name: str) -> bool:
    """Say whether the name was meant by an import that can't be resolved."""
    names = context.program.names
    for bound, bindings in module.bindings.items():
        target = bindings[-1].target
        if target is None or not names.is_first_party(target) or not get_close_matches(name, [bound], 1):
            continue
        if names.definition(target) is None and names.module_of(target) is None:
            return True
    return False


def _uses(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[Scope, str, ast.Name]]:
    """Yield the names used in the scopes of a function, and in its signature."""
    around = module.scope_of(node)
    signature = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
    if not module.has_lazy_annotations:  # nobody evaluates them but the runtime, for steps and workflows: WFC418
        annotations = [argument.annotation for argument in all_parameters(node.args)] + [node.returns]
        signature += [annotation for annotation in annotations if annotation is not None]
    names = [item for part in signature for item in ast.walk(part) if isinstance(item, ast.Name)]
    for item in names:
        if module.scope_of(item) is around:
            yield around, module.name_of(item), item
    for scope in module.scope_inside(node).walk():
        for name, uses in scope.uses.items():
            for use in uses:
                if isinstance(use, ast.Name):
                    yield scope, name, use


def _is_guarded(reached: Reached, node: ast.AST) -> bool:
    """Say whether a NameError would be caught, or the branch never runs."""
    parents = reached.function.parents
    child: ast.AST = node
    while child in parents:
        parent = parents[child]
        if isinstance(parent, ast.Try) and child in parent.body:
            caught = {name for handler in parent.handlers for name in caught_names(handler)}
            if caught & _SWALLOWING:
                return True
        if isinstance(parent, ast.If) and child is not parent.test:
            runs = fold_test(parent.test)
            if runs is not None and runs != (child in parent.body):
                return True
        child = parent
    return False


def _import_place(module: Module) -> Span:
    """Return where an import can be added: behind the imports at the top, else the docstring."""
    line = 1
    for index, statement in enumerate(module.tree.body):
        docstring = index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not docstring and not isinstance(statement, ast.Import | ast.ImportFrom):
            break
        line = (statement.end_lineno or statement.lineno) + 1
    return Span(module.source.relpath, line, 1, line, 1)


def _visible(module: Module, node: ast.AST) -> list[str]:
    names: set[str] = set()
    scope: Scope | None = module.scope_of(node)
    while scope is not None:
        names.update(scope.bindings)
        scope = scope.parent
    return sorted(names)
