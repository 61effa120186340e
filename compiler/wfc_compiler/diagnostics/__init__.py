"""Findings as values, the catalogue of their codes, and the ways to print them."""

from .as_json import render_json, to_json
from .catalogue import (
    CATALOGUE,
    OFF_BY_DEFAULT,
    CodeInfo,
    find_code,
    has_errors,
    severity_of,
    sort_diagnostics,
    unknown_code_help,
)
from .github import render_github
from .internal import describe_failure
from .sarif import Origin, RuleText, render_sarif
from .style import PLAIN, Style, style_for
from .summary import Summary, count, summary_to_json
from .text import render_concise, render_footer, render_full
from .values import Diagnostic, Edit, Fix, Hop, Note, Severity, Span

__all__ = [
    "CATALOGUE",
    "OFF_BY_DEFAULT",
    "PLAIN",
    "CodeInfo",
    "Diagnostic",
    "Edit",
    "Fix",
    "Hop",
    "Note",
    "Origin",
    "RuleText",
    "Severity",
    "Span",
    "Style",
    "Summary",
    "count",
    "describe_failure",
    "find_code",
    "has_errors",
    "render_concise",
    "render_footer",
    "render_full",
    "render_github",
    "render_json",
    "render_sarif",
    "severity_of",
    "sort_diagnostics",
    "style_for",
    "summary_to_json",
    "to_json",
    "unknown_code_help",
]
