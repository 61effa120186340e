"""Findings as text: one to the letter, and sources that are awkward to draw."""

from __future__ import annotations

import json

import pytest

from wfc_compiler.diagnostics import (
    Diagnostic,
    Hop,
    Span,
    Style,
    Summary,
    render_concise,
    render_footer,
    render_full,
    render_github,
    render_json,
)

PRICING = "\n" * 11 + (
    "async def rate(currency: str) -> float:\n"
    "    async with httpx.AsyncClient() as client:\n"
    "        r = await client.get(URL)\n"
)
INVOICE = "\n" * 8 + '    price = n * await rate("EUR")\n'
FINDING = Diagnostic(
    "WFC201",
    "workflow calls the network",
    Span("app/pricing.py", 14, 19, 14, 34),
    label="`httpx.AsyncClient.get` runs again on every replay",
    help="make `rate` a step: put `@wf.step` above `async def rate`",
    workflow="workflow//app.flows.invoice//invoice",
    chain=(Hop(Span("app/flows/invoice.py", 9, 23, 9, 34), "invoice"),),
)
EXPECTED = """\
error[WFC201]: workflow calls the network
  --> app/pricing.py:14:19
   |
12 | async def rate(currency: str) -> float:
13 |     async with httpx.AsyncClient() as client:
14 |         r = await client.get(URL)
   |                   ^^^^^^^^^^^^^^^ `httpx.AsyncClient.get` runs again on every replay
  ::: app/flows/invoice.py:9:23
   |
 9 |     price = n * await rate("EUR")
   |                       ----------- reached from workflow `invoice`
help: make `rate` a step: put `@wf.step` above `async def rate`
docs: wfc explain WFC201
"""


def frame(source: str, span: Span) -> list[str]:
    """Return the code line and the line of carets."""
    text = render_full([Diagnostic("WFC016", "m", span, help="h")], {span.path: source})
    lines = text.splitlines()
    caret = next(number for number, line in enumerate(lines) if "^" in line)
    return [line.partition("| ")[2] for line in lines[caret - 1 : caret + 1]]


def test_the_form_is_that_of_the_rules_page() -> None:
    """Headline, place, code, carets, chain, help, docs."""
    assert render_full([FINDING], {"app/pricing.py": PRICING, "app/flows/invoice.py": INVOICE}) == EXPECTED


def test_colour_changes_no_text() -> None:
    """Without its escape codes the coloured text is the plain one."""
    sources = {"app/pricing.py": PRICING, "app/flows/invoice.py": INVOICE}
    coloured = render_full([FINDING], sources, Style(colour=True))
    assert "\x1b[1;31m" in coloured
    import re

    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == EXPECTED


@pytest.mark.parametrize(
    ("source", "columns", "code", "carets"),
    [
        ("\tx = bad()", (6, 11), "    x = bad()", "        ^^^^^"),
        ("a\tbad()", (3, 8), "a   bad()", "    ^^^^^"),
        ("日本 = bad()", (6, 11), "日本 = bad()", "       ^^^^^"),
        ("e\u0301 = bad()", (6, 11), "e\u0301 = bad()", "    ^^^^^"),
        ("x = bad()\r\ny = 1\r\n", (5, 10), "x = bad()", "    ^^^^^"),
        ("x = '\x1b[31m' + bad()", (15, 20), "x = '\ufffd[31m' + bad()", "              ^^^^^"),
    ],
    ids=["tab", "inner tab", "wide", "combining", "crlf", "control"],
)
def test_carets_stand_under_the_code(source: str, columns: tuple[int, int], code: str, carets: str) -> None:
    """Whatever the characters are, the carets are where the code is."""
    assert frame(source, Span("x.py", 1, columns[0], 1, columns[1])) == [code, carets]


def test_a_long_line_is_cut_around_the_span() -> None:
    """The code at fault is shown, not the thousand columns before it."""
    source = "x = [" + "1, " * 1000 + "bad(), " + "2, " * 1000 + "]"
    start = source.index("bad") + 1
    code, carets = frame(source, Span("x.py", 1, start, 1, start + 5))
    assert len(code) < 160
    assert code[carets.index("^") : carets.rindex("^") + 1] == "bad()"


def test_places_outside_the_source_are_still_named() -> None:
    """A missing file or line gives the place without a frame."""
    text = render_full([FINDING], {})
    assert "--> app/pricing.py:14:19" in text
    assert "runs again" in text


def test_the_other_formats() -> None:
    """One line each for people and GitHub, one object for programs."""
    assert render_concise([FINDING]) == "app/pricing.py:14:19: error[WFC201] workflow calls the network\n"
    assert render_github([FINDING]).startswith(
        "::error title=wfc (WFC201),file=app/pricing.py,line=14,col=19,endLine=14,endColumn=34::app/pricing.py:14:19"
    )
    value = json.loads(render_json([FINDING], Summary(2, 1, 0, 4)))
    assert value["summary"] == {
        "errors": 1, "warnings": 0, "files": 2, "workflows": 1, "steps": 0, "unresolvedCalls": 4,
    }  # fmt: skip
    (item,) = value["diagnostics"]
    assert item["name"] == "network"
    assert (item["line"], item["column"], item["endLine"], item["endColumn"]) == (14, 19, 14, 34)
    assert item["chain"] == [{"path": "app/flows/invoice.py", "line": 9, "column": 23, "name": "invoice"}]


def test_the_footer_counts() -> None:
    """Singular and plural, warnings only where there are some."""
    assert render_footer([FINDING], Summary(1, 1, 2)) == "1 error in 1 file, 1 workflow, 2 steps\n"
    assert render_footer([], Summary(0, 0, 0)) == "0 errors in 0 files, 0 workflows, 0 steps\n"
