"""Python files that define something and that no import finds: said, never skipped in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..conftest import Compile

STEP = "from app.workflow import wf\n@wf.step\ndef {}(): return 1\n"
BASE = "# file: app/work.py\n" + STEP.format("work")


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("my-flow.py", "rename it to `my_flow.py`"),
        ("app/2nd.py", "rename it to `_2nd.py`"),
        ("app/steps/draft.py", "move `steps.py` to `steps/__init__.py`"),
        ("my-flows/draft.py", "rename the folder to `my_flows`"),
        ("2024/draft.py", "rename the folder to `_2024`"),
        ("app/v1.2/__init__.py", "rename the folder to `v1_2`"),
        ("app/steps.py/draft.py", "rename the folder to `steps`"),
        ("my-flows/second-try.py", "rename the folder to `my_flows`"),
    ],
)
def test_a_file_that_no_import_finds_is_named(compile_text: Compile, path: str, remedy: str) -> None:
    """A step in such a file is not part of the build, and the finding says what to rename."""
    beside = "# file: app/steps.py\nimport app.work\n" if path == "app/steps/draft.py" else ""
    compiled = compile_text(f"{BASE}{beside}# file: {path}\n{STEP.format('lost')}")
    [finding] = compiled.result.diagnostics
    assert (finding.code, finding.span.path) == ("WFC013", path)
    assert remedy in (finding.help or "")


@pytest.mark.parametrize("registry", ["registry", ".registry"])
def test_a_folder_is_named_once(compile_text: Compile, registry: str) -> None:
    """Its name is one mistake, whatever lies in it and however its files import each other."""
    files = "".join(
        f"# file: my-flows/{name}.py\nfrom {registry} import wf\n@wf.step\ndef {name}(): ...\n" for name in "ab"
    )
    text = f"# file: my-flows/registry.py\nimport wfc\nwf = wfc.Workflows()\n{files}"
    [finding] = compile_text(f"{BASE}{text}").result.diagnostics
    assert finding.message == "`my-flows/a.py` can't be imported, and defines `a` and 1 more"


@pytest.mark.parametrize(
    "files",
    [
        "# file: my-app/pyproject.toml\n# file: my-app/app/flow.py\n",
        "# file: my-app/sub/setup.py\n# file: my-app/sub/flow.py\n",
        "# file: pyproject.toml\n[tool.wfc]\nsrc = ['.', 'my-app']\n# file: my-app/flow.py\n",
        "# file: envs/conda-meta/history\n# file: envs/lib/python3.11/flow.py\n",
        "# file: {{name}}-app/flow.py\n",
        "# file: my-app/tests/flow.py\n",
    ],
    ids=["a project of its own", "one further down", "a source root", "an environment", "a template", "tests"],
)
def test_folders_that_no_import_is_meant_to_find(compile_text: Compile, files: str) -> None:
    """What has another root, or is no code of the project, is left alone."""
    assert "WFC013" not in compile_text(f"{BASE}{files}{STEP.format('lost')}").codes


@pytest.mark.parametrize("text", ["import app.work\n", "{{ template }} @wf.step\n", "# from wfc\n"])
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
