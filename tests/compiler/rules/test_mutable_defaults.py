"""What `--fix` makes of a mutable default (WFC112), and which it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.conftest import write_project
from wfc_compiler.cli.fixing import make_fixes
from wfc_compiler.pipeline import check_project

START = "import typing\nimport wfc\nwf = wfc.Workflows()\n"
FLOW = "@wf.workflow\nasync def flow(x):\n    return add(x)\n"
FIXED = [
    pytest.param(
        "def add(x, found=[]):\n    found.append(x)\n",
        "def add(x, found=None):\n    if found is None:\n        found = []\n    found.append(x)\n",
        id="a list",
    ),
    pytest.param(
        'def add(x, *, by: dict[str, int] = {}):\n    """Add."""\n    # first\n    by[x] = 1\n',
        "def add(x, *, by: dict[str, int] | None = None):\n"
        '    """Add."""\n    # first\n    if by is None:\n        by = {}\n    by[x] = 1\n',
        id="behind a docstring, with an annotation",
    ),
    pytest.param(
        "def add(x, a=[], b=set()):\n\ta.append(x)\n\tb.add(x)\n",
        "def add(x, a=None, b=None):\n\tif b is None:\n\t\tb = set()\n\tif a is None:\n\t\ta = []\n"
        "\ta.append(x)\n\tb.add(x)\n",
        id="two, with tabs",
    ),
    pytest.param(
        "def add(\n    x,\n    found: typing.List[int] = [],\n):\n    found.append(x)\n",
        "def add(\n    x,\n    found: typing.List[int] | None = None,\n):\n    if found is None:\n        found = []\n"
        "    found.append(x)\n",
        id="over several lines",
    ),
]
LEFT_ALONE = [
    pytest.param("def add(x, found=[]): found.append(x)\n", id="a body on the line of the header"),
    pytest.param("def add(x, found=[1]):\n    found.append(x)\n", id="a default with something in it"),
    pytest.param("def add(x, found: 'list' = []):\n    found.append(x)\n", id="an annotation in quotes"),
    pytest.param("def add(x, found: 'Rows' = []):\n    found.append(x)\nRows = list\n", id="a type of another name"),
    pytest.param(
        "def add(x, found=[]):\n    if found is not None:\n        found.append(x)\n",
        id="where None has a meaning already",
    ),
]


def fixed(root: Path, text: str) -> str | None:
    write_project(root, f"# file: flows.py\n{START}{text}{FLOW}")
    result = check_project(root)
    assert {item.code for item in result.diagnostics} == {"WFC112"}
    made = make_fixes(root, result, lambda buffers: check_project(root, buffers))
    assert not made.undone
    return next((data.decode().removeprefix(START).removesuffix(FLOW) for data in made.contents.values()), None)


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_not_safe_is_left_to_a_person(tmp_path: Path, text: str) -> None:
    """There is a finding, and no edit."""
    assert fixed(tmp_path, text) is None


@pytest.mark.parametrize(("before", "after"), FIXED)
def test_the_value_is_made_in_the_body(tmp_path: Path, before: str, after: str) -> None:
    """The fix is what a person would write, and nothing is found afterwards."""
    text = fixed(tmp_path, before)
    assert text == after
    write_project(tmp_path, f"# file: flows.py\n{START}{text}{FLOW}")
    assert check_project(tmp_path).diagnostics == ()


@pytest.mark.parametrize("before", [case.values[0] for case in FIXED])
def test_calls_share_nothing_afterwards(tmp_path: Path, before: str) -> None:
    """Two calls of the function find what the first has left before the fix, and nothing after it."""
    text = fixed(tmp_path, before)
    assert text is not None
    spaces: list[dict[str, object]] = [{}, {}]
    for space, source in zip(spaces, (before, text), strict=True):
        exec(f"import typing\n{source}", space)
    assert [_shares(space["add"]) for space in spaces] == [True, False]


def _shares(add: object) -> bool:
    """Say whether a call changes what the next call would get by default."""
    assert callable(add)
    add(1)
    defaults = (*(getattr(add, "__defaults__", None) or ()), *(getattr(add, "__kwdefaults__", None) or {}).values())
    return any(defaults)
