"""Builds after edits: the same bytes and findings as a build from scratch, whatever the edit is."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

import wfc_compiler.incremental.rebuild
from tests.bench.generated import project
from tests.compiler.conftest import tree, write_project
from wfc_compiler.evolution import CODES
from wfc_compiler.pipeline import BuildResult, compile_project
from wfc_compiler.rules.base import split_example
from wfc_compiler.rules.run import RULES

PROJECT = """\
# file: pyproject.toml
[tool.wfc]
# file: app/__init__.py
# file: app/errors.py
class ShopError(Exception): ...
class Declined(ShopError): ...
# file: app/clock.py
import time
now = time.time
# file: app/registry.py
HANDLERS = {}
def register(name):
    def enter(function):
        HANDLERS[name] = function
        return function
    return enter
def unused():
    return 1
if True:
    def enrol(name):
        HANDLERS[name] = name
# file: app/quiet.py
import time
from vercel import workflow
async def doze():
    await workflow.sleep("1s")
def nap():
    time.sleep(1)  # wfc: ignore[WFC205] -- short
# file: app/far.py
import sys
sys.setrecursionlimit(9000)
def far(x):
    return x.near()
# file: app/plugins.py
from app.registry import enrol, register
enrol("b")
@register("a")
def handle_a(x):
    return x + 1
def helper():
    return 3
# file: app/models.py
import pydantic
from vercel import workflow
class Order(pydantic.BaseModel):
    id: int
    def total(self):
        return self.id * 2
class Approval(pydantic.BaseModel, workflow.BaseHook):
    yes: bool
# file: app/prices.py
from app.models import Order
from app.registry import HANDLERS
RATE = 2
count = 0
def rate(order: Order) -> int:
    return order.total() * RATE
def counted():
    global count
    count += 1
    return count
def other():
    return 1
def spread(a=1,
           b=2): return a + b
# file: app/steps.py
from app.registry import HANDLERS
from app.workflow import wf
from app.errors import Declined
from app.prices import rate, other
from app.models import Order
from app.far import far
from app.quiet import doze
import app.plugins
LIMIT = 3
def _limit():
    return LIMIT
@wf.step
def charge(order: Order) -> int:
    if order.id > _limit():
        raise Declined(order.id)
    return rate(order)
@wf.step(max_retries=LIMIT)
def handle(x: int):
    return HANDLERS["a"](x)
@wf.step
async def lonely():
    return 1
@wf.step
async def patient():
    await doze()
# file: app/flow.py
import asyncio
from app.workflow import wf
from app.steps import charge, handle, lonely
from app.errors import ShopError
from app.models import Approval, Order
from app.far import far
from app.quiet import doze, nap
def shape(x):
    nap()
    return {"x": x}
@wf.workflow
async def order(id: int):
    try:
        paid = await charge(Order(id=id))
    except ShopError:
        paid = 0
    await asyncio.gather(handle(1), handle(2))
    return shape(paid)
@wf.workflow
async def approve(id: int):
    async for event in Approval.wait():
        if event.yes:
            break
    await doze()
    await lonely()
    return id
"""

Edit = tuple[str, str, str]
# An edit of one file: path, text, its replacement. Those that a small build is enough for, by what they are.
CONTAINED: dict[str, Edit] = {
    "the body of a step": ("app/steps.py", "    return 1\n", "    return 2\n"),
    "more lines in a step": ("app/steps.py", "    return rate(order)\n", "    found = rate(order)\n    return found\n"),
    "a step uses a module that it did not": ("app/steps.py", "    return 1\n", "    return other()\n"),
    "a step uses less": ("app/steps.py", "    return rate(order)\n", "    return 1\n"),
    "a helper of a step": ("app/steps.py", "    return LIMIT\n", "    return LIMIT + 1\n"),
    "a method": ("app/models.py", "self.id * 2", "self.id * 3"),
    "a workflow": ("app/flow.py", "handle(2)", "handle(3)"),
    "a workflow's order": ("app/flow.py", "    await lonely()\n    return id\n", "    await lonely()\n    return 2\n"),
    "a flow's helper": ("app/flow.py", '{"x": x}', '{"x": x, "y": x}'),
    "a finally in a workflow": (
        "app/flow.py",
        "        paid = 0\n",
        "        paid = 0\n    finally:\n        id += 1\n",
    ),
    "a function that nobody uses": ("app/prices.py", "    return 1\n", "    return 4\n"),
    "a comment in a body": ("app/prices.py", "    return 1\n", "    # one\n    return 1\n"),
    "a step gone": ("app/flow.py", "    await lonely()\n", ""),
    "eval in a body": ("app/prices.py", "    return 1\n", "    return eval('1')\n"),
    "a docstring": ("app/flow.py", "async def order(id: int):\n", 'async def order(id: int):\n    """Order."""\n'),
}
# Those that other files may see, or that change what is found.
SEEN: dict[str, Edit] = {
    "a global counter": ("app/prices.py", "    count += 1\n", "    count += 2\n"),
    "a constant": ("app/steps.py", "LIMIT = 3", "LIMIT = 4"),
    "an alias of the clock": ("app/clock.py", "now = time.time", "now = time.monotonic"),
    "a function that is run at import": ("app/registry.py", "HANDLERS[name] = function\n", "pass\n"),
    "a function in an if that is run at import": ("app/registry.py", "HANDLERS[name] = name\n", "pass\n"),
    "a default on the line of the body": ("app/prices.py", "b=2)", "b=HANDLERS.update(z=1))"),
    "a step's first use of a module that does something": ("app/steps.py", "    return 1\n", "    return far(1)\n"),
    "a workflow's first use of a module": ("app/flow.py", "    return id\n", "    return far(id)\n"),
    "a helper of a step that no workflow shares any more": ("app/flow.py", "    await doze()\n", ""),
    "a suppression in another file that is needed no more": ("app/flow.py", "    nap()\n", ""),
    "an import": ("app/steps.py", "import app.plugins\n", "import app.plugins\nimport app.clock\n"),
    "an import in a body": ("app/prices.py", "    return 1\n", "    import app.clock\n    return app.clock.now()\n"),
    "an import gone": ("app/steps.py", "import app.plugins\n", ""),
    "a new name by global": ("app/prices.py", "    global count\n", "    global count, more\n    more = 1\n"),
    "a subclass of a caught error": (
        "app/prices.py",
        "RATE = 2\n",
        "import app.errors\nclass E(app.errors.ShopError): ...\n",
    ),
    "a decorator": ("app/steps.py", "@wf.step\nasync def lonely", "@wf.step(max_retries=1)\nasync def lonely"),
    "a new step": ("app/steps.py", "LIMIT = 3\n", "LIMIT = 3\n@wf.step\ndef fresh(): ...\n"),
    "a parameter": ("app/steps.py", "def handle(x: int):", "def handle(x: int, y: int = 0):"),
    "a field of a model": ("app/models.py", "    id: int\n", "    id: int\n    note: str = ''\n"),
    "a warning": ("app/flow.py", "Approval.wait()", "Approval.wait(token='same')"),
    "a clock in a workflow": ("app/flow.py", "        paid = 0\n", "        import time\n        paid = time.time()\n"),
    "an error in a workflow": ("app/flow.py", "        paid = 0\n", "        paid = open('x')\n"),
    "a forgotten await": ("app/flow.py", "    await lonely()\n", "    lonely()\n"),
    "an unknown name": ("app/steps.py", "    return 1\n", "    return missing\n"),
    "a step in a function": ("app/steps.py", "    return 1\n", "    @wf.step\n    def inner(): ...\n"),
    "a syntax error": ("app/steps.py", "    return 1\n", "    return (\n"),
    "an error of the compiler": ("app/prices.py", "    return 1\n", "return 1\n"),
    "a suppression": ("app/steps.py", "    return 1\n", "    return 1  # wfc: ignore[WFC205] -- why\n"),
    "a step that reads a file": ("app/steps.py", "    return 1\n", "    return open(__file__).read()\n"),
}


def assert_as_from_scratch(root: Path, scratch: Path, made: BuildResult) -> None:
    """Compare a build with one that knows nothing of any other: bytes, findings but those about changes, summary."""
    cold = compile_project(root, scratch)
    assert [item for item in made.diagnostics if item.code not in CODES] == list(cold.diagnostics)
    assert made.summary == cold.summary
    assert made.build_id == cold.build_id
    if made.build is not None and cold.build is not None:
        assert tree(made.build.path) == tree(cold.build.path)
        assert made.build.manifest == cold.build.manifest


@pytest.fixture
def contained(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return a list that says of each build after an edit whether the small one was enough."""
    outcomes: list[bool] = []
    rebuild = wfc_compiler.incremental.rebuild.rebuild

    def spy(*arguments: object) -> object:
        made = rebuild(*arguments)  # type: ignore[arg-type]  # whatever the pipeline gives
        outcomes.append(made is not None)
        return made

    monkeypatch.setattr(wfc_compiler.incremental.rebuild, "rebuild", spy)
    return outcomes


def edit(root: Path, change: Edit) -> None:
    path, before, after = change
    text = (root / path).read_text(encoding="utf-8")
    assert before in text
    (root / path).write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.mark.parametrize("name", [*CONTAINED, *SEEN])
def test_a_build_after_an_edit_is_that_from_scratch(tmp_path: Path, contained: list[bool], name: str) -> None:
    """Every edit comes out as if nothing had been built before; one inside a function is a small build."""
    root = tmp_path / "project"
    write_project(root, PROJECT)
    assert compile_project(root).build is not None
    edit(root, CONTAINED.get(name) or SEEN[name])
    assert_as_from_scratch(root, tmp_path / "cold", compile_project(root))
    assert contained == [name in CONTAINED]


@pytest.mark.parametrize("seed", range(3))
def test_many_edits_in_a_row(tmp_path: Path, contained: list[bool], seed: int) -> None:
    """One build starts from another that started from another; edits come one by one and together."""
    chance = random.Random(seed)
    root = tmp_path / "project"
    for relpath, text in project(45).items():
        (root / relpath).parent.mkdir(parents=True, exist_ok=True)
        (root / relpath).write_text(text, encoding="utf-8")
    compile_project(root)
    files = sorted(root.glob("app/*/part_*.py"))
    for number in range(6):
        for path in chance.sample(files, chance.choice([1, 1, 2, 5])):
            path.write_text(_changed(path.read_text(encoding="utf-8"), chance, number), encoding="utf-8")
        assert_as_from_scratch(root, tmp_path / f"cold{number}", compile_project(root))
    assert any(contained)


def _changed(text: str, chance: random.Random, number: int) -> str:
    """Return a module after an edit somewhere: in a body mostly, else at its end or in a constant."""
    kinds: list[Callable[[str], str]] = [
        lambda text: text.replace("\n    return ", f"\n    edited = {number}\n    return ", 1),
        lambda text: text.replace("        return ", f"        edited = {number}\n        return ", 1),
        lambda text: text.replace("\n    found", f"\n    # edit {number}\n    found", 1),
        lambda text: f"{text}\n\nEDITED_{number} = {number}\n",
        lambda text: text.replace('"small"', f'"small{number}"', 1),
    ]
    return chance.choices(kinds, weights=[4, 4, 4, 1, 1])[0](text)


CASES = [
    pytest.param(rule.good[0], bad, id=f"{code}-{number}")
    for code, rule in RULES.items()
    for number, bad in enumerate(rule.bad)
    if rule.good
]


@pytest.mark.parametrize(("good", "bad"), CASES)
def test_no_finding_is_missed_after_an_edit(tmp_path: Path, good: str, bad: str) -> None:
    """Each rule's good example is built and then edited into its bad one: the findings are those from scratch."""
    root = tmp_path / "project"
    for example in (good, bad):
        for path, text in split_example(example).items():
            if path.startswith("before/"):
                continue
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        made = compile_project(root)
    assert_as_from_scratch(root, tmp_path / "cold", made)
