"""Every rule fires on its bad examples, at the right place, and keeps quiet on their good twins.

`findings/<code>.txt` holds what each rule's bad examples print; `--update-golden` rewrites it, for a person to read
the diff.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from wfc_compiler.checking import CheckResult
from wfc_compiler.diagnostics import CATALOGUE, Severity, render_full, severity_of
from wfc_compiler.pipeline import check_project, compile_project
from wfc_compiler.rules import RULES, split_example
from wfc_compiler.rules.explanation import lacking_parts

# What no source can show: an import that fails where the worker runs, a mistake of wfc's own.
NOT_FROM_SOURCE = {"WFC520", "WFC900"}
FINDINGS = Path(__file__).parent / "findings"
BAD = [
    pytest.param(code, example, id=f"{code}-{number}")
    for code, rule in RULES.items()
    for number, example in enumerate(rule.bad)
]
GOOD = [
    pytest.param(code, example, id=f"{code}-{number}")
    for code, rule in RULES.items()
    for number, example in enumerate(rule.good)
]


def check_example(example: str, root: Path) -> CheckResult:
    """Write an example out and check it as a project, with what was there before it built and gone."""
    files = split_example(example)
    earlier = {path.removeprefix("before/"): text for path, text in files.items() if path.startswith("before/")}
    if earlier:
        write_files(root, earlier)
        assert compile_project(root).build is not None
        for path in earlier:
            (root / path).unlink()
    write_files(root, {path: text for path, text in files.items() if not path.startswith("before/")})
    return check_project(root, covered=True)


def write_files(root: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")


def codes_of(code: str) -> frozenset[str]:
    """Return the codes that the findings of a rule have: its own, or those that it makes errors."""
    return RULES[code].raises or frozenset({code})


@pytest.mark.parametrize(("code", "example"), BAD)
def test_a_bad_example_gives_its_finding_and_no_other(code: str, example: str, tmp_path: Path) -> None:
    """One root cause is one finding, with the code that the rule stands for; remarks on slicing aside."""
    found = check_example(example, tmp_path).diagnostics
    told = [item for item in found if severity_of(item) is not Severity.INFO or item.code == code]
    assert {item.code for item in told} <= codes_of(code), [item.message for item in found]
    assert told
    if RULES[code].raises:
        assert {severity_of(item) for item in told} == {Severity.ERROR}


@pytest.mark.parametrize(("code", "example"), GOOD)
def test_a_good_twin_is_clean(code: str, example: str, tmp_path: Path) -> None:
    """Working code gets no finding of any rule; remarks of other rules aside."""
    found = check_example(example, tmp_path).diagnostics
    told = [item for item in found if severity_of(item) is not Severity.INFO or item.code == code]
    assert [(item.code, item.message) for item in told] == []


@pytest.mark.parametrize(("code", "example"), BAD)
def test_a_finding_helps(code: str, example: str, tmp_path: Path) -> None:
    """Errors and warnings say what to do, and point into a file that exists."""
    for item in check_example(example, tmp_path).diagnostics:
        assert item.help or severity_of(item) is Severity.INFO
        assert (tmp_path / item.span.path).exists()
        assert item.span.line >= 1
        assert item.span.column >= 1


@pytest.mark.parametrize("code", sorted(code for code, rule in RULES.items() if rule.bad))
def test_findings_read_well_and_point_at_the_place(code: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """What the bad examples print, span for span, is what a person has read."""
    parts = []
    for number, example in enumerate(RULES[code].bad):
        (tmp_path / str(number)).mkdir()
        result = check_example(example, tmp_path / str(number))
        shown_here = [item for item in result.diagnostics if item.code in codes_of(code)]
        parts.append(render_full(shown_here, result.sources))
    shown = "\n".join(parts)
    expected = FINDINGS / f"{code}.txt"
    if request.config.getoption("--update-golden"):
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8"), "read the diff of `make golden`"


def test_no_findings_without_a_rule() -> None:
    """An expectation whose rule or examples are gone is stale."""
    assert {path.stem for path in FINDINGS.iterdir()} == {code for code, rule in RULES.items() if rule.bad}


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_documented_and_shown(code: str) -> None:
    """`wfc explain` says what was found, why it breaks, the fix, and when to suppress it, with examples."""
    rule = RULES[code]
    assert lacking_parts(code) == [], "the form is in rules/explanation.py"
    assert bool(rule.bad) is bool(rule.good) is (code not in NOT_FROM_SOURCE)


def test_every_code_has_its_rule() -> None:
    """What wfc emits is explained, and what is explained can be emitted: its bad example fires."""
    assert set(RULES) == set(CATALOGUE)
