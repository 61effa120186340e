"""Findings as JSON, the form that editors and other tools read: its keys only ever become more.

In: sorted findings. Out: one object, or the object of one finding (`"version": 1`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from .catalogue import CATALOGUE, severity_of
from .summary import Summary, summary_to_json
from .values import Diagnostic, Fix, Hop, Span


def render_json(diagnostics: Iterable[Diagnostic], summary: Summary) -> str:
    """Return one JSON object with a line break at its end."""
    items = list(diagnostics)
    value = {
        "version": 1,
        "diagnostics": [to_json(item) for item in items],
        "summary": summary_to_json(items, summary),
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def to_json(item: Diagnostic) -> dict[str, object]:
    """Return a finding; lines and columns count from 1, columns in code points, ends are exclusive."""
    return {
        "code": item.code,
        "name": CATALOGUE[item.code].name,
        "severity": severity_of(item).value,
        "message": item.message,
        "label": item.label,
        **_span_json(item.span),
        "help": item.help,
        "workflow": item.workflow,
        "secondary": [{**_span_json(note.span), "label": note.label} for note in item.secondary],
        "chain": [_hop_json(hop) for hop in item.chain],
        "fix": None if item.fix is None else _fix_json(item.fix),
        "url": f"wfc explain {item.code}",
    }


def _fix_json(fix: Fix) -> dict[str, object]:
    return {
        "message": fix.message,
        "edits": [{**_span_json(edit.span), "text": edit.text} for edit in fix.edits],
    }


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
