"""The tests that the examples have of their own, and that a project is started with, run as a user runs them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import PYTHON, Done, Project

ROOT = Path(__file__).parents[2]


def run_tests(project: Project) -> Done:
    with project.spawn("-m", "pytest", "-q", "-p", "no:cacheprovider", program=PYTHON) as process:
        return process.wait()


@pytest.mark.parametrize(("name", "count"), [("ai_content", 3), ("order_fulfilment", 4)])
def test_an_examples_own_tests_pass(example: Callable[[str], Project], name: str, count: int) -> None:
    """In a copy, with nothing set up but the environment that they are installed in."""
    done = run_tests(example(name))
    assert done.code == 0, done.out + done.err
    assert f"{count} passed" in done.out


def test_the_starters_own_test_passes(tmp_path: Path) -> None:
    """`wfc init`, and then `python -m pytest`, which needs no setting; a broken workflow fails it."""
    (tmp_path / "logs").mkdir()
    project = Project(tmp_path, tmp_path / "logs")
    project.wfc("init", "starter")
    starter = Project(tmp_path / "starter", tmp_path / "logs")
    done = run_tests(starter)
    assert done.code == 0, done.out + done.err
    flows = starter.root / "app" / "flows.py"
    flows.write_text(flows.read_text().replace('"2 seconds"', '"2 days"'))
    assert "1 failed" in run_tests(starter).out


def test_the_readmes_tests_pass(example: Callable[[str], Project]) -> None:
    """What the README shows of tests, put into a file of the example that it is about."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Test your workflows")[2].partition("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) >= 2
    project = example("order_fulfilment")
    (project.root / "tests" / "test_workflows.py").write_text("\n".join(blocks))
    done = run_tests(project)
    assert done.code == 0, done.out + done.err
    assert re.search(r"[3-9] passed", done.out)
