"""What a route holds: the names that a step reaches, what changes them, and nothing else.

Each file of `cases/` is a project with a step `work`: what the step has to return, and what must not
be in its route (`# without: file: text`).
"""

from __future__ import annotations

import ast
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
