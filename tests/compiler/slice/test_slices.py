"""What a route holds: the names that a step reaches, what changes them, and nothing else.

Each file of `cases/` is a project with a step `work`: what the step has to return, what must not be in
its route (`# without: file: text`), and from which Python on it is one (`# python: 3.12`).
"""

from __future__ import annotations

import ast
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..conftest import Compile

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_a_sliced_step_computes_what_it_did(compile_text: Compile, case: Path) -> None:
    """The step gives the original's result in its own tree, without what it doesn't reach."""
    text = case.read_text(encoding="utf-8")
    needed = next((line for line in text.splitlines() if line.startswith("# python: ")), "# python: 3.11")
    if sys.version_info < tuple(int(part) for part in needed.removeprefix("# python: ").split(".")):
        pytest.skip(f"this is no {needed.removeprefix('# python: ')}")
    expected = ast.literal_eval(text.splitlines()[0].removeprefix("# returns: "))
    compiled = compile_text(text.partition("\n")[2])
    assert compiled.call("work") == expected
    for line in text.splitlines():
        if line.startswith("# without: "):
            path, absent = line.removeprefix("# without: ").split(": ", 1)
            assert absent not in compiled.text("work", path)


def test_a_neighbours_dependencies_stay_out(compile_text: Compile) -> None:
    """A step's route holds nothing of its neighbour's dependencies, not even modules of the project."""
    compiled = compile_text(
        """\
        # file: app/heavy.py
        import no_such_heavy
        def go(): return no_such_heavy.go()
        # file: app/steps.py
        from app.workflow import wf
        from app.heavy import go
        @wf.step
        def light(): return 1
        @wf.step
        def heavy(): return go()
        """
    )
    assert "app/heavy.py" not in compiled.route("light").files
    assert compiled.call("light") == 1
    assert compiled.route("heavy").imports == ("no_such_heavy",)


def test_an_extension_module_comes_along(compile_text: Compile) -> None:
    """A compiled module of the project is copied into the routes that import it, and only there."""
    suffix = EXTENSION_SUFFIXES[0]
    text = """\
# file: lib/__init__.py
# file: lib/a.py
from ._fast import go
def slow(): return 1
# file: app/steps.py
from app.workflow import wf
from lib.a import go, slow
@wf.step
def fast(): return go()
@wf.step
def other(): return slow()
"""
    compiled = compile_text(text + f"# file: lib/_fast{suffix}\nnot really machine code\n")
    assert (compiled.directory("fast") / f"lib/_fast{suffix}").is_file()
    assert not (compiled.directory("other") / f"lib/_fast{suffix}").exists()


def test_routes_side_by_side_share_no_state(compile_text: Compile) -> None:
    """Two routes of one process each have their own copy of a module that both hold."""
    compiled = compile_text(
        """\
        # file: pyproject.toml
        [tool.wfc]
        ignore = ["WFC402"]
        # file: app/state.py
        COUNTS = []
        class Kind: pass
        # file: app/steps.py
        from app.workflow import wf
        from app import state
        @wf.step
        def one(): state.COUNTS.append(1); return [list(state.COUNTS), state.Kind]
        @wf.step
        def two(): state.COUNTS.append(2); return [list(state.COUNTS), state.Kind]
        """
    )
    first, second = compiled.load("one").step.func, compiled.load("two").step.func
    assert [first()[0], second()[0], first()[0]] == [[1], [2], [1, 1]]
    assert first()[1] is not second()[1]
    assert first()[1].__qualname__ == second()[1].__qualname__
