"""Names that a registry or the SDK doesn't have: WFC012.

In: every file that the entrypoints reach. Out: a finding per name, in decorators by discovery, elsewhere from here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches

from ..binder import Module
from ..binder.sdk import PUBLIC, REGISTRY_ATTRIBUTES, SUBMODULES
from ..diagnostics import Diagnostic
from ..discover.registrations import unknown_attribute
from .base import Context, Rule

_START = "from vercel import workflow\nwf = workflow.Workflows()\n\n"


class UnknownAttribute(Rule):
    """A registry, or the SDK, has no such name.

    Why: It would be an AttributeError at import or in the first run. Mostly it is a typo (`wf.stp`); names of the
    official SDK that wfc doesn't have yet are told apart.

    Fix: Write the name that the help line proposes; leave out for now what wfc doesn't have yet.
    """

    code = "WFC012"
    bad = (
        _START + "@wf.stp\ndef charge(): ...\n",
        _START + "@wf.step\ndef charge():\n    workflow.slep(3)\n",
        "from vercel.workflow import Workflows, slep\n" + _START,
        "from wfc import get_writeable\n" + _START,
    )
    good = (
        _START + "@wf.step\ndef charge():\n    return workflow.get_step_metadata().attempt\n",
        "import vercel.workflow as w\nfrom vercel.workflow import sleep\nwf = w.Workflows()\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per SDK name that isn't there, wherever it stands."""
        registries = {registry.dotted for registry in context.program.registries}
        names = context.program.names
        for module in context.definition_modules():
            decorators: set[ast.AST] = set()  # what is wrong with them is for discovery to say
            roots = _sdk_roots(context, module, registries)
            for node in module.bound.scope_by_node if roots else ():
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    for item in node.decorator_list:
                        decorators.add(item.func if isinstance(item, ast.Call) else item)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    if node.module and names.follow(node.module) == "wfc":
                        for alias in node.names:
                            yield from self._check_name(module, alias, alias.name)
                elif not isinstance(node, ast.Attribute) or node in decorators:
                    continue
                elif not isinstance(node.value, ast.Name) or node.value.id in roots:
                    yield from self._check_attribute(context, module, node, registries)

    def _check_attribute(
        self, context: Context, module: Module, node: ast.Attribute, registries: set[str]
    ) -> Iterator[Diagnostic]:
        base = context.program.names.canonical(module, node.value)
        if base == "wfc" and node.attr not in SUBMODULES:
            yield from self._check_name(module, node, node.attr)
        elif base is not None and base in registries and node.attr not in REGISTRY_ATTRIBUTES:
            yield unknown_attribute(module, node, base, node.attr)

    def _check_name(self, module: Module, node: ast.Attribute | ast.alias, name: str) -> Iterator[Diagnostic]:
        if name in PUBLIC or name in SUBMODULES or name.startswith("__") or name == "*":
            return
        span = module.source.span(node)
        close = get_close_matches(name, sorted(PUBLIC), 1)
        yield Diagnostic(
            self.code,
            f"the SDK has no `{name}`",
            span,
            label="unknown name",
            help=f"did you mean `{close[0]}`?" if close else "see the names that `wfc` offers",
        )


def _sdk_roots(context: Context, module: Module, registries: set[str]) -> frozenset[str]:
    """Return the names in a file, at any depth, that may stand for the SDK or a registry."""
    if not any(word in module.source.data for word in (b"wfc", b"vercel")) and not registries:
        return frozenset()
    names = context.program.names
    found = set()
    for scope in module.scope.walk():
        for name, bindings in scope.bindings.items():
            target = bindings[-1].target
            canonical = names.follow(target or f"{module.name}.{name}")
            if canonical == "wfc" or canonical.startswith("wfc.") or canonical in registries or canonical == "vercel":
                found.add(name)
    return frozenset(found)
