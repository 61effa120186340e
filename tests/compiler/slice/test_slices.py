"""What a route holds: the names that a step reaches, what changes them, and nothing else.

Each file of `cases/` is a project with a step `work`: what the step has to return, and what must not
be in its route (`# without: file: text`).
"""

from __future__ import annotations

import ast
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
