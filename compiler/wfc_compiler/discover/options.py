"""Read the arguments of `@wf.step(...)`, `@wf.workflow(...)` and `Workflows(...)` (WFC007).

In: a decorator, or the call that makes a registry. Out: `StepOptions`, and findings about arguments that
`folding` can't work out or that are out of range.

    @wf.step(max_retries=5, timeout="30s")      StepOptions(max_retries=5, timeout=30.0)
"""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from difflib import get_close_matches

from wfc.duration import DurationError, parse_duration
from wfc.manifest import RetryPolicy

from ..binder import Module, Names
from ..binder.sdk import RETRY_ARGUMENTS, STEP_ARGUMENTS
from ..diagnostics import Diagnostic, Note
from .folding import Folded, Value, constant_of, fold
from .values import FunctionNode, StepOptions

_MICROSECONDS = 1_000_000
_LONGEST_ALIAS = 10
_NAMESPACE = re.compile(r"[a-z][a-z0-9]*")
_DURATION_HELP = 'write a duration such as "30s" or "5 minutes", or seconds as a number'


class OptionReader:
    """Reads the options of one decorator; `diagnostics` collects what is wrong with them."""

    def __init__(self, names: Names, module: Module) -> None:
        self.names = names
        self.module = module
        self.diagnostics: list[Diagnostic] = []
        self.decorator: ast.expr | None = None

    def read_step(self, decorator: ast.expr, function: FunctionNode) -> StepOptions:
        """Return the folded options of a step; a wrong one keeps its default."""
        options = StepOptions()
        self.decorator = decorator
        if not isinstance(decorator, ast.Call):
            return options
        given = self._keywords(decorator, STEP_ARGUMENTS, "@wf.step")
        retries: int = options.max_retries
        if "max_retries" in given:
            retries = self._retries(given["max_retries"], retries)
        timeout = self._seconds(given["timeout"], "timeout") if "timeout" in given else None
        cancellable = "cancellable" in given and self._cancellable(given["cancellable"], function)
        retry = self._retry(given["retry"]) if "retry" in given else options.retry
        return StepOptions(retries, timeout, retry, cancellable)

    def read_workflow(self, decorator: ast.expr) -> None:
        """Report arguments: `@wf.workflow()` takes none."""
        self.decorator = decorator
        if isinstance(decorator, ast.Call):
            self._keywords(decorator, (), "@wf.workflow")

    def check_registry(self, call: ast.Call) -> None:
        """Report a namespace that no topic or queue could carry; one that isn't a literal is left to run time."""
        for keyword in call.keywords:
            folded = fold(self.names, self.module, keyword.value) if keyword.arg == "namespace" else None
            value = folded.value if folded is not None else None
            if value is None or (isinstance(value, str) and _NAMESPACE.fullmatch(value)):
                continue
            message = f"`namespace` must be lower case letters and digits, not {value!r}"
            self.report(keyword.value, message, "", 'write a name such as "billing", a letter first')

    def report(self, node: ast.expr, message: str, label: str, help_text: str) -> None:
        """Add a WFC007, at the decorator; `node` is the argument at fault."""
        source = self.module.source
        span, place = source.span(self.decorator or node), source.span(node)
        secondary = () if place.line == span.line else (Note(place, "this argument"),)
        shown = f"`{source.lines[place.line - 1][place.column - 1 : place.end_column - 1]}`"
        label = f"{shown} {label}" if label and place.line == place.end_line else label
        self.diagnostics.append(Diagnostic("WFC007", message, span, label=label, secondary=secondary, help=help_text))

    def _keywords(self, call: ast.Call, known: tuple[str, ...], what: str) -> dict[str, ast.expr]:
        listed = ", ".join(f"`{name}`" for name in known)
        allowed = f"{what} takes {listed}" if known else f"write `{what}` without arguments"
        for argument in call.args:
            self.report(argument, f"`{what}` takes no positional argument", "", allowed)
        found = {}
        for keyword in call.keywords:
            if keyword.arg is None:
                message = f"the arguments of `{what}` are not known at build time"
                self.report(keyword.value, message, "is unpacked at run time", "write them out")
            elif keyword.arg not in known:
                close = get_close_matches(keyword.arg, known, 1)
                hint = f"did you mean `{close[0]}`?" if close else allowed
                message = f"`{what}` has no argument `{keyword.arg}`"
                self.report(keyword.value, message, "is an unknown argument", hint)
            else:
                found[keyword.arg] = keyword.value
        return found

    def _fold(self, node: ast.expr, name: str) -> Folded | None:
        folded = fold(self.names, self.module, node)
        if folded is None:
            self.report(
                node,
                f"`{name}` is not a build-time literal",
                "depends on run time",
                "write a literal or a module constant: decorator arguments are read, never run",
            )
        return folded

    def _retries(self, node: ast.expr, default: int) -> int:
        folded = self._fold(node, "max_retries")
        if folded is None:
            return default
        value = folded.value
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.report(
                node,
                f"`max_retries` must be a whole number from 0, not {value!r}",
                "out of range" if type(value) is int else f"is a {type(value).__name__}",
                "write 0 for a single attempt, 3 for up to four",
            )
            return default
        return value

    def _seconds(self, node: ast.expr, name: str) -> float | None:
        folded = self._fold(node, name)
        if folded is None or folded.value is None:
            return None
        seconds, problem, help_text = duration_seconds(folded.value)
        if seconds is None or seconds <= 0:
            message = f"`{name}` is not a valid duration: {problem or 'it must be above zero'}"
            self.report(node, message, "", help_text or _DURATION_HELP)
            return None
        return seconds

    def _cancellable(self, node: ast.expr, function: FunctionNode) -> bool:
        folded = self._fold(node, "cancellable")
        if folded is None:
            return False
        if not isinstance(folded.value, bool):
            message = f"`cancellable` must be True or False, not {folded.value!r}"
            self.report(node, message, "", "write True or False")
        elif folded.value and isinstance(function, ast.FunctionDef):
            message = f"`{function.name}` is a `def` step, which can't be cancelled"
            self.report(node, message, "", f"its thread can't be stopped: write `async def {function.name}`")
        return folded.value is True

    def _retry(self, node: ast.expr, depth: int = 0) -> RetryPolicy:
        default = RetryPolicy()
        if isinstance(node, ast.Constant) and node.value is None:
            return default
        constant = constant_of(self.names, self.module, node) if isinstance(node, ast.Name | ast.Attribute) else None
        if constant is not None and depth < _LONGEST_ALIAS:
            there = OptionReader(self.names, constant[0])
            retry = there._retry(constant[1], depth + 1)
            self.diagnostics += there.diagnostics
            return retry
        if not isinstance(node, ast.Call) or self.names.canonical(self.module, node.func) != "wfc.Retry":
            help_text = 'write `retry=Retry(initial="1s", factor=2, max="60s", jitter=True)`, or a constant that is one'
            self.report(node, "`retry` is not a literal `Retry(...)`", "", help_text)
            return default
        given = self._keywords(node, RETRY_ARGUMENTS, "Retry")
        initial = self._seconds(given["initial"], "initial") if "initial" in given else None
        longest = self._seconds(given["max"], "max") if "max" in given else None
        factor = self._number(given["factor"]) if "factor" in given else None
        jitter = self._fold(given["jitter"], "jitter") if "jitter" in given else None
        if jitter is not None and not isinstance(jitter.value, bool):
            self.report(given["jitter"], "`jitter` must be True or False", "", "write True or False")
        return RetryPolicy(
            initial_seconds=initial or default.initial_seconds,
            factor=factor or default.factor,
            max_seconds=longest or default.max_seconds,
            jitter=default.jitter if jitter is None else bool(jitter.value),
        )

    def _number(self, node: ast.expr) -> float | None:
        folded = self._fold(node, "factor")
        if folded is None:
            return None
        value = folded.value
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
            self.report(node, f"`factor` must be a number from 1, not {value!r}", "", "write 2")
            return None
        return float(value)


def duration_seconds(value: Value) -> tuple[float | None, str, str]:
    """Return the seconds of a folded duration; for a bad one None, what is wrong, and the remedy."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | timedelta):
        return None, f"{value!r} is a {type(value).__name__}", _DURATION_HELP
    try:
        return parse_duration(value) / _MICROSECONDS, "", ""
    except DurationError as error:
        return None, error.reason, f'write "{error.suggestion}"' if error.suggestion else _DURATION_HELP
    except (ValueError, TypeError, OverflowError) as error:
        return None, str(error), _DURATION_HELP
