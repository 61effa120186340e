"""Findings for programs: JSON to the key, GitHub annotations to the escape."""

from __future__ import annotations

import json
from dataclasses import replace

from wfc_compiler.diagnostics import (
    Diagnostic,
    Edit,
    Fix,
    Hop,
    Note,
    Severity,
    Span,
    Summary,
    render_github,
    render_json,
)

FINDING = Diagnostic(
    "WFC201",
    "workflow calls the network",
    Span("app/pricing.py", 14, 19, 14, 34),
    label="`httpx.AsyncClient.get` runs again on every replay",
    secondary=(Note(Span("app/pricing.py", 3, 1, 3, 5), "made here"),),
    help="make `rate` a step",
    workflow="workflow//app.flows.invoice//invoice",
    chain=(Hop(Span("app/flows/invoice.py", 9, 23, 9, 34), "invoice"),),
    fix=Fix("move it", (Edit(Span("app/pricing.py", 1, 1, 1, 1), "x\n"),)),
)


def test_json_has_every_key() -> None:
    """What CONTRACT.md fixes, and the label and other places besides."""
    value = json.loads(render_json([FINDING], Summary(2, 1, 0, 4)))
    assert value["version"] == 1
    assert value["summary"] == {
        "errors": 1,
        "warnings": 0,
        "files": 2,
        "workflows": 1,
        "steps": 0,
        "unresolvedCalls": 4,
    }
    assert value["diagnostics"] == [
        {
            "code": "WFC201",
            "name": "network",
            "severity": "error",
            "message": "workflow calls the network",
            "label": "`httpx.AsyncClient.get` runs again on every replay",
            "path": "app/pricing.py",
            "line": 14,
            "column": 19,
            "endLine": 14,
            "endColumn": 34,
            "help": "make `rate` a step",
            "workflow": "workflow//app.flows.invoice//invoice",
            "secondary": [
                {"path": "app/pricing.py", "line": 3, "column": 1, "endLine": 3, "endColumn": 5, "label": "made here"}
            ],
            "chain": [{"path": "app/flows/invoice.py", "line": 9, "column": 23, "name": "invoice"}],
            "fix": {
                "message": "move it",
                "edits": [
                    {"path": "app/pricing.py", "line": 1, "column": 1, "endLine": 1, "endColumn": 1, "text": "x\n"}
                ],
            },
            "url": "wfc explain WFC201",
        }
    ]


def test_json_says_null_and_nothing() -> None:
    """Keys are always there."""
    bare = Diagnostic("WFC014", "m", Span("x.py", 1, 1, 1, 1), help="h")
    (item,) = json.loads(render_json([bare], Summary()))["diagnostics"]
    assert (item["workflow"], item["fix"], item["chain"], item["secondary"], item["label"]) == (None, None, [], [], "")


def test_an_annotation() -> None:
    """To the letter: the help is part of the message, whose line breaks are escaped."""
    assert render_github([FINDING]) == (
        "::error title=wfc (WFC201),file=app/pricing.py,line=14,col=19,endLine=14,endColumn=34"
        "::app/pricing.py:14:19: WFC201 workflow calls the network"
        "%0A  `httpx.AsyncClient.get` runs again on every replay%0A  help: make `rate` a step\n"
    )


def test_what_a_command_would_misread_is_escaped() -> None:
    """Per cent signs and line breaks everywhere, colons and commas in properties."""
    finding = Diagnostic("WFC319", "50% of a\nb", Span("a,b:c%.py", 1, 1, 1, 2), help="x\r\ny")
    assert render_github([finding]) == (
        "::warning title=wfc (WFC319),file=a%2Cb%3Ac%25.py,line=1,col=1,endLine=1,endColumn=2"
        "::a,b:c%25.py:1:1: WFC319 50%25 of a<U+000A>b%0A  help: x%0D%0Ay\n"
    )


def test_columns_are_for_a_single_line() -> None:
    """The runner drops the place of an annotation that has columns on different lines, or ends before it begins."""
    over_lines = replace(FINDING, span=Span("x.py", 3, 9, 5, 2))
    assert "line=3,endLine=5::" in render_github([over_lines])
    backwards = replace(FINDING, span=Span("x.py", 3, 9, 3, 2))
    assert "col=9,endLine=3,endColumn=9::" in render_github([backwards])


def test_files_are_named_from_the_repository() -> None:
    """A project in a folder of its repository gets its annotations in the right file."""
    assert ",file=services/shop/app/pricing.py," in render_github([FINDING], "services/shop")


def test_errors_come_before_what_github_leaves_out() -> None:
    """GitHub shows ten annotations of each kind; the log says so."""
    remarks = [replace(FINDING, code="WFC319", span=Span("a.py", line, 1, line, 2)) for line in range(1, 12)]
    remark = replace(FINDING, severity=Severity.INFO)
    lines = render_github([remark, *remarks, FINDING]).splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["::error", *["::warning"] * 11, "::notice"]
    assert lines[-1] == "GitHub annotates the first 10 of 11 warnings of a step; this log has all"
    assert len(render_github(remarks[:10]).splitlines()) == 10
