"""Each example in a scratch copy, as it stands in the repository."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kept_promises import watch_stores
from tests.project import Project

EXAMPLES = Path(__file__).parents[2] / "examples"

# Stands in for chance where the content example's step asks for it, and nowhere else: the n-th question to `random`
# from generate_draft.py in this process gets the n-th digit of CHANCES, in tenths; after the last, 0.9.
CHANCES = """
import os, random, sys

drawn = random.random
answers = iter(os.environ["CHANCES"])

def scripted():
    if sys._getframe(1).f_code.co_filename.endswith("generate_draft.py"):
        return int(next(answers, "9")) / 10
    return drawn()

random.random = scripted
"""


@pytest.fixture
def example(tmp_path: Path) -> Callable[[str], Project]:
    """Return a function that copies an example into a scratch folder."""

    def copy(name: str) -> Project:
        root = tmp_path / name
        shutil.copytree(EXAMPLES / name, root, ignore=shutil.ignore_patterns(".wfc", "*.db*", "__pycache__"))
        logs = tmp_path / "logs"
        logs.mkdir()
        return Project(root, logs)

    return copy


@pytest.fixture
def content(example: Callable[[str], Project], tmp_path: Path) -> Project:
    """Return the content example, with every chance in its favour."""
    project = example("ai_content")
    chances = tmp_path / "chances"
    chances.mkdir()
    (chances / "sitecustomize.py").write_text(CHANCES)
    project.env = {"PYTHONPATH": str(chances), "CHANCES": ""}
    return project


@pytest.fixture
def shop(example: Callable[[str], Project], tmp_path: Path) -> Project:
    """Return the order fulfilment project, with records of its own."""
    project = example("order_fulfilment")
    project.env = {"SHOP_DB": str(tmp_path / "shop.db")}
    return project


@pytest.fixture(autouse=True)
def _stores_keep_their_promises(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Check what must hold in any store; a test that can't promise it is marked `raw_store` with a reason."""
    yield from watch_stores(request, monkeypatch)
