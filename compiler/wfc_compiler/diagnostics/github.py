"""Findings as annotations of GitHub Actions: a workflow command each, which the runner puts beside the line.

    ::error title=wfc (WFC201),file=app/pricing.py,line=14,col=19,endLine=14,endColumn=34::app/pricing.py:14:19: ...

The runner takes columns only where a place begins and ends on one line, and shows at most ten annotations of each kind
per step; the log holds all. In: sorted findings, and the path from the repository to the project, which is put before
the names of files. Out: text for stdout.
"""

from __future__ import annotations

from collections.abc import Iterable

from .catalogue import severity_of
from .display import visible
from .summary import count
from .values import Diagnostic, Severity

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_SHOWN = 10


def render_github(diagnostics: Iterable[Diagnostic], prefix: str = "") -> str:
    """Return the annotations, a line each, errors first, and what GitHub will leave out of them."""
    items = list(diagnostics)
    # Of too many the first are shown, so that those that stop a build have to come first.
    ranked = sorted(items, key=lambda item: list(_COMMANDS).index(severity_of(item)))
    lines = [_command(item, prefix) for item in ranked]
    for severity in _COMMANDS:
        number = count(items, severity)
        if number > _SHOWN:
            lines.append(
                f"GitHub annotates the first {_SHOWN} of {number} {severity.value}s of a step; this log has all"
            )
    return "".join(f"{line}\n" for line in lines)


def _command(item: Diagnostic, prefix: str) -> str:
    span = item.span
    path = f"{prefix}/{span.path}" if prefix else span.path
    properties = {"title": f"wfc ({item.code})", "file": path, "line": span.line}
    if span.end_line == span.line:
        properties |= {"col": span.column, "endLine": span.line, "endColumn": max(span.end_column, span.column)}
    else:
        properties["endLine"] = span.end_line
    text = f"{visible(path)}:{span.line}:{span.column}: {item.code} {visible(item.message)}"
    if item.label:
        text += f"\n  {visible(item.label)}"
    if item.help:
        text += f"\n  help: {item.help}"
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[severity_of(item)]} {written}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
