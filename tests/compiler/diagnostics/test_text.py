"""Findings as text: one to the letter, and sources that are awkward to draw."""

from __future__ import annotations

import dataclasses
import io
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from wfc_compiler.diagnostics import (
    Diagnostic,
    Hop,
    Note,
    Span,
    Style,
    Summary,
    render_concise,
    render_footer,
    render_full,
    style_for,
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


def frame(source: str, span: Span, width: int = 140) -> list[str]:
    """Return the code line and the line of carets."""
    text = render_full([Diagnostic("WFC016", "m", span, help="h")], {span.path: source}, Style(width=width))
    lines = text.splitlines()
    caret = next(number for number, line in enumerate(lines) if "^" in line)
    return [line.partition("|")[2].removeprefix(" ") for line in lines[caret - 1 : caret + 1]]


def test_the_form_is_that_of_the_rules_page() -> None:
    """Headline, place, code, carets, chain, help, docs."""
    assert render_full([FINDING], {"app/pricing.py": PRICING, "app/flows/invoice.py": INVOICE}) == EXPECTED


def test_colour_changes_no_text() -> None:
    """Without its escape codes the coloured text is the plain one."""
    sources = {"app/pricing.py": PRICING, "app/flows/invoice.py": INVOICE}
    coloured = render_full([FINDING], sources, Style(colour=True))
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == EXPECTED


@pytest.mark.parametrize(
    ("source", "columns", "code", "carets"),
    [
        ("\tx = bad()", (6, 11), "    x = bad()", "        ^^^^^"),
        ("a\tbad()", (3, 8), "a   bad()", "    ^^^^^"),
        ("日本 = bad()", (6, 11), "日本 = bad()", "       ^^^^^"),
        ("e\u0301 = bad()", (6, 11), "e\u0301 = bad()", "    ^^^^^"),
        ("x = bad()\r\ny = 1\r\n", (5, 10), "x = bad()", "    ^^^^^"),
        ("x = '\x1b[31m' + bad()", (15, 20), "x = '<U+001B>[31m' + bad()", "                     ^^^^^"),
        ("\x0cx = bad()", (6, 11), "<U+000C>x = bad()", "            ^^^^^"),
        ("x = '\u202e' + bad()", (11, 16), "x = '<U+202E>' + bad()", "                 ^^^^^"),
        ("x = 'a\u200d\u0301b' + bad()", (14, 19), "x = 'a<U+200D>\u0301b' + bad()", "                   ^^^^^"),
        ("x = '\u2764\ufe0f' + bad()", (12, 17), "x = '\u2764' + bad()", "          ^^^^^"),
        ("\u05d0\u05d1 = bad()", (6, 11), "\u05d0\u05d1 = bad()", "     ^^^^^"),
        ("bad()", (6, 6), "bad()", "     ^"),
        ("bad()", (90, 95), "bad()", "     ^"),
        ("", (1, 1), "", "^"),
    ],
    ids=[
        "tab",
        "inner tab",
        "wide",
        "combining",
        "crlf",
        "control",
        "form feed",
        "turns around",
        "joiner",
        "picture",
        "right to left",
        "behind the end",
        "far behind the end",
        "empty file",
    ],
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


def drawn(source: str, finding: Diagnostic) -> str:
    """Return the frames of a finding: what stands between its headline and its help."""
    text = render_full([finding], {"x.py": source})
    return text.partition("\n")[2].partition("help: ")[0]


def at(line: int, column: int, end_line: int, end_column: int) -> Span:
    """Return a place in `x.py`."""
    return Span("x.py", line, column, end_line, end_column)


def test_places_near_each_other_share_a_frame() -> None:
    """Several on one line stand below each other, the main one first; those far away get frames of their own."""
    source = "a = 1\n\nb = charge(a, a)\nc = 2\n\nd = a\n" + "\n" * 20 + "e = a\n"
    notes = (
        Note(at(3, 15, 3, 16), "the second"),
        Note(at(6, 5, 6, 6), "used here"),
        Note(at(27, 5, 27, 6), "and here"),
        Note(at(3, 15, 3, 16), "the second"),
        Note(Span("y.py", 3, 1, 3, 2), "not to be read"),
    )
    finding = Diagnostic("WFC016", "m", at(3, 12, 3, 13), label="the first", secondary=notes, help="h")
    assert (
        drawn(source, finding)
        == """\
  --> x.py:3:12
   |
 3 | b = charge(a, a)
   |            ^ the first
   |               - the second
...
 6 | d = a
   |     - used here
  ::: x.py:27:5
   |
27 | e = a
   |     - and here
  ::: y.py:3:1
   = not to be read
"""
    )


def test_a_place_over_several_lines_has_a_margin() -> None:
    """It begins and ends under its first and last character; other places on its lines are told apart."""
    source = "async def f():\n    x = await charge(\n        order,\n\tprice,\n    )\n"
    finding = Diagnostic(
        "WFC016", "m", at(2, 15, 5, 6), label="label", secondary=(Note(at(3, 9, 3, 14), "this one"),), help="h"
    )
    assert (
        drawn(source, finding)
        == """\
 --> x.py:2:15
  |
1 |   async def f():
2 |       x = await charge(
  |  _______________^
3 | |         order,
  | |         ----- this one
4 | |     price,
5 | |     )
  | |_____^ label
"""
    )


def test_the_middle_of_a_tall_place_is_left_out() -> None:
    """A loop over a hundred lines takes no more room than one over six."""
    source = "while True:\n" + "    step()\n" * 100
    finding = Diagnostic("WFC016", "m", at(1, 1, 101, 11), label="for ever", help="h")
    assert (
        drawn(source, finding)
        == """\
   --> x.py:1:1
    |
  1 |   while True:
    |  _^
  2 | |     step()
  3 | |     step()
...
101 | |     step()
    | |__________^ for ever
"""
    )


@pytest.mark.parametrize(
    ("source", "span"),
    [("x = (\n", at(1, 5, 9, 1)), ("", at(1, 1, 4, 4)), ("x\n", at(2, 1, 2, 1)), ("x", at(7, 1, 7, 2))],
    ids=["ends behind the file", "empty file", "after the last line", "behind the file"],
)
def test_places_at_the_end_of_a_file_are_drawn(source: str, span: Span) -> None:
    """Whatever a parser says of where it stopped, there is a frame, or the place by itself."""
    text = drawn(source, Diagnostic("WFC014", "m", span, label="label", help="h"))
    assert text.startswith(f" --> x.py:{span.line}:{span.column}\n")
    assert text.count("label") == 1


def test_a_long_chain_is_collapsed() -> None:
    """The nearest calls and the workflow are shown, between them how many there are; up to four in full."""
    hops = tuple(Hop(Span(f"m{number}.py", 1, 1, 1, 2), f"f{number}") for number in range(9))
    for number in (4, 5, 9):
        finding = dataclasses.replace(FINDING, span=at(1, 1, 1, 2), chain=hops[:number], label="")
        lines = [line.strip() for line in drawn("x", finding).splitlines() if "f" in line or "more" in line]
        between = {4: [], 5: ["::: 1 more call between"], 9: ["::: 5 more calls between"]}[number]
        near = [f"= called in `f{index}`" for index in range(number - 1, number - 4, -1)]
        assert lines == [*near, *between, "= reached from workflow `f0`"]


def test_words_of_the_users_stay_on_their_line() -> None:
    """Line breaks and escape codes in names, messages and paths are named, not sent to the terminal."""
    finding = Diagnostic("WFC016", "no `a\nb`", Span("a\nb\udcff.py", 1, 1, 1, 2), label="\x1b[2J", help="one\ntwo\x07")
    assert (
        render_full([finding], {finding.span.path: "x"})
        == """\
error[WFC016]: no `a<U+000A>b`
 --> a<U+000A>b<U+DCFF>.py:1:1
  |
1 | x
  | ^ <U+001B>[2J
help: one
      two<U+0007>
docs: wfc explain WFC016
"""
    )
    assert render_concise([finding]) == "a<U+000A>b<U+DCFF>.py:1:1: error[WFC016] no `a<U+000A>b`\n"


def test_a_narrow_terminal_gets_shorter_lines() -> None:
    """Code is cut to its width, and a label that has no room behind the carets stands below them."""
    source = "x = [" + "1, " * 30 + "bad()]"
    span = at(1, source.index("bad") + 1, 1, source.index("bad") + 6)
    text = render_full(
        [Diagnostic("WFC016", "m", span, label="a label of its own", help="h")], {"x.py": source}, Style(width=50)
    )
    code, carets, label = text.splitlines()[3:6]
    assert max(map(len, (code, carets, label))) <= 50
    assert code[carets.index("^") : carets.rindex("^") + 1] == "bad()"
    assert label.endswith("a label of its own")


ALPHABET = (
    "abc =()\t\x0c\x1b\x7f\x85\xad\u0301\u0e31\u05d0\u0627\u200b\u200d\u202e\ufe0f\ufeff"
    "日한カ\uff21\U0001f600\U0001f468é…"
)
TAKES_NO_COLUMN = "\u0301\u0e31\ufe0f"


@given(st.text(ALPHABET, max_size=300), st.text("xyz日\t", min_size=1, max_size=5), st.text(ALPHABET, max_size=300))
def test_carets_stand_under_the_right_characters(before: str, word: str, after: str) -> None:
    """By the columns that another library counts, the carets cover the place and nothing else; long lines are cut."""
    source = f"{before}|{word}|{after}"
    start = len(before) + 2
    code, carets = frame(source, at(1, start, 1, start + len(word)))
    covered = characters_between(code, carets.index("^"), carets.rindex("^") + 1)
    assert covered.split() == word.split()
    assert covered.count(" ") <= 4 * word.count("\t")
    assert cell_len(code) <= 140
    left = characters_between(code, carets.index("^") - 1, carets.index("^"))
    assert left.strip(TAKES_NO_COLUMN) == "|"


def characters_between(row: str, start: int, end: int) -> str:
    """Return the characters of a row that a terminal shows in these columns."""
    column, found = 0, ""
    for char in row:
        if start <= column < end:
            found += char
        column += cell_len(char)
    return found


@given(
    st.lists(st.text(ALPHABET, max_size=40), max_size=12),
    st.lists(st.tuples(*[st.integers(1, 14), st.integers(1, 45)] * 2), min_size=1, max_size=5),
    st.integers(40, 140),
)
def test_any_places_in_any_text_can_be_drawn(lines: list[str], places: list[tuple[int, ...]], width: int) -> None:
    """Without colour the text is the same, each label is there once, and no control character of the file is sent."""
    main, *others = [at(*place) for place in places]
    notes = tuple(Note(span, f"note{number}!") for number, span in enumerate(others))
    finding = Diagnostic("WFC016", "m", main, label="main!", secondary=notes, help="h")
    sources = {"x.py": "\n".join(lines)}
    plain = render_full([finding], sources, Style(width=width))
    coloured = render_full([finding], sources, Style(colour=True, width=width))
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
    assert all(plain.count(label) == 1 for label in ("main!", *(note.label for note in notes)))
    assert not set(plain) & set("\t\x0c\x1b\x7f\x85\u202e\u200b\ufeff")


def test_many_findings_in_a_large_file_are_drawn_quickly() -> None:
    """A file is split into lines once, not once for each finding."""
    source = "x = 1\n" * 20_000
    findings = [Diagnostic("WFC016", "m", at(line, 1, line, 2), help="h") for line in range(1, 20_001)]
    began = time.process_time()
    assert render_full(findings, {"x.py": source}).count("\n") > 100_000
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("environ", "terminal", "colour"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": ""}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
)
def test_colour_is_for_terminals(environ: dict[str, str], terminal: bool, colour: bool) -> None:
    """`NO_COLOR` wins over `FORCE_COLOR`, both over what the stream is; an empty value is none."""
    stream = io.StringIO()
    stream.isatty = lambda: terminal  # type: ignore[method-assign]
    assert style_for(stream, environ).colour is colour


def test_concise_is_a_line_each() -> None:
    """Place, severity, code and headline."""
    assert render_concise([FINDING]) == "app/pricing.py:14:19: error[WFC201] workflow calls the network\n"


def test_the_footer_counts() -> None:
    """Singular and plural, warnings only where there are some."""
    assert render_footer([FINDING], Summary(1, 1, 2)) == "1 error in 1 file, 1 workflow, 2 steps\n"
    assert render_footer([], Summary(0, 0, 0)) == "0 errors in 0 files, 0 workflows, 0 steps\n"
