"""Findings as SARIF 2.1.0, the form that code scanning services and editors take.

    runs[0].tool.driver.rules     what `wfc explain` says of the codes that were found
    runs[0].results               a finding each: place, other places, fixes, the calls that lead to it as a code flow
    ...partialFingerprints        the same for the same finding after lines have moved

Files are named from the root of the repository, since that is where services look for them; `originalUriBaseIds` says
where it lies on this machine. Columns count UTF-16 code units, as most viewers do whatever `columnKind` says.
In: sorted findings, the text of the files, what there is to say about a code. Out: one JSON object.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .catalogue import CATALOGUE, severity_of
from .display import visible
from .frames import Texts
from .values import Diagnostic, Fix, Severity, Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "SRCROOT"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
# What code scanning sorts by; remarks are its recommendations.
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}

_Object = dict[str, Any]  # of JSON, whose shape the schema fixes


@dataclass(frozen=True)
class RuleText:
    """What there is to say about a code, as plain text and as Markdown; `why` is a paragraph."""

    why: str
    plain: str
    markdown: str


@dataclass(frozen=True)
class Origin:
    """What was checked, and by what: the version of wfc, the root of the repository, the path to the project in it."""

    version: str
    repository: Path
    prefix: str


def render_sarif(
    diagnostics: Iterable[Diagnostic],
    sources: Mapping[str, str],
    origin: Origin,
    explain: Callable[[str], RuleText],
) -> str:
    """Return one SARIF log with a line break at its end."""
    items = list(diagnostics)
    writer = _Writer(items, sources, origin)
    run = {
        "tool": {"driver": _driver(writer.codes, origin.version, explain)},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {
            _BASE: {
                "uri": f"{origin.repository.as_uri().rstrip('/')}/",
                "description": {"text": "The root of the repository that holds the project."},
            }
        },
        "invocations": [{"executionSuccessful": True}],
        "results": [writer.result(item) for item in items],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _driver(codes: Iterable[str], version: str, explain: Callable[[str], RuleText]) -> _Object:
    return {
        "name": "wfc",
        "fullName": "wfc, a compiler for durable Python workflows",
        "version": version,
        "semanticVersion": version,
        "rules": [_rule(code, explain(code)) for code in codes],
    }


def _rule(code: str, text: RuleText) -> _Object:
    info = CATALOGUE[code]
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in info.name.split("-")),
        "shortDescription": {"text": f"{info.summary[0].upper()}{info.summary[1:]}."},
        "fullDescription": {"text": text.why},
        "help": {"text": text.plain, "markdown": text.markdown},
        "defaultConfiguration": {"level": _LEVELS[info.severity]},
        "properties": {"precision": "high", "problem.severity": _PROBLEMS[info.severity], "tags": ["workflow"]},
    }


class _Writer:
    """Turns findings into results; remembers which fingerprints it has given."""

    def __init__(self, items: list[Diagnostic], sources: Mapping[str, str], origin: Origin) -> None:
        self._sources = sources
        self._texts = Texts(sources)
        self._prefix = origin.prefix
        self._seen: Counter[str] = Counter()
        self.codes = {code: index for index, code in enumerate(sorted({item.code for item in items}))}

    def result(self, item: Diagnostic) -> _Object:
        """Return a finding; what it has none of is left out."""
        found: _Object = {
            "ruleId": item.code,
            "ruleIndex": self.codes[item.code],
            "level": _LEVELS[severity_of(item)],
            "message": {"text": _plain(_words(item))},
            "locations": [{"physicalLocation": self._place(item.span)}],
            "partialFingerprints": {"wfcFinding/v1": self._fingerprint(item)},
        }
        if item.secondary:
            found["relatedLocations"] = [
                {"id": number, **self._location(note.span, note.label)} for number, note in enumerate(item.secondary, 1)
            ]
        if item.chain:
            found["codeFlows"] = [{"threadFlows": [{"locations": self._flow(item)}]}]
        if item.fix is not None:
            found["fixes"] = [self._fix(item.fix)]
        if item.workflow is not None:
            found["properties"] = {"workflow": item.workflow}
        return found

    def _flow(self, item: Diagnostic) -> list[_Object]:
        """Return the calls from the workflow's own body down to the finding."""
        locations = [self._location(hop.span, f"called in `{hop.name}`") for hop in item.chain]
        locations.append(self._location(item.span, item.label or item.message))
        return [{"location": location} for location in locations]

    def _location(self, span: Span, words: str) -> _Object:
        found: _Object = {"physicalLocation": self._place(span)}
        return found | ({"message": {"text": _plain(visible(words))}} if words else {})

    def _place(self, span: Span) -> _Object:
        return {"artifactLocation": self._artifact(span.path), "region": self._region(span)}

    def _artifact(self, path: str) -> _Object:
        """Return a file, by its reference relative to the root of the repository."""
        inside = f"{self._prefix}/{path}" if self._prefix else path
        return {"uri": quote(os.fsencode(inside)), "uriBaseId": _BASE}

    def _region(self, span: Span) -> _Object:
        start, end = (span.line, span.column), max((span.line, span.column), (span.end_line, span.end_column))
        return {
            "startLine": start[0],
            "startColumn": self._column(span.path, *start),
            "endLine": end[0],
            "endColumn": self._column(span.path, *end),
        }

    def _column(self, path: str, line: int, column: int) -> int:
        """Return a column in UTF-16 code units for one in code points."""
        lines = self._texts.lines(path)
        text = lines[line - 1] if 1 <= line <= len(lines) else ""
        return column + sum(1 for char in text[: column - 1] if char > "\uffff")

    def _fix(self, fix: Fix) -> _Object:
        changes: dict[str, list[_Object]] = {}
        for edit in fix.edits:
            newline = "\r\n" if "\r\n" in self._sources.get(edit.span.path, "") else "\n"
            changes.setdefault(edit.span.path, []).append(
                {
                    "deletedRegion": self._region(edit.span),
                    "insertedContent": {"text": edit.text.replace("\n", newline)},
                }
            )
        return {
            "description": {"text": f"{fix.message[0].upper()}{fix.message[1:]}."},
            "artifactChanges": [
                {"artifactLocation": self._artifact(path), "replacements": made} for path, made in changes.items()
            ],
        }

    def _fingerprint(self, item: Diagnostic) -> str:
        """Return a digest of what a finding is about: not of its line's number, nor of how the line is indented.

        Findings that don't differ in it are told apart by their order.
        """
        lines = self._texts.lines(item.span.path)
        last = min(max(item.span.end_line, item.span.line), len(lines))
        code = "\n".join(" ".join(line.split()) for line in lines[item.span.line - 1 : last])
        about = "\0".join([item.code, item.span.path, item.workflow or "", item.message, code])
        digest = hashlib.sha256(about.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._seen[digest] += 1
        return f"{digest}:{self._seen[digest]}"


def _words(item: Diagnostic) -> str:
    head = f"{item.message}: {item.label}" if item.label else item.message
    words = [visible(head), *(visible(line) for line in item.help.splitlines())]
    return "\n".join(words)


def _plain(text: str) -> str:
    """Return a message in which nothing is taken for a link: `xs[0](y)` has the form of one."""
    return text.replace("[", "\\[").replace("]", "\\]") if "](" in text else text
