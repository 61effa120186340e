"""Modules that are the same in several step routes, with all that they import, are loaded once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wfc.loading import load_route

ROUTE = (
    "from wfc.route import StepRoute\n"
    'route = StepRoute(package=__package__, file=__file__, step_id="s", target="app.steps:work")\n'
)
STEP = """
import wfc
from . import db
from .models import Item
wf = wfc.Workflows()

@wf.step
async def work(item: Item) -> Item:
    db.calls.append(NAME)
    return item

NAME = {name!r}
"""
FILES = {
    "__init__.py": "",
    "app/__init__.py": "",
    "app/settings.py": "URL = 'x'\n",
    "app/db.py": "from .settings import URL\ncalls = []\ndef late():\n    from . import settings as s\n    return s\n",
    "app/models.py": "from pydantic import BaseModel\nclass Item(BaseModel):\n    n: int\n",
    "route.py": ROUTE,
}


class Routes:
    """Makes step routes, each of the same files but for what is given."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def load(self, name: str, files: Mapping[str, str] | None = None, *, shares: bool = True) -> Any:
        package = f"_r_{name}_{self.root.name}"
        folder = self.root / ".wfc" / "builds" / "b" / "steps" / name
        for path, text in {**FILES, "app/steps.py": STEP.format(name=name), **(files or {})}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        return load_route(package, folder, self.root, shares=shares)

    def module(self, name: str, module: str) -> Any:
        return sys.modules[f"_r_{name}_{self.root.name}.{module}"]

    def are_one(self, module: str) -> bool:
        return self.module("one", module) is self.module("two", module)


@pytest.fixture
def routes(tmp_path: Path) -> Routes:
    return Routes(tmp_path)


def test_a_module_that_is_the_same_is_loaded_once(routes: Routes) -> None:
    """What one step leaves in it, the other finds; the modules of the steps are each their own."""
    one, two = routes.load("one"), routes.load("two")
    for route in (one, two):
        asyncio.run(route.run(route.signature.encode_args((), {"item": {"n": 1}}), None, None))
    assert routes.module("one", "app.db").calls == ["one", "two"]
    assert routes.are_one("app.db")
    assert not routes.are_one("app.steps")
    assert not routes.are_one("app")


def test_imports_of_a_shared_module_stay_its_own(routes: Routes) -> None:
    """A relative import in a function finds the same module, and the module's spec is what it was."""
    routes.load("one")
    spec = routes.module("one", "app.db").__spec__
    routes.load("two")
    db = routes.module("two", "app.db")
    assert db.__spec__ is spec
    assert db.late() is routes.module("two", "app.settings")


def test_classes_of_a_shared_module_are_one(routes: Routes) -> None:
    """A value is written under the user's name, and read as the class that both have."""
    one, two = routes.load("one"), routes.load("two")
    item = routes.module("one", "app.models").Item(n=3)
    encoded = one.codec.encode(item)
    assert b"app.models:Item" in encoded
    assert b"_r_" not in encoded
    assert two.codec.encode(item) == encoded
    assert two.codec.decode(encoded) == item


@pytest.mark.parametrize(
    ("differing", "apart"),
    [
        ({"app/settings.py": "URL = 'y'\n"}, ["app.settings", "app.db"]),
        ({"app/db.py": FILES["app/db.py"] + "more = 1\n"}, ["app.db"]),
        ({"app/__init__.py": "import os\n"}, ["app.settings", "app.db", "app.models"]),
        ({"app/models.py": FILES["app/models.py"] + "class Other: ...\n"}, ["app.models"]),
    ],
    ids=["what it imports", "itself", "the package above", "another class"],
)
def test_a_module_that_differs_is_not_shared(routes: Routes, differing: dict[str, str], apart: list[str]) -> None:
    """Nor is what imports it."""
    routes.load("one")
    routes.load("two", differing)
    assert [name for name in ("app.settings", "app.db", "app.models") if not routes.are_one(name)] == apart


@pytest.mark.parametrize(
    "text",
    [
        "calls = []\nHERE = __file__\n",
        "import importlib\ncalls = []\nimportlib.import_module('.settings', __package__)\n",
        "from importlib.resources import files\ncalls = []\n",
        "import sys\ncalls = []\nsys.modules[__name__]\n",
    ],
)
def test_a_module_that_looks_at_its_place_is_not_shared(routes: Routes, text: str) -> None:
    """It lies in another folder in each route, and what it imports can't be read."""
    routes.load("one", {"app/db.py": text})
    routes.load("two", {"app/db.py": text})
    assert not routes.are_one("app.db")


PACKAGE = {"app/data/__init__.py": "from .user import User\n", "app/data/user.py": "class User: ...\n"}
USES = {"app/db.py": "from .data import User\ncalls = []\n"}


def test_a_package_is_shared_with_all_below_it(routes: Routes) -> None:
    """A package that is the same as a whole is one, and so are its modules."""
    routes.load("one", PACKAGE | USES)
    routes.load("two", PACKAGE | USES)
    assert all(routes.are_one(name) for name in ("app.db", "app.data", "app.data.user"))


def test_a_package_with_another_module_is_not_shared(routes: Routes) -> None:
    """A module that is imported below a package becomes its attribute: each route has a package of its own."""
    routes.load("one", PACKAGE | USES)
    routes.load("two", PACKAGE | USES | {"app/data/order.py": "class Order: ...\n"})
    assert not routes.are_one("app.data")
    assert not routes.are_one("app.db")
    assert routes.are_one("app.data.user")


def test_a_module_that_fails_is_tried_by_each_route(routes: Routes, monkeypatch: pytest.MonkeyPatch) -> None:
    """What went wrong at the first import is not kept."""
    broken = {"app/db.py": "import os\ncalls = []\nos.environ['WFC_TEST_SHARING']\n"}
    with pytest.raises(KeyError):
        routes.load("one", broken)
    monkeypatch.setenv("WFC_TEST_SHARING", "1")
    routes.load("two", broken)
    routes.load("one", broken)
    assert routes.are_one("app.db")


def test_modules_that_import_each_other(routes: Routes) -> None:
    """A cycle is shared as a whole."""
    cycle = {"app/settings.py": "URL = 'x'\nfrom . import db\n"}
    routes.load("one", cycle)
    routes.load("two", cycle)
    assert routes.are_one("app.db")
    assert routes.are_one("app.settings")


def test_isolated_routes_share_nothing(routes: Routes) -> None:
    """Without `shares`, on either side."""
    routes.load("one")
    routes.load("two", shares=False)
    assert not routes.are_one("app.db")
