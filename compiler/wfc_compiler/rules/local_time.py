"""Where FLOW asks for the host's time zone or for words in the host's language.

    datetime.fromtimestamp(x)           local time, which lowering makes UTC
    datetime.now().timestamp()          takes a time without a zone for one in the host's
    f"{due:%A}"                         the locale's name of the day

In: the rules' context. Out: a `LocalTime` per place, which WFC107 reports.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..binder import Module
from ..callgraph import Call, Reached
from ..discover import fold
from .arguments import argument_of, is_given
from .base import Context
from .sources import Source, import_time_sources, sources

_ZONE = "timezone"
_LOCALE = "locale"
_DIRECTIVE = re.compile(r"%(?:%|[-_0^#]?([A-Za-z]))")
_OFFSET = re.compile(r"\d[T ]\d.*(?:Z|[+-]\d\d(?::?\d\d)*)$")
_OF_THE_LOCALE = frozenset("aAbBhcpPrxX")
_DATETIME = "datetime.datetime"
# Made without a zone unless the argument in this place, or of this name, says one.
_MAKERS = {
    _DATETIME: (7, "tzinfo"),
    f"{_DATETIME}.now": (0, "tz"),
    f"{_DATETIME}.fromtimestamp": (1, "tz"),
    f"{_DATETIME}.replace": (7, "tzinfo"),
}
_NEVER_WITH_ZONE = frozenset(f"{_DATETIME}.{name}" for name in ("utcnow", "today", "utcfromtimestamp"))
_REMEDIES = {
    "time.localtime": "`time.gmtime(...)` says that it is UTC",
    "time.ctime": "`time.asctime(time.gmtime(...))` says that it is UTC",
    "time.mktime": "`calendar.timegm(...)` takes UTC",
    "datetime.date.fromtimestamp": "name the zone: `datetime.fromtimestamp(..., UTC).date()`",
    f"{_DATETIME}.fromtimestamp": "name the zone: `datetime.fromtimestamp(..., UTC)`",
    f"{_DATETIME}.astimezone": "name the zone: `.astimezone(UTC)`, or `.astimezone(ZoneInfo(...))`",
}
_STEP = "do it in a step, whose result is recorded"


@dataclass(frozen=True)
class LocalTime:
    """A place that depends on the host's zone or locale (`what`), with the words of its finding.

    What is `rewritten` goes by UTC on every host.
    """

    source: Source
    what: str
    label: str
    remedy: str
    rewritten: bool = False


def local_times(context: Context) -> Iterator[LocalTime]:
    """Yield what FLOW asks the host for: by name first, then by what is known of a receiver or a format."""
    for source in (*sources(context, "timezone"), *import_time_sources(context, {"timezone"})):
        yield _by_name(source)
    for source in sources(context, "rewritten_timezone"):
        label = f"`{source.name}` gives UTC in a workflow, the host's time elsewhere"
        yield LocalTime(source, _ZONE, label, _REMEDIES[source.name], rewritten=True)
    for reached in context.graph.flow:
        for call in reached.calls:
            yield from _of_call(context, reached, call)
        for node in reached.function.of_type(ast.FormattedValue):
            yield from _of_format(context, Source(reached, reached.function.module, node.value, ""), node.format_spec)


def _by_name(source: Source) -> LocalTime:
    name = source.name
    if name.startswith("locale."):
        return LocalTime(source, _LOCALE, f"`{name}` goes by the locale of the process", _STEP)
    return LocalTime(source, _ZONE, f"`{name}` goes by the host's timezone", _REMEDIES.get(name, _STEP))


def _of_call(context: Context, reached: Reached, call: Call) -> Iterator[LocalTime]:
    """Yield what a call asks for that no fact about its callee tells."""
    module, node, func = reached.function.module, call.node, call.node.func
    attribute = func.attr if isinstance(func, ast.Attribute) else ""
    source = Source(reached, module, node, call.callee or attribute)
    if call.callee == "zoneinfo.ZoneInfo":
        key = argument_of(node, 0, "key")
        folded = fold(context.program.names, module, key) if key is not None else None
        if folded is not None and folded.value == "localtime":
            yield LocalTime(source, _ZONE, "is the host's timezone", "name the zone, such as `ZoneInfo('UTC')`")
    elif attribute == "strftime" and _is_of_library(context, call):
        yield from _of_format(context, source, argument_of(node, 0, "format"))
    elif call.callee == "builtins.format":
        yield from _of_format(context, source, argument_of(node, 1, ""))
    elif attribute in ("astimezone", "timestamp") and isinstance(func, ast.Attribute):
        given = is_given(node, 0, "tz")
        if attribute == "astimezone" and not given:
            if call.callee is None:  # only datetimes have it; of those that are known as such there is a fact
                yield _by_name(Source(reached, module, node, f"{_DATETIME}.astimezone"))
        elif _is_naive(context, module, func.value):
            label = f"`{attribute}` takes a time without a zone for one in the host's"
            yield LocalTime(source, _ZONE, label, "give it a zone where it is made, as in `datetime.now(UTC)`")


def _is_of_library(context: Context, call: Call) -> bool:
    return call.callee is None or not context.program.names.is_first_party(call.callee)


def _of_format(context: Context, source: Source, form: ast.expr | None) -> Iterator[LocalTime]:
    """Yield a format whose directives stand for words and forms of the locale."""
    folded = fold(context.program.names, source.module, form) if form is not None else None
    if folded is None or not isinstance(folded.value, str):
        return
    found = [match[0] for match in _DIRECTIVE.finditer(folded.value) if match[1] and match[1] in _OF_THE_LOCALE]
    if found:
        label = f"`{found[0]}` goes by the locale of the process"
        remedy = "use directives that are the same everywhere (`%Y-%m-%d %H:%M`), or format in a step"
        yield LocalTime(source, _LOCALE, label, remedy)


# --- datetimes without a zone


def _is_naive(context: Context, module: Module, node: ast.expr, depth: int = 0) -> bool:
    """Say whether an expression surely gives a datetime without a zone."""
    if depth > 12:
        return False
    match node:
        case ast.Call():
            return _makes_naive(context, module, node, depth + 1)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            added = isinstance(node.op, ast.Add) and _is_naive(context, module, right, depth + 1)
            return added or _is_naive(context, module, left, depth + 1)
        case ast.Name():
            scope = module.scope_of(node).owner(module.name_of(node))
            bindings = scope.bindings[module.name_of(node)] if scope is not None else []
            value = bindings[0].value if len(bindings) == 1 else None
            return value is not None and _is_naive(context, module, value, depth + 1)
    return False


def _makes_naive(context: Context, module: Module, call: ast.Call, depth: int) -> bool:
    name = context.receivers.resolve(module, call.func)
    if name in _NEVER_WITH_ZONE:
        return True
    if name == f"{_DATETIME}.strptime":
        form = argument_of(call, 1, "")
        folded = fold(context.program.names, module, form) if form is not None else None
        return folded is not None and "z" not in [match[1] for match in _DIRECTIVE.finditer(str(folded.value))]
    if name == f"{_DATETIME}.fromisoformat":
        text = fold(context.program.names, module, call.args[0]) if call.args else None
        return text is not None and _OFFSET.search(str(text.value)) is None
    if name in _MAKERS and not is_given(call, *_MAKERS[name]):
        made_of = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        return name != f"{_DATETIME}.replace" or _is_naive(context, module, made_of, depth)
    return False
