"""Python files that define something and that no import finds: said, never skipped in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..conftest import Compile

STEP = "from app.workflow import wf\n@wf.step\ndef {}(): return 1\n"
BASE = "# file: app/steps.py\n" + STEP.format("work")


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("my-flow.py", "rename it to `my_flow.py`"),
        ("app/2nd.py", "rename it to `_2nd.py`"),
        ("app/steps/draft.py", "move `steps.py` to `steps/__init__.py`"),
    ],
)
def test_a_file_that_no_import_finds_is_named(compile_text: Compile, path: str, remedy: str) -> None:
    """A step in such a file is not part of the build, and the finding says what to rename."""
    compiled = compile_text(f"{BASE}# file: {path}\n{STEP.format('lost')}")
    [finding] = compiled.result.diagnostics
    assert (finding.code, finding.span.path) == ("WFC013", path)
    assert remedy in (finding.help or "")


@pytest.mark.parametrize("text", ["import app.steps\n", "{{ template }} @wf.step\n", "# from wfc\n"])
def test_other_such_files_are_left_alone(compile_text: Compile, text: str) -> None:
    """A script or template with such a name that defines nothing is nobody's business."""
    assert compile_text(f"{BASE}# file: my-script.py\n{text}").codes == []


def test_a_module_wins_over_a_folder_beside_it(compile_text: Compile) -> None:
    """`app/steps.py` is what Python imports, not the folder `app/steps/` without `__init__.py`."""
    compiled = compile_text(
        """\
        # file: app/steps/__about__.py
        VALUE = 1
        # file: app/steps.py
        from app.workflow import wf
        VALUE = 2
        def use():
            try:
                from app.steps import inner
            except ImportError:
                return VALUE
        @wf.step
        def work(): return use()
        # file: app/steps/inner.py
        x = 1
        """
    )
    assert compiled.route("work").files == ("app/__init__.py", "app/steps.py", "app/workflow.py")
    assert compiled.call("work") == 2
