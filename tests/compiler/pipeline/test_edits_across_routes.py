"""Edits in one route that change what is found about another: the findings are those of a build from scratch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.conftest import write_project
from tests.compiler.pipeline.test_incremental import Edit, assert_as_from_scratch, edit
from wfc_compiler.pipeline import compile_project

PROJECT = """\
# file: pyproject.toml
[tool.wfc]
# file: app/__init__.py
# file: app/state.py
STATE = {"n": 0}
LAST = {}
OWN = {}
# file: app/helpers.py
import os
from app.more import charge
def region():
    return os.environ.get("REGION")  # wfc: ignore[WFC105] -- the same everywhere
async def each(people):
    await charge(len(people))
def names(people):
    return sorted(people)
# file: app/more.py
from app.workflow import wf
@wf.step
async def charge(x) -> int:
    return 1
# file: app/login.py
from app.state import LAST, OWN, STATE
from app.workflow import wf
@wf.step
async def login(name: str):
    LAST["name"] = name
    OWN[name] = 1
    return name
@wf.step
async def fill(cart: list, name: str):
    return [*cart, name]
# file: app/fetch.py
from app.state import LAST, OWN, STATE
from app.workflow import wf
@wf.step
async def fetch(name: str):
    OWN[name] = 2
    return STATE["n"], OWN[name]
# file: app/first.py
from app.workflow import wf
from app.login import fill, login
from app.helpers import each, names
@wf.workflow
async def first(people: set[str]):
    cart = ["tea"]
    await login("x")
    await fill(cart, "milk")
    await each(people)
    for name in names(people):
        await fill(cart, name)
    return len(cart)
# file: app/second.py
from app.workflow import wf
from app.fetch import fetch
from app.more import charge
from app.helpers import each, region
@wf.workflow
async def second(people: list[str]):
    await each(people)
    await fetch("x")
    where = region()
    await charge(where)
    return 1
"""

# By what they are: the edit, and the codes of the findings after it.
EDITS: dict[str, tuple[Edit, set[str]]] = {
    "a step starts to write what another reads": (
        ("app/login.py", "    return name\n", '    STATE["n"] = 1\n    return name\n'),
        {"WFC504"},
    ),
    "a step starts to read what another writes": (
        ("app/fetch.py", '    return STATE["n"], OWN[name]\n', '    return LAST["name"], OWN[name]\n'),
        {"WFC504"},
    ),
    "a step reads another part of it": (
        ("app/fetch.py", '    return STATE["n"], OWN[name]\n', '    return LAST["other"], OWN[name]\n'),
        set(),
    ),
    "a step doesn't fill its own table any more": (
        ("app/fetch.py", "    OWN[name] = 2\n", ""),
        {"WFC504"},
    ),
    "a workflow starts to read what a step writes": (
        ("app/second.py", "    return 1\n", "    from app.state import LAST\n    return LAST\n"),
        {"WFC504"},
    ),
    "a step starts to change its argument": (
        ("app/login.py", "    return [*cart, name]\n", "    cart.append(name)\n    return cart\n"),
        {"WFC410"},
    ),
    "a step starts to change its argument for nobody": (
        ("app/login.py", "    return [*cart, name]\n", "    cart.append(name)\n"),
        {"WFC409", "WFC410"},
    ),
    "a helper starts to call a step for each": (
        (
            "app/helpers.py",
            "    await charge(len(people))\n",
            "    for one in people:\n        await charge(one)\n",
        ),
        {"WFC108"},
    ),
    "a helper sorts no more": (
        ("app/helpers.py", "    return sorted(people)\n", "    return list(people)\n"),
        {"WFC108"},
    ),
    "a workflow starts to pass a set": (
        ("app/second.py", "    await each(people)\n", "    await each(list(set(people)))\n"),
        set(),
    ),
    "a workflow starts to decide by what a helper reads": (
        ("app/second.py", "    await charge(where)\n", "    if where:\n        await charge(where)\n"),
        set(),
    ),
    "a suppression of a helper is gone": (
        ("app/helpers.py", "  # wfc: ignore[WFC105] -- the same everywhere", ""),
        {"WFC105"},
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_an_edit_shows_elsewhere_is_found(tmp_path: Path, name: str) -> None:
    """A finding that rests on several routes comes and goes with an edit in any of them, and so back."""
    root = tmp_path / "project"
    write_project(root, PROJECT)
    built = compile_project(root)
    assert built.build is not None
    assert _codes(built.diagnostics) == set()
    change, codes = EDITS[name]
    edit(root, change)
    made = compile_project(root)
    assert _codes(made.diagnostics) == codes
    assert_as_from_scratch(root, tmp_path / "cold", made)
    path, before, after = change
    if after:
        edit(root, (path, after, before))
        assert_as_from_scratch(root, tmp_path / "again", compile_project(root))


def _codes(diagnostics: object) -> set[str]:
    return {item.code for item in diagnostics if item.help}  # type: ignore[attr-defined]  # remarks have no help
