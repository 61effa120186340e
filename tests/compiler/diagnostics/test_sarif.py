"""SARIF: what is written is valid by the published schema, and says of a finding what the other formats say.

The schema is in `sarif/`, with a word on where it comes from.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfc_compiler.diagnostics import (
    CATALOGUE,
    Diagnostic,
    Edit,
    Fix,
    Hop,
    Note,
    Origin,
    RuleText,
    Span,
    render_sarif,
)
from wfc_compiler.rules import RULES, explanation_of

jsonschema = pytest.importorskip("jsonschema", reason="install the extra `dev` again: jsonschema came later")
SCHEMA = json.loads((Path(__file__).parent / "sarif" / "schema-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
ORIGIN = Origin("0.1.0", Path("/projects/the shop"), "services/shop")
FLOW = "import httpx\n\nasync def order(url):\n    x = '\U0001f600'; return httpx.get(url)\n"
FINDING = Diagnostic(
    "WFC201",
    "workflow calls the network",
    Span("app/flow.py", 4, 22, 4, 36),
    label="`httpx.get` runs again on every replay",
    secondary=(Note(Span("app/flow.py", 1, 8, 1, 13), "imported here"),),
    help="make it a step",
    workflow="workflow//app.flow//order",
    chain=(Hop(Span("app/main.py", 9, 1, 9, 5), "order"), Hop(Span("app/flow.py", 3, 1, 3, 5), "rate")),
    fix=Fix("move it", (Edit(Span("app/flow.py", 4, 22, 4, 36), "step(\n)"),)),
)


def explain(code: str) -> RuleText:
    """Return what the command line says of a code."""
    said = explanation_of(code)
    return RuleText(said.why, said.plain(), said.markdown())


def log_of(findings: list[Diagnostic], source: str = FLOW, origin: Origin = ORIGIN) -> Any:
    """Return the log for findings, valid by the schema."""
    log = json.loads(render_sarif(findings, {"app/flow.py": source}, origin, explain))
    assert [error.message for error in VALIDATOR.iter_errors(log)] == []
    return log


def result_of(finding: Diagnostic, source: str = FLOW) -> Any:
    """Return the result for one finding."""
    return log_of([finding], source)["runs"][0]["results"][0]


def test_the_schema_notices_mistakes() -> None:
    """A wrong level, a key too many and a missing message are refused."""
    for key, value in (("level", "bad"), ("extra", 1), ("message", {})):
        log = log_of([FINDING])
        log["runs"][0]["results"][0][key] = value
        assert list(VALIDATOR.iter_errors(log))


def test_no_findings_are_a_log_too() -> None:
    """Code scanning closes its alerts by it."""
    (run,) = log_of([])["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])
    assert run["invocations"] == [{"executionSuccessful": True}]


@pytest.mark.parametrize("code", RULES)
def test_every_rule_is_described(code: str) -> None:
    """With what `wfc explain` says, as text and as Markdown."""
    (run,) = log_of([replace(FINDING, code=code)])["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    info = CATALOGUE[code]
    assert rule["id"] == code
    assert rule["name"].isalnum()
    assert rule["shortDescription"]["text"].lower() == f"{info.summary.lower()}."
    assert rule["defaultConfiguration"]["level"] == {"info": "note"}.get(info.severity.value, info.severity.value)
    assert rule["fullDescription"]["text"]
    assert "How to fix it: " in rule["help"]["text"]
    assert ("```python" in rule["help"]["markdown"]) is bool(RULES[code].bad)


def test_a_result_points_to_its_rule_and_its_place() -> None:
    """From the root of the repository, escaped as in a URI; columns in UTF-16 code units."""
    log = log_of([replace(FINDING, code="WFC102"), FINDING])
    (run,) = log["runs"]
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"] == "file:///projects/the%20shop/"
    assert run["columnKind"] == "utf16CodeUnits"
    assert [(item["ruleId"], item["ruleIndex"]) for item in run["results"]] == [("WFC102", 0), ("WFC201", 1)]
    (location,) = run["results"][1]["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "services/shop/app/flow.py", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 4, "startColumn": 23, "endLine": 4, "endColumn": 37},
    }
    assert run["results"][1]["message"]["text"] == (
        "workflow calls the network: `httpx.get` runs again on every replay\nmake it a step"
    )


def test_calls_are_a_code_flow_and_other_places_related() -> None:
    """The flow leads from the workflow down to the finding."""
    result = result_of(FINDING)
    (flow,) = result["codeFlows"]
    steps = [item["location"] for item in flow["threadFlows"][0]["locations"]]
    assert [item["message"]["text"] for item in steps] == [
        "called in `order`",
        "called in `rate`",
        "`httpx.get` runs again on every replay",
    ]
    assert [item["physicalLocation"]["region"]["startLine"] for item in steps] == [9, 3, 4]
    (related,) = result["relatedLocations"]
    assert (related["id"], related["message"]["text"]) == (1, "imported here")
    assert result["properties"] == {"workflow": "workflow//app.flow//order"}


def test_what_a_finding_lacks_is_left_out() -> None:
    """No empty flows, fixes or related places."""
    result = result_of(Diagnostic("WFC014", "m", Span("app/flow.py", 1, 1, 1, 1), help="h"))
    assert set(result) == {"ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"}


def test_a_fix_is_in_the_line_ends_of_its_file() -> None:
    """What is deleted, by place, and what is put there."""
    (fix,) = result_of(FINDING, FLOW.replace("\n", "\r\n"))["fixes"]
    assert fix["description"]["text"] == "Move it."
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "services/shop/app/flow.py"
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 4, "startColumn": 23, "endLine": 4, "endColumn": 37},
            "insertedContent": {"text": "step(\r\n)"},
        }
    ]


def fingerprints(findings: list[Diagnostic], source: str = FLOW) -> list[str]:
    """Return the fingerprints of findings."""
    return [item["partialFingerprints"]["wfcFinding/v1"] for item in log_of(findings, source)["runs"][0]["results"]]


def moved(finding: Diagnostic, lines: int, columns: int = 0) -> Diagnostic:
    """Return a finding further down and to the right."""
    span = finding.span
    there = Span(span.path, span.line + lines, span.column + columns, span.end_line + lines, span.end_column + columns)
    return replace(finding, span=there)


def test_fingerprints_outlive_moved_lines() -> None:
    """Lines put in above, other indentation and line ends change nothing; other code, workflows and codes do."""
    known = fingerprints([FINDING])
    assert fingerprints([moved(FINDING, 2)], f"# new\n\n{FLOW}") == known
    assert fingerprints([moved(FINDING, 0, 4)], FLOW.replace("    x", "        x")) == known
    assert fingerprints([FINDING], FLOW.replace("\n", "\r\n")) == known
    assert fingerprints([FINDING], FLOW.replace("httpx.get", "httpx.put")) != known
    assert fingerprints([replace(FINDING, workflow="workflow//app.flow//other")]) != known
    assert fingerprints([replace(FINDING, code="WFC202")]) != known


def test_equal_findings_are_told_apart_by_their_order() -> None:
    """Two calls of the same text in one function keep two alerts, whatever else is found between them."""
    source = FLOW + FLOW.splitlines(keepends=True)[-1]
    twice = fingerprints([FINDING, moved(FINDING, 1)], source)
    assert twice[0] == fingerprints([FINDING])[0]
    assert len(set(twice)) == 2
    other = replace(FINDING, code="WFC102")
    assert fingerprints([FINDING, other, moved(FINDING, 1)], source)[::2] == twice


def test_code_is_not_taken_for_a_link() -> None:
    """In a message `[0](url)` would be one."""
    assert result_of(replace(FINDING, message="`xs[0](url)` fails"))["message"]["text"].startswith("`xs\\[0\\](url)`")
    assert result_of(replace(FINDING, message="`xs[0]` fails"))["message"]["text"].startswith("`xs[0]`")


TEXT = st.text(st.characters(), max_size=30)
PLACE = st.builds(Span, st.binary(max_size=30).map(os.fsdecode), *[st.integers(1, 9)] * 4)


@given(
    st.lists(
        st.builds(
            Diagnostic,
            st.sampled_from(["WFC201", "WFC319", "WFC512"]),
            TEXT,
            PLACE,
            label=TEXT,
            secondary=st.lists(st.builds(Note, PLACE, TEXT), max_size=2).map(tuple),
            help=TEXT,
            chain=st.lists(st.builds(Hop, PLACE, TEXT), max_size=2).map(tuple),
            fix=st.none() | st.builds(Fix, TEXT.filter(bool), st.tuples(st.builds(Edit, PLACE, TEXT))),
        ),
        max_size=3,
    ),
    TEXT,
)
def test_whatever_is_found_the_log_is_valid(findings: list[Diagnostic], source: str) -> None:
    """Names with line breaks, controls and lone surrogates, places that end before they begin or lie nowhere."""
    text = render_sarif(findings, {item.span.path: source for item in findings}, ORIGIN, explain)
    assert [error.message for error in VALIDATOR.iter_errors(json.loads(text))] == []
