"""Packages that FLOW calls and of which nothing is known: WFC210.

In: the calls of workflow code, and the facts. Out: one remark for each package and function, at the first call.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..callgraph import Call, Reached
from ..diagnostics import Diagnostic
from .base import Context, Rule
from .scaffold import flow_with, step_with

_OWN = frozenset({"wfc", "vercel_workflow"})
_HARMLESS = ("Error", "Exception", "Warning")


class UnknownLibrary(Rule):
    """A workflow calls a package of which wfc has no facts.

    Why: Nobody has said whether its functions give the same on every replay. What calls the network or reads a clock
    would go unnoticed.

    Fix: Say what it does in `[tool.wfc.decls]`: `"acme.*" = "pure"`, or `"acme.Client.*" = "impure:network"`, which
    WFC201 then reports. What isn't pure belongs in a step.

    Suppress: A declaration is better, since it counts everywhere.
    """

    code = "WFC210"
    bad = (
        flow_with("import acme", "return acme.price(url)"),
        flow_with("from acme.pricing import Book", "return Book(url).total() + Book(url).tax()"),
        "# file: pyproject.toml\n[tool.wfc.decls]\n'acme.price' = 'pure'\n# file: app.py\n"
        + flow_with("import acme", "return acme.tax(acme.price(url))"),
    )
    good = (
        step_with("import acme", "return acme.price(url)"),
        "# file: pyproject.toml\n[tool.wfc.decls]\n'acme.*' = 'pure'\n# file: app.py\n"
        + flow_with("import acme", "return acme.price(url)"),
        flow_with(
            "import acme", "try:\n        return 1\n    except acme.Missing:\n        raise acme.NoPriceError(url)"
        ),
        flow_with("import acme", "return acme.LIMIT if isinstance(url, acme.Url) else 0"),
        flow_with("import json, httpx", "return json.dumps(str(httpx.URL(url)))"),
        flow_with("import acme", "async def inner(book: acme.Book): ..."),
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a remark for each package that a function calls without facts."""
        for reached in context.graph.flow:
            calls: dict[str, list[Call]] = {}
            for call in reached.calls:
                if call.callee is not None and self._is_unknown(context, call):
                    calls.setdefault(call.callee.partition(".")[0], []).append(call)
            for package, found in calls.items():
                yield self._report(reached, package, found)

    def _is_unknown(self, context: Context, call: Call) -> bool:
        callee = call.callee or ""
        if context.program.names.is_first_party(callee) or callee.partition(".")[0] in _OWN:
            return False
        return not callee.endswith(_HARMLESS) and context.kind(call) is None

    def _report(self, reached: Reached, package: str, calls: list[Call]) -> Diagnostic:
        name = reached.function.node.name
        others = f"; {len(calls)} calls of `{package}` in `{name}`" if len(calls) > 1 else ""
        return Diagnostic(
            self.code,
            f"workflow calls `{package}`, of which nothing is known",
            reached.function.module.source.span(calls[0].node),
            label=f"`{calls[0].callee}` may give something else on every replay{others}",
            help=f'say what it does, as in `"{package}.*" = "pure"` under `[tool.wfc.decls]`, or move it to a step',
            workflow=reached.root,
            chain=reached.chain,
        )
