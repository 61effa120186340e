"""`wfc explain`: every code in the same form, near names for unknown ones, and the list."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from wfc_compiler.cli import main
from wfc_compiler.diagnostics import CATALOGUE
from wfc_compiler.rules import RULES, explanation_of
from wfc_compiler.rules.explanation import lacking_parts, split_documentation


def wfc(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("code", RULES)
def test_every_code_is_explained(code: str) -> None:
    """What was found, why it breaks, the fix, when to suppress it, and examples where there are some."""
    done = wfc("explain", code.lower())
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{code} {CATALOGUE[code].name} ({CATALOGUE[code].severity.value})\n\n")
    assert [line for line in done.stdout.splitlines() if line in TITLES] == TITLES[: 5 if RULES[code].bad else 3]
    assert max(map(len, explanation_of(code).text().partition("\nWrong:")[0].splitlines())) <= 100


TITLES = ["Why:", "How to fix it:", "When to suppress it:", "Wrong:", "Right:"]


def test_the_form_of_an_explanation() -> None:
    """To the letter, for one."""
    assert (
        wfc("explain", "WFC205").stdout
        == """\
WFC205 blocking-sleep (error)

A workflow blocks in `time.sleep`.

Why:
  It holds up every other run on the worker, and is repeated on every replay.

How to fix it:
  `await workflow.sleep(...)` suspends the run and costs nothing while it waits.

When to suppress it:
  In a test of the worker itself, where blocking is the point.

Wrong:

    import time
    from vercel import workflow
    wf = workflow.Workflows()

    @wf.workflow
    async def order(url: str):
        time.sleep(5)

Right:

    from vercel import workflow
    wf = workflow.Workflows()

    @wf.workflow
    async def order(url: str):
        await workflow.sleep(5)
"""
    )


@pytest.mark.parametrize("said", ["WFC201", "wfc201", "201", "network", " Network "])
def test_a_code_has_several_names(said: str) -> None:
    """The code in any case, its number, and its name."""
    assert wfc("explain", said).stdout.startswith("WFC201 network")


@pytest.mark.parametrize(
    ("said", "near"),
    [
        ("WFC230", "`WFC203`"),
        ("WCF-201", "`WFC201`"),
        ("netwrok", "`WFC201`"),
        ("wall_clock", "`WFC101`"),
        ("WFC999", ""),
        ("zzz", ""),
        ("²", ""),
    ],
)
def test_an_unknown_code_gets_the_nearest(said: str, near: str) -> None:
    """Exit code 2, with a proposal where there is a near one."""
    done = wfc("explain", said)
    assert done.exit_code == 2
    assert "there is no code" in done.stderr
    assert near in done.stderr
    assert ("did you mean" in done.stderr) is bool(near)


def test_codes_as_data() -> None:
    """`--json` gives the parts by name; what can't be suppressed says so by null."""
    found = json.loads(wfc("explain", "WFC014", "--json").stdout)
    assert found["suppress"] is None
    assert found["what"] == "A file can't be read or parsed."
    assert found["why"] in found["explanation"]
    assert [set(example) for example in found["good"]] == [{"app.py"}]
    listed = json.loads(wfc("explain", "--json").stdout)["codes"]
    assert [item["code"] for item in listed] == list(CATALOGUE)
    assert wfc("explain").stdout.count("\n") == len(CATALOGUE)


def test_what_a_docstring_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that is missing, empty, or said of a code that can't be suppressed."""
    summary, parts = split_documentation("A thing.\n\nWhy: It\nbreaks.\n\nAgain.\n\nFix: Mend it.\n")
    assert (summary, dict(parts)) == ("A thing.", {"Why": "It breaks.\n\nAgain.", "Fix": "Mend it."})
    monkeypatch.setattr(type(RULES["WFC201"]), "__doc__", "A thing.\n\nMore of it.\n\nWhy: \n\nFix: Mend it.\n")
    monkeypatch.setattr(type(RULES["WFC014"]), "__doc__", "A thing.\n\nWhy: So.\n\nFix: Mend.\n\nSuppress: Never.\n")
    assert len(lacking_parts("WFC201")) == 3
    assert lacking_parts("WFC014") == ["a part `Suppress:`, which can't be"]
