"""For every rule that says "this breaks at run time": it does, when the rule is off.

The bad examples of all rules are compiled with their own rule switched off, and played on the real engine: `order` from
its start to its end, and with a day's sleep and a step behind it; then the runs are brought back in another process,
from each moment at which they could have been put aside. The table says what breaks. What is no error for the rule
itself, since lowering makes it right, must not break; nor must any good example.
"""

from __future__ import annotations

import pytest

from tests.e2e.breaking.breakage import BENIGN, KINDS, missing_package
from tests.e2e.breaking.own import own_programs
from tests.e2e.breaking.programs import Program, bad_examples, good_examples
from tests.e2e.breaking.seeing import Seen
from tests.e2e.breaking.table import ABOUT, BREAKS, KNOWN, NOTHING_TO_SHOW
from wfc_compiler.diagnostics import CATALOGUE

BAD = [*bad_examples(CATALOGUE), *own_programs()]
GOOD = list(good_examples())


def entry(program: Program) -> tuple[str, ...] | None:
    """Return what a program is said to break: nothing where no table has it, None where there is nothing to show."""
    key = program.key_in((*BREAKS, *NOTHING_TO_SHOW))
    return None if key in NOTHING_TO_SHOW else BREAKS.get(key, ())


def absent_packages(seen: Seen) -> set[str]:
    """Return what an example imports and this environment lacks."""
    return {package for found in seen.broken if (package := missing_package(found))}


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_rule_is_shown_or_excused(code: str, seen: dict[str, Seen]) -> None:
    """Each code has a program that breaks as the table says, or a reason why there is none."""
    programs = [program for program in BAD if program.off == code]
    if code in NOTHING_TO_SHOW:
        assert code not in BREAKS
        return
    shown = [program.name for program in programs if entry(program) and not absent_packages(seen[program.name])]
    assert shown, f"{code} has no program that shows what breaks"


@pytest.mark.parametrize("program", [item for item in BAD if entry(item) is not None], ids=lambda item: item.name)
def test_what_a_rule_reports_breaks(program: Program, seen: dict[str, Seen]) -> None:
    """With the rule off, the program is built, and breaks as the table says; a remark breaks nothing."""
    found = seen[program.name]
    assert not found.refused
    if absent_packages(found):
        return
    if found.only_remarked and not found.broken:
        return
    assert entry(program), "neither in BREAKS nor in NOTHING_TO_SHOW"
    for expected in entry(program) or ():
        assert any(item.startswith(expected) for item in found.broken), (expected, found.broken)


@pytest.mark.parametrize("program", GOOD, ids=lambda item: item.name)
def test_a_good_example_is_good(program: Program, seen: dict[str, Seen]) -> None:
    """A good example is built, and nothing of it breaks, wherever its runs are brought back."""
    found = seen[program.name]
    assert not found.refused
    if not absent_packages(found):
        broken = [item for item in found.broken if not item.startswith(BENIGN)]
        assert (broken == []) is (not program.key_in(KNOWN)), broken


def test_absent_packages_are_third_parties(seen: dict[str, Seen]) -> None:
    """What keeps examples from being played is not installed here, and none of it is the examples' own."""
    absent = set().union(*(absent_packages(found) for found in seen.values()))
    own = {path.partition("/")[0].removesuffix(".py") for program in (*BAD, *GOOD) for path in program.files}
    assert absent.isdisjoint(own)
    assert len(absent) < 20, absent


def test_the_table_is_not_stale() -> None:
    """Each entry of the tables is about a program or a code that exists, and names a kind of breakage."""
    for key in (*ABOUT, *BREAKS, *NOTHING_TO_SHOW, *KNOWN):
        assert key in CATALOGUE or any(program.is_listed_as(key) for program in (*BAD, *GOOD)), key
    assert all(expected.startswith(KINDS) for entry in BREAKS.values() for expected in entry)
