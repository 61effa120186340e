"""Routes in one process: each with its own modules, under the user's names, lines and files."""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from wfc.codec import Codec
from wfc.loading import first_party_names, load_route, original_name, package_of, register_tree

ROUTE = 'from wfc.route import StepRoute\nroute = StepRoute(package=__package__, file=__file__, step_id="s", '
MODULE = """
from __future__ import annotations
import wfc
from dataclasses import dataclass, field
from typing import get_type_hints
from .models import Item, COUNT
wf = wfc.Workflows()

@dataclass
class Local:
    items: list[Item] = field(default_factory=list)
    parent: Local | None = None

@wf.step
async def load(n: int) -> Local:
    COUNT.append(n)
    assert get_type_hints(Local)["items"] == list[Item]
    return Local([Item(n)], Local())

@wf.step
async def breaks() -> None:


    raise ValueError("here")
"""
MODELS = """
from __future__ import annotations
from pydantic import BaseModel
COUNT = []

class Base(BaseModel):
    pass

class Item(Base):
    n: int
    more: list[Item] = []

    def __init__(self, n: int) -> None:
        super().__init__(n=n)
"""


def write_route(root: Path, slug: str, name: str = "load") -> Path:
    folder = root / ".wfc" / "builds" / "b" / "steps" / slug
    (folder / "app").mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Route."""')
    (folder / "app" / "__init__.py").write_text("")
    (folder / "app" / "steps.py").write_text(MODULE)
    (folder / "app" / "models.py").write_text(MODELS)
    (folder / "route.py").write_text(f'{ROUTE}target="app.steps:{name}")\n')
    return folder


def load(root: Path, package: str, name: str = "load") -> Any:
    return load_route(package, write_route(root, package, name), root)


def test_routes_share_no_modules(tmp_path: Path) -> None:
    """Two routes with the same modules have a state of their own, and none is called `app`."""
    first, second = load(tmp_path, "_r_one_1"), load(tmp_path, "_r_two_1")
    asyncio.run(first.run(b'{"n":1}', None, None))
    assert sys.modules["_r_one_1.app.models"].COUNT == [1]
    assert sys.modules["_r_two_1.app.models"].COUNT == []
    assert "app.models" not in sys.modules
    assert second.step.id == "step//app.steps//load"


def test_names_are_the_users(tmp_path: Path) -> None:
    """Shadow names translate to the user's; names outside every route stay."""
    route = load(tmp_path, "_r_names_1")
    assert original_name("_r_names_1.app.steps") == "app.steps"
    assert original_name("json.decoder") == "json.decoder"
    assert package_of("_r_names_1.app") == "_r_names_1"
    assert package_of("app.steps") is None
    assert first_party_names("_r_names_1") >= {"app", "route"}
    encoded = asyncio.run(route.run(b'{"n":1}', None, None))
    assert b"_r_names_1" not in encoded
    assert b"app.steps:Local" in encoded


def test_values_cross_from_one_route_to_another(tmp_path: Path) -> None:
    """A model written by one route is read by another as that one's own class."""
    first, second = load(tmp_path, "_r_from_1"), load(tmp_path, "_r_to_1")
    encoded = asyncio.run(first.run(b'{"n":7}', None, None))
    local = second.codec.decode(encoded)
    assert type(local).__module__ == "_r_to_1.app.steps"
    assert local.items[0].n == 7
    assert pickle.loads(pickle.dumps(local)) == local
    assert isinstance(Codec().decode(b"1"), int)


def test_tracebacks_show_the_users_lines(tmp_path: Path) -> None:
    """With a source map, the interpreter's own traceback names the user's file and line."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "steps.py").write_text("\n" * 99 + "# the source\n")
    folder = write_route(tmp_path, "lines", "breaks")
    emitted = next(n for n, line in enumerate(MODULE.splitlines(), 1) if "raise" in line)
    lines = [[1, 1], [emitted, 80]]
    (folder / "source_map.json").write_text(json.dumps({"app/steps.py": {"source": "app/steps.py", "lines": lines}}))
    route = load_route("_r_lines_1", folder, tmp_path)
    with pytest.raises(ValueError, match="here") as caught:
        asyncio.run(route.run(b"{}", None, None))
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == (str(tmp_path / "app" / "steps.py"), 80)


def test_a_broken_route_can_be_tried_again(tmp_path: Path) -> None:
    """An import that fails raises what the user's code raised, each time, and a mended file then loads."""
    folder = write_route(tmp_path, "broken")
    (folder / "app" / "models.py").write_text("raise OSError('no model file')")
    for _ in range(2):
        with pytest.raises(OSError, match="no model file"):
            load_route("_r_broken_1", folder, tmp_path)
    (folder / "app" / "models.py").write_text(MODELS)
    assert load_route("_r_broken_1", folder, tmp_path).step_id == "s"


def test_registering_twice_is_the_same_as_once(tmp_path: Path) -> None:
    """A tree keeps its first directory."""
    folder = write_route(tmp_path, "twice")
    assert register_tree("_r_twice_1", folder, tmp_path) is register_tree("_r_twice_1", folder, tmp_path)
