"""A module that several steps use the same way is loaded once in a worker, as in plain Python."""

import pytest

from tests.project import Project

DATABASE = """\
import os
from app.settings import URL

class Pool:
    def __init__(self, url: str) -> None:
        self.url = url
        self.used = 0

POOL = Pool(URL)
"""
STEPS = """\
import wfc
from app.db import POOL

wf = wfc.Workflows()

@wf.step
async def first() -> int:
    POOL.used += 1
    return POOL.used

@wf.step
def second() -> int:
    POOL.used += 1
    return POOL.used

@wf.workflow
async def both() -> list[int]:
    return [await first(), await second(), await first()]
"""


@pytest.mark.parametrize(("config", "used"), [("", [1, 2, 3]), ("isolate = true\n", [1, 1, 2])])
def test_a_pool_is_made_once_in_a_worker(project: Project, config: str, used: list[int]) -> None:
    """Unless `isolate = true` says that each route is to have its own."""
    project.write("pyproject.toml", f"[tool.wfc]\nentrypoints = ['app/steps.py']\n{config}")
    project.write("app/__init__.py", "")
    project.write("app/settings.py", "URL = 'postgresql://localhost'\n")
    project.write("app/db.py", DATABASE)
    project.write("app/steps.py", STEPS)
    assert project.run("both", {})["result"] == used
