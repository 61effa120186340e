"""Findings to text: with code frames (`full`), a line each (`concise`), for GitHub, as JSON.

    error[WFC201]: workflow calls the network
      --> app/pricing.py:14:12
       |
    14 |         r = await client.get(URL)
       |             ^^^^^^^^^^^^^^^^^^^^^ runs again on every replay
    help: make `rate` a step
    docs: wfc explain WFC201

All take sorted findings and the text of the files by path; the JSON form is one that
editors and other tools read, so that its keys only ever become more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .catalogue import CATALOGUE, severity_of
from .frames import Frame, code_frame
from .style import PLAIN, Style
from .values import Diagnostic, Hop, Note, Severity, Span

Sources = Mapping[str, str]
_LONGEST_CHAIN = 4


@dataclass(frozen=True)
class Summary:
    """The counts under a report."""

    files: int = 0
    workflows: int = 0
    steps: int = 0
    unresolved_calls: int = 0


def render_full(diagnostics: Iterable[Diagnostic], sources: Sources, style: Style = PLAIN) -> str:
    """Return every finding with its code frames, separated by empty lines."""
    return "\n".join(_render_one(item, sources, style) for item in diagnostics)


def render_concise(diagnostics: Iterable[Diagnostic], style: Style = PLAIN) -> str:
    """Return one line per finding: `path:line:column: severity[code] message`."""
    lines = []
    for item in diagnostics:
        severity = severity_of(item)
        head = style.severity(f"{severity.value}[{item.code}]", severity)
        span = item.span
        lines.append(f"{span.path}:{span.line}:{span.column}: {head} {item.message}\n")
    return "".join(lines)


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Return GitHub Actions annotations, a line each."""
    commands = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
    lines = []
    for item in diagnostics:
        span = item.span
        place = (
            f"file={_property(span.path)},line={span.line},col={span.column},"
            f"endLine={span.end_line},endColumn={span.end_column}"
        )
        text = f"{span.path}:{span.line}:{span.column}: {item.code} {item.message}"
        if item.help:
            text += f"\n  help: {item.help}"
        command = commands[severity_of(item)]
        lines.append(f"::{command} title=wfc ({item.code}),{place}::{_data(text)}\n")
    return "".join(lines)


def render_json(diagnostics: Iterable[Diagnostic], summary: Summary) -> str:
    """Return one JSON object with a line break at its end."""
    items = list(diagnostics)
    value = {
        "version": 1,
        "diagnostics": [to_json(item) for item in items],
        "summary": summary_to_json(items, summary),
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def render_footer(diagnostics: Iterable[Diagnostic], summary: Summary, style: Style = PLAIN) -> str:
    """Return the line under a report: `2 errors, 1 warning in 12 files, 3 workflows, 9 steps`."""
    items = list(diagnostics)
    parts = [
        _plural(count(items, severity), word)
        for severity, word in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"))
        if severity is Severity.ERROR or count(items, severity)
    ]
    found = ", ".join(parts)
    fixable = sum(1 for item in items if item.fix is not None)
    if fixable:
        found += f" ({fixable} fixable with --fix)"
    seen = [
        _plural(summary.files, "file"),
        _plural(summary.workflows, "workflow"),
        _plural(summary.steps, "step"),
    ]
    worst = next((s for s in (Severity.ERROR, Severity.WARNING) if count(items, s)), None)
    return f"{style.severity(found, worst) if worst else found} in {', '.join(seen)}\n"


def count(diagnostics: Iterable[Diagnostic], severity: Severity) -> int:
    """Return how many findings are of a severity."""
    return sum(1 for item in diagnostics if severity_of(item) is severity)


def summary_to_json(diagnostics: Sequence[Diagnostic], summary: Summary) -> dict[str, int]:
    """Return how much was looked at and found, as `wfc check --json` and `wfc build --json` print it."""
    return {
        "errors": count(diagnostics, Severity.ERROR),
        "warnings": count(diagnostics, Severity.WARNING),
        "files": summary.files,
        "workflows": summary.workflows,
        "steps": summary.steps,
        "unresolvedCalls": summary.unresolved_calls,
    }


def to_json(item: Diagnostic) -> dict[str, object]:
    """Return a finding in the shape that editors and other tools read (`"version": 1`)."""
    span = item.span
    fix = item.fix
    return {
        "code": item.code,
        "name": CATALOGUE[item.code].name,
        "severity": severity_of(item).value,
        "message": item.message,
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
        "help": item.help,
        "workflow": item.workflow,
        "chain": [_hop_json(hop) for hop in item.chain],
        "fix": None
        if fix is None
        else {
            "message": fix.message,
            "edits": [{**_span_json(edit.span), "text": edit.text} for edit in fix.edits],
        },
        "url": f"wfc explain {item.code}",
    }


def _render_one(item: Diagnostic, sources: Sources, style: Style) -> str:
    severity = severity_of(item)
    head = style.severity(f"{severity.value}[{item.code}]", severity)
    notes = [*item.secondary, *_chain_notes(item)]
    spans = [item.span, *(note.span for note in notes)]
    gutter = max(len(str(span.end_line)) for span in spans)
    lines = [f"{head}{style.bold(': ' + item.message)}"]
    lines += code_frame(Frame(item.span, item.label, "-->", "^", severity), sources, gutter, style)
    for note in notes:
        lines += code_frame(Frame(note.span, note.label, ":::", "-", None), sources, gutter, style)
    if item.help:
        lines.append(f"{style.bold('help')}: {item.help}")
    lines.append(f"{style.dim('docs')}: wfc explain {item.code}")
    return "".join(line.rstrip() + "\n" for line in lines)


def _chain_notes(item: Diagnostic) -> list[Note]:
    """Return the calls that lead to the finding, the nearest first, the long middle left out."""
    hops = list(reversed(item.chain))
    if len(hops) > _LONGEST_CHAIN:
        hidden = len(hops) - _LONGEST_CHAIN + 1
        nearest = hops[: _LONGEST_CHAIN - 2]
        middle = hops[_LONGEST_CHAIN - 2]
        text = f"called in `{middle.name}` ({hidden - 1} more calls between)"
        notes = [Note(hop.span, f"called in `{hop.name}`") for hop in nearest]
        notes.append(Note(middle.span, text))
    else:
        notes = [Note(hop.span, f"called in `{hop.name}`") for hop in hops[:-1]]
    if hops:
        kind = (item.workflow or "workflow").partition("//")[0]
        notes.append(Note(hops[-1].span, f"reached from {kind} `{hops[-1].name}`"))
    return notes


def _span_json(span: Span) -> dict[str, object]:
    return {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _hop_json(hop: Hop) -> dict[str, object]:
    return {"path": hop.span.path, "line": hop.span.line, "column": hop.span.column, "name": hop.name}


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
