"""Decorators of others above or below `@wf.step` and `@wf.workflow`: WFC006.

@timed                  a route finds what `timed` returns where it looks for the step
@wf.step
@timed                  fine, where `timed` keeps the function's name (`functools.wraps`)
def charge(): ...
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ...binder import Module
from ...diagnostics import Diagnostic, Note, Severity
from ...discover import StepDef, WorkflowDef
from ..base import Context, Rule
from .decorating import Made, is_standard, keeps_name, what_is_made

_START = "from vercel import workflow\nwf = workflow.Workflows()\n\n"
_WRAPS = "    @functools.wraps(f)\n"
_TIMED = (
    "import functools\n\ndef timed(f):\n" + _WRAPS + "    async def inner(*args):\n        return await f(*args)\n"
    "    return inner\n\n"
)
_PLAIN = _TIMED.replace(_WRAPS, "")


class StackedDecorator(Rule):
    """A decorator stands above or below `@wf.step` or `@wf.workflow` that may hide the function.

    Why: A route looks for the step or workflow under the function's name. What a decorator above returns stands there
    instead: without it being the step, none of its calls runs. A decorator below gives the step another
    function, and where that has lost name and signature (no `functools.wraps`), no route is found for it.

    Fix: Put `@wf.step` on top, and `@functools.wraps(function)` on the function that a decorator of your own returns.
    Where the decorator is from a library, let a function inside the step carry it.

    Suppress: Where you know that a library's decorator returns what it is given, or keeps name and signature;
    `"lib.traced" = "pure"` under `decls` in `[tool.wfc]` says so once for all.
    """

    code = "WFC006"
    bad = (
        _TIMED + _START + "@timed\n@wf.step\nasync def charge(): ...\n",
        _PLAIN + _START + "@wf.step\n@timed\nasync def charge(): ...\n",
        _TIMED + _START + "@timed\n@wf.workflow\nasync def order(): ...\n",
        _PLAIN + _START + "@timed\n@wf.workflow\nasync def order(): ...\n",
        _PLAIN + _START + "@wf.workflow\n@timed\nasync def order(): ...\n",
        "from functools import cache\n" + _START + "@cache\n@wf.step\ndef charge(): ...\n",
        "import tracelib\n" + _START + "@tracelib.traced\n@wf.step\ndef charge(): ...\n",
        "from tracelib import traced\n" + _START + "@wf.step\n@traced('charge')\ndef charge(): ...\n",
    )
    good = (
        _TIMED + _START + "@wf.step\n@timed\nasync def charge(): ...\n",
        _TIMED + _START + "@wf.workflow\n@timed\nasync def order(): ...\n",
        "def mark(f):\n    f.marked = True\n    return f\n\n" + _START + "@mark\n@wf.step\ndef charge(): ...\n",
        "from functools import wraps\n\ndef logged(level):\n    def enter(f):\n        @wraps(f)\n"
        "        def inner(*args):\n            return f(*args)\n        return inner\n    return enter\n\n"
        + _START
        + "@wf.step\n@logged('info')\ndef charge(): ...\n",
        "def optional(f=None, *, n=1):\n    def enter(f):\n        return f\n"
        "    return enter if f is None else enter(f)\n\n"
        + _START
        + "@wf.step\n@optional(n=2)\ndef charge(): ...\n\n@optional\n@wf.step\ndef refund(): ...\n",
        "import functools, tenacity\nfrom typing import final\n"
        + _START
        + "@final\n@wf.step\n@tenacity.retry(stop=tenacity.stop_after_attempt(2))\n@functools.cache\ndef f(): ...\n",
        "from contextlib import contextmanager\n\n@contextmanager\ndef traced():\n    yield\n\n"
        + _START
        + "@wf.step\n@traced()\ndef charge(): ...\n",
        "# file: pyproject.toml\n[tool.wfc]\ndecls = {'tracelib.traced' = 'pure'}\n# file: app.py\nimport tracelib\n"
        + _START
        + "@tracelib.traced\n@wf.step\ndef charge(): ...\n",
    )

    def check(self, context: Context) -> Iterator[Diagnostic]:
        """Yield a finding per decorator that hides a step or workflow, or may."""
        looked_into = {module.name for module in context.definition_modules()}
        definitions: list[StepDef | WorkflowDef] = [*context.program.steps, *context.program.workflows]
        for definition in definitions:
            decorators = definition.node.decorator_list
            if definition.module in looked_into and len(decorators) > 1:
                place = decorators.index(definition.decorator)
                for decorator in decorators[:place]:
                    yield from _above(_Stacked(context, definition, decorator))
                for decorator in decorators[place + 1 :]:
                    yield from _below(_Stacked(context, definition, decorator))


def _above(stacked: _Stacked) -> Iterator[Diagnostic]:
    shown, own, kind = stacked.shown, stacked.own, stacked.kind
    words = f"put `{own}` above `{shown}`"
    if stacked.made is Made.COVERED and kind == "workflow":
        label = f"runs begin at the workflow itself: `{shown}` takes no part in them"
        yield stacked.finding(f"`{shown}` stands above `{own}`", label, words)
    elif stacked.made in (Made.COVERED, Made.OTHER):
        label = f"the route finds what `{shown}` returns, which is no {kind}"
        words += ", and `@functools.wraps(...)` on the function that it returns" if stacked.made is Made.OTHER else ""
        yield stacked.finding(f"`{shown}` above `{own}` hides the {kind}", label, words, Severity.ERROR)
    elif stacked.is_unknown:
        label = f"the route finds what `{shown}` returns, which may be no {kind}"
        yield stacked.finding(f"unknown decorator `{shown}` above `{own}`", label, words)


def _below(stacked: _Stacked) -> Iterator[Diagnostic]:
    shown, own, kind = stacked.shown, stacked.own, stacked.kind
    if stacked.made is Made.OTHER:
        label = f"the {kind} gets the name and signature of what `{shown}` returns"
        words = f"put `@functools.wraps(...)` on the function that `{shown}` returns"
        # A workflow is found all the same; but `start` asks for it by that name, and binds arguments by that signature.
        severity = Severity.ERROR if kind == "step" else None
        yield stacked.finding(f"`{shown}` below `{own}` hides the function", label, words, severity)
    elif stacked.is_unknown and not keeps_name(stacked.name):
        label = f"the {kind} gets what `{shown}` returns, perhaps without name and signature"
        words = f"decorate a function that the {kind} calls, or accept it with `# wfc: ignore[WFC006] -- reason`"
        yield stacked.finding(f"unknown decorator `{shown}` below `{own}`", label, words)


@dataclass(frozen=True)
class _Stacked:
    """A decorator beside that of the registry."""

    context: Context
    definition: StepDef | WorkflowDef
    decorator: ast.expr

    @property
    def kind(self) -> str:
        return "step" if isinstance(self.definition, StepDef) else "workflow"

    @property
    def own(self) -> str:
        return _shown(self.definition.decorator)

    @property
    def shown(self) -> str:
        return _shown(self.decorator)

    @cached_property
    def made(self) -> Made | None:
        return what_is_made(self.context.program.names, self._module, self.decorator)

    @property
    def is_unknown(self) -> bool:
        """Say whether the decorator is a library's that nothing is known of; what can't be followed is let pass."""
        known = self.made is not None or self.context.program.names.is_first_party(self.name) or is_standard(self.name)
        if known or self.name.startswith("wfc."):
            return False
        return bool(self.name) and self.context.facts.kind(self.name, has_arguments=True) != "pure"

    @cached_property
    def name(self) -> str:
        """Return the decorator's canonical name, nothing where it has none."""
        called = self.decorator.func if isinstance(self.decorator, ast.Call) else self.decorator
        return self.context.program.names.canonical(self._module, called) or ""

    def finding(self, message: str, label: str, words: str, severity: Severity | None = None) -> Diagnostic:
        source = self._module.source
        return Diagnostic(
            StackedDecorator.code,
            message,
            source.name_span(self.definition.node),
            label=label,
            secondary=(Note(source.span(self.decorator), "because of this decorator"),),
            help=words,
            severity=severity,
        )

    @property
    def _module(self) -> Module:
        return self.context.program.modules[self.definition.module]


def _shown(decorator: ast.expr) -> str:
    return f"@{ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)}"
