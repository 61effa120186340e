"""Registries and decorators under any name: what is found, and what is refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.conftest import Compile, write_project
from wfc_compiler.checking import CheckResult, check_project

SDK = "import functools, sys\nfrom wfc import Workflows\n"


def check(root: Path, registry: str, decorated: str) -> CheckResult:
    """Check a project whose registry is made in `app/reg.py` and whose step stands in `app/steps.py`."""
    (root / "pyproject.toml").touch()
    write_project(
        root, f"# file: app/reg.py\n{SDK}{registry}\n# file: app/steps.py\n{decorated}\ndef work(): return 1\n"
    )
    return check_project(root)


@pytest.mark.parametrize(
    ("registry", "decorated"),
    [
        ("wf = Workflows()", "from app.reg import wf as anything\n@anything.step"),
        ("wf = Workflows()", "from app import reg\n@reg.wf.step"),
        ("wf = Workflows()", "import app.reg\n@app.reg.wf.step"),
        ("wf: Workflows = Workflows()", "from app.reg import wf\n@wf.step"),
        ("import wfc\nfrom math import *\nwf = wfc.Workflows()", "from app.reg import wf\n@wf.step"),
        ("wf, other = Workflows(), 1", "from app.reg import wf\n@wf.step"),
        ("wf = functools.partial(Workflows, namespace='a')()", "from app.reg import wf\n@wf.step"),
        ("make = functools.partial(Workflows, namespace='a')\nwf = make()", "from app.reg import wf\n@wf.step"),
        ("make = functools.partial(Workflows, namespace='a')", "from app.reg import make\nwf = make()\n@wf.step"),
        ("def make(): return Workflows()\nwf = make()", "from app.reg import wf\n@wf.step"),
        ("def make():\n    made = Workflows()\n    return made\nwf = make()", "from app.reg import wf\n@wf.step"),
        ("class App:\n    wf = Workflows()", "from app.reg import App\n@App.wf.step"),
        ("class App:\n    class In: wf = Workflows()", "from app.reg import App\n@App.In.wf.step"),
        ("if sys.version_info > (3, 8): wf = Workflows()\nelse: wf = None", "from app.reg import wf\n@wf.step"),
        ("wf = Workflows()\nstep = wf.step", "from app.reg import step\n@step"),
        ("wf = Workflows()\nstep = wf.step", "from app.reg import step as durable\n@durable(timeout=5)"),
        ("wf = Workflows()\ndurable = wf.step(max_retries=9)", "from app.reg import durable\n@durable"),
        ("wf = Workflows()\ndurable = wf.step(max_retries=9)", "from app import reg as r\n@r.durable"),
    ],
)
def test_a_step_is_found_under_any_name(tmp_path: Path, registry: str, decorated: str) -> None:
    """However the registry is made and the decorator spelt, the function is a step."""
    checked = check(tmp_path, registry, decorated)
    assert checked.diagnostics == ()
    assert [step.id for step in checked.program.steps] == ["step//app.steps//work"]


@pytest.mark.parametrize(
    ("registry", "decorated"),
    [
        ("wf = {'mail': Workflows()}", "from app.reg import wf\n@wf['mail'].step"),
        ("class W(Workflows): pass\nwf = W()", "from app.reg import wf\n@wf.step"),
        ("match Workflows():\n    case wf: pass", "from app.reg import wf\n@wf.step"),
        ("def make(x): return Workflows() if x else None\nwf = make(1)", "from app.reg import wf\n@wf.step"),
        ("class App:\n    def __init__(self): self.wf = Workflows()\na = App()", "from app.reg import a\n@a.wf.step"),
        ("wf = Workflows()\nstep = functools.partial(wf.step, timeout=5)", "from app.reg import step\n@step()"),
    ],
)
def test_what_only_run_time_knows_is_refused(tmp_path: Path, registry: str, decorated: str) -> None:
    """A step that can't be found for sure is an error, never left out in silence."""
    checked = check(tmp_path, registry, decorated)
    assert [(item.code, item.span.path) for item in checked.diagnostics] == [("WFC008", "app/steps.py")]


def test_options_are_read_where_the_decorator_is_made(tmp_path: Path) -> None:
    """`retrying = wf.step(max_retries=9)` gives its options to each step under it; a wrong one is shown there."""
    checked = check(
        tmp_path, "wf = Workflows()\ndurable = wf.step(max_retries=9)", "from app.reg import durable\n@durable"
    )
    assert [step.options.max_retries for step in checked.program.steps] == [9]
    checked = check(
        tmp_path, "wf = Workflows()\ndurable = wf.step(max_retries=-1)", "from app.reg import durable\n@durable"
    )
    assert [(item.code, item.span.path, item.span.line) for item in checked.diagnostics] == [
        ("WFC007", "app/reg.py", 4)
    ]


@pytest.mark.parametrize("decorator", ["App.wf.step", "durable", "step"])
def test_a_step_under_another_name_runs(compile_text: Compile, decorator: str) -> None:
    """Its route holds the registry or decorator that it names, and works."""
    compiled = compile_text(
        f"""\
        # file: app/reg.py
        from wfc import Workflows
        class App:
            wf = Workflows()
        step = App.wf.step
        durable = step(max_retries=9)
        # file: app/steps.py
        from app.reg import App, durable, step
        @{decorator}
        def work(): return 3
        """
    )
    assert compiled.call("work") == 3
