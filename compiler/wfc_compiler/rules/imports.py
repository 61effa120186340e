"""First-party imports that can't be resolved: WFC015, and WFC511 for one that leads out of the source root.

    from app.stps import charge      there is no module `app.stps`; did you mean `app.steps`?

What lies outside the project is not looked at: it may be installed where the worker runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches

from ..binder import Module, fold_test
from ..diagnostics import Diagnostic
from ..project import absolute_module
from ..syntax import caught_names
from .base import Context, Rule
from .defined import defined_elsewhere
from .exported import has_value

_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


class UnresolvedImport(Rule):
    """A first-party import can't be resolved.

    Why: The module isn't there, or doesn't define the name, so every route that holds the import fails when it is
    loaded. An import that is guarded by `except ImportError`, or stands under `TYPE_CHECKING`, is left alone.

    Fix: Correct the name; the help line names a near one where there is one.
    """

    code = "WFC015"
    bad = (
        """
        # file: shop/app.py
        import wfc
        from shop.prices import rate
        wf = wfc.Workflows()
        # file: shop/price.py
        def rate(): ...
        """,
        """
        # file: shop/app.py
        import wfc
        from .price import rates
        wf = wfc.Workflows()
        # file: shop/price.py
        def rate(): ...
        """,
    )
    good = (
        """
        # file: shop/app.py
        import wfc
        from .price import rate
        try:
            from shop.fast import rate
        except ImportError:
            pass
        wf = wfc.Workflows()
        # file: shop/price.py
        def rate(): ...
        """,
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per imported name that isn't there."""
        for module in context.definition_modules():
            for node in _unguarded_imports(module.tree):
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        yield from self._check_module(context, module, alias, alias.name)
                    continue
                base = absolute_module(module.source, node)
                if base is None:
                    yield _leaves_root(module, node)
                elif node.level or context.program.names.is_first_party(base):
                    yield from self._check_from(context, module, node, base)

    def _check_module(
        self, context: Context, module: Module, node: ast.alias | ast.ImportFrom, dotted: str
    ) -> Iterator[Diagnostic]:
        names, project = context.program.names, context.program.project
        known = dotted in project.modules or dotted in project.packages or project.is_compiled(dotted)
        if known or not (names.is_first_party(dotted) or isinstance(node, ast.ImportFrom)):
            return
        close = get_close_matches(dotted, project.modules, 1)
        yield Diagnostic(
            self.code,
            f"there is no module `{dotted}`",
            module.source.span(node),
            label="can't be imported",
            help=f"did you mean `{close[0]}`?" if close else f"add the module `{dotted}`",
        )

    def _check_from(self, context: Context, module: Module, node: ast.ImportFrom, base: str) -> Iterator[Diagnostic]:
        names, project = context.program.names, context.program.project
        found = list(self._check_module(context, module, node, base))
        yield from found
        target = context.program.modules.get(base)
        if found or project.is_compiled(base) or (base in project.modules and target is None):
            return  # WFC014 says why the module couldn't be read
        for alias in node.names:
            submodule = f"{base}.{alias.name}"
            if alias.name == "*" or submodule in project.modules or submodule in project.packages:
                continue
            if project.is_compiled(submodule):
                continue
            if target is not None:
                defined = {name for name, bound in target.bindings.items() if has_value(bound)}
                starred = names.stars.brought(target)
                implicit = alias.name.startswith("__") and alias.name.endswith("__")
                if starred is None or alias.name in defined | starred or implicit or "__getattr__" in defined:
                    continue
                choices = sorted(defined | starred)
            else:
                prefix = base + "."
                choices = [name.removeprefix(prefix) for name in project.modules if name.startswith(prefix)]
            close = get_close_matches(alias.name, choices, 1)
            yield Diagnostic(
                self.code,
                f"`{base}` defines no `{alias.name}`",
                module.source.span(alias),
                label="can't be imported",
                help=f"did you mean `{close[0]}`?"
                if close
                else self._where(context, alias.name, module) or f"define it in `{base}`",
            )

    def _where(self, context: Context, name: str, module: Module) -> str:
        found = defined_elsewhere(context, name, module)
        return f"write `from {found[1].name} import {name}`" if found else ""


def _leaves_root(module: Module, node: ast.ImportFrom) -> Diagnostic:
    return Diagnostic(
        "WFC511",
        "relative import leaves the source root",
        module.source.span(node),
        label=f"`{module.name}` is not that deep in a package",
        help="write the absolute module name",
    )


def _unguarded_imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    waiting: list[ast.AST] = list(reversed(tree.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
            continue
        if isinstance(node, ast.Try | ast.TryStar):
            caught = {name for handler in node.handlers for name in caught_names(handler)}
            if caught & _IMPORT_ERRORS:
                continue  # the handlers are the other half of the fallback
        if isinstance(node, ast.If) and (runs := fold_test(node.test)) is not None:
            waiting.extend(reversed(node.body if runs else node.orelse))
            continue
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting.extend(reversed(getattr(node, name, None) or ()))
