"""Nothing in the standard library is without a fact: a new Python shows what is new in it.

`standard.txt` says what each module's functions are taken to do, for a person to read; `--update-golden` adds the names
of the running Python to it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from wfc_compiler.facts import Facts

GOLDEN = Path(__file__).parent / "standard.txt"
SCRIPT = Path(__file__).parent / "standard_names.py"
FACTS = Facts.load({})


@pytest.fixture(scope="module")
def names() -> Mapping[str, Sequence[str]]:
    """Return the public callables of the running Python's library, by module."""
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT)], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    found: Mapping[str, Sequence[str]] = json.loads(done.stdout)
    assert len(found) > 300
    return found


def kind(dotted: str) -> str | None:
    return FACTS.kind(dotted, has_arguments=True)


def default(module: str) -> str | None:
    return kind(f"{module}.what_nobody_defines")


def read_golden() -> dict[str, dict[str, set[str]]]:
    """Return what the golden file says: by module, by kind, names; `*` stands for all others."""
    found: dict[str, dict[str, set[str]]] = {}
    for line in GOLDEN.read_text("utf-8").splitlines():
        said = re.match(r" *(\S+):", line)
        names = set(line[said.end() :].split() if said else line.split())
        if said and not line.startswith(" "):
            module = found[said[1]] = {name: {"*"} for name in names}
        elif said:
            of_kind = module[said[1]] = names
        else:
            of_kind |= names
    return found


def write_golden(golden: Mapping[str, Mapping[str, set[str]]]) -> None:
    parts = []
    for module, kinds in sorted(golden.items()):
        parts += [f"{module}: {said}" for said, names in kinds.items() if "*" in names]
        for said, names in sorted(kinds.items()):
            text = f"{said}: {' '.join(sorted(names))}"
            wrapped = textwrap.TextWrapper(118, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
            parts += wrapped.wrap(text) if "*" not in names else ()
    GOLDEN.write_text("\n".join(parts) + "\n", "utf-8")


def differing(module: str, names: Sequence[str]) -> dict[str, set[str]]:
    """Return a module's default, and the names that do something else, by what they do."""
    usual = default(module)
    found: dict[str, set[str]] = {str(usual): {"*"}}
    for name in names:
        said = kind(f"{module}.{name}")
        if said != usual:
            found.setdefault(str(said), set()).add(name)
    return found


def test_every_module_has_a_default(names: Mapping[str, Sequence[str]]) -> None:
    """A module that nobody has looked at shows up here."""
    assert [module for module in names if default(module) is None] == []


def test_what_the_standard_library_does_is_written_down(
    names: Mapping[str, Sequence[str]], request: pytest.FixtureRequest
) -> None:
    """Where a module does several things, each name of it that isn't like the others is listed."""
    golden = read_golden() if GOLDEN.exists() else {}
    found = {module: differing(module, own) for module, own in names.items()}
    if request.config.getoption("--update-golden"):
        for module, kinds in found.items():
            for said, members in kinds.items():
                golden.setdefault(module, {}).setdefault(said, set()).update(members)
        write_golden(golden)
    for module, kinds in found.items():
        for said, members in kinds.items():
            missing = members - golden.get(module, {}).get(said, set())
            assert not missing, f"{module}: {said} is new for {sorted(missing)}"


def test_what_is_written_down_is_what_the_facts_say() -> None:
    """No line outlives the fact that it is about."""
    for module, kinds in read_golden().items():
        for said, members in kinds.items():
            for name in members:
                assert (default(module) if name == "*" else kind(f"{module}.{name}")) == said, f"{module}.{name}"
