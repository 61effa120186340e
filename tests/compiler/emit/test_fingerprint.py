"""Edits of a project, and whether they change a workflow's fingerprint."""

from __future__ import annotations

import ast
import random
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfc_compiler.discover import discover_program
from wfc_compiler.emit.fingerprint import Fingerprints
from wfc_compiler.project import load_project
from wfc_compiler.slice import plan_routes

from ..conftest import write_project
from ..graph.programs import HEAD, make_program

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = '''\
# file: app/models.py
import enum
import pydantic
from app.clients import fetch
class Size(enum.Enum):
    SMALL = 1
    BIG = 2
class Order(pydantic.BaseModel):
    id: int
    total: int = 0
    def is_big(self):
        return self.total > 100
    def show(self):
        return f"order {self.id}"
# file: app/clients.py
def fetch(): ...
def connect(): ...
# file: app/config.py
import os
LIMIT = 5
NAMES = ["a"]
NAMES.append("b")
UNUSED = 3
# file: app/steps.py
import json
from app.workflow import wf
from app.models import Order
from app.clients import connect
@wf.step(max_retries=2)
async def load(number: int) -> Order:
    connect()
    return json.loads("{}")
@wf.step
async def charge(order: Order, amount: int = 1):
    return 1
@wf.step
async def mail(to, text): ...
# file: app/flow.py
import asyncio
import wfc
from app.workflow import wf
from app import config
from app.config import LIMIT, NAMES
from app.steps import load, charge, mail
class Approved(wfc.BaseHook):
    by: str
def price(order, factor=2):
    """Price it."""
    base = order.total * factor
    return base
async def both(order, *, text):
    async def one():
        nonlocal_seen = 1
        return await charge(order, nonlocal_seen)
    return await asyncio.gather(one(), mail(to="x", text=text))
@wf.workflow
async def child(n: int): ...
@wf.workflow
async def flow(number: int):
    """Do it."""
    order = await load(number)
    total = 0
    for name in NAMES:
        total += len(name)
    try:
        if order.is_big() and total > LIMIT:
            await charge(order, amount=price(order))
    except ValueError as error:
        await mail("a", f"failed: {error!r:>{total}}")
    sizes = [size for size in range(3) if size]
    await both(order, text=str(sizes))
    await wfc.start(child, 1)
    match sizes:
        case [first, *rest]:
            await mail(str(first), str(rest))
    packed = await Approved.wait(token="t")
    later = lambda left, right: left + right
    return (packed, later)
'''

# name: (old, new), by regular expression
SAME = {
    "a comment": (r"total = 0", "total = 0  # so far"),
    "formatting": (
        r"order = await load\(number\)",
        "order = (\n        await load(\n            number,\n        )\n    )",
    ),
    "quotes": (r'"a", f"failed: ', "'a', f'failed: '  f\""),
    "a docstring": (r'"""Do it."""', '"""Do something\n    else."""'),
    "no docstring": (r'    """Price it."""\n', ""),
    "a docstring of a helper": (r'"""Price it."""', '"""How much."""'),
    "a local": (r"\btotal\b(?! *:)(?<!\.total)(?<!order\.total)", "subtotal"),
    "a local of a helper": (r"\bbase\b", "amount"),
    "a comprehension's variable": (r"\[size for size in range\(3\) if size\]", "[s for s in range(3) if s]"),
    "an exception's name": (r"\berror\b", "problem"),
    "a capture": (r"\bfirst\b", "head"),
    "a star capture": (r"\brest\b", "tail"),
    "a lambda's parameters": (r"lambda left, right: left \+ right", "lambda a, b: a + b"),
    "an inner function": (r"\bone\(\)", "single()"),
    "an import's name": (r"from app.steps import load, charge, mail", "from app.steps import charge, load, mail"),
    "a step's body": (r"    connect\(\)\n", "    connect()\n    connect()\n"),
    "a step's annotation": (r"amount: int = 1", "amount: float = 1"),
    "a step's result": (r"-> Order:\n    connect", '-> "Order":\n    connect'),
    "a step's retries": (r"max_retries=2", 'max_retries=9, timeout="3s"'),
    "a step's defaulted parameter": (r"amount: int = 1\)", "amount: int = 1, note=None)"),
    "a step's import": (r"import json\n", "import json\nimport csv\n"),
    "a keyword for a position": (r"await load\(number\)", "await load(number=number)"),
    "a position for a keyword": (r'mail\(to="x", text=text\)', 'mail("x", text)'),
    "the order of keywords": (r'mail\(to="x", text=text\)', 'mail(text=text, to="x")'),
    "the annotation of a local": (r"total = 0", "total: int = 0"),
    "the annotation of a helper": (r"def price\(order, factor=2\)", "def price(order: object, factor: int = 2) -> int"),
    "the order of imports": (r"import asyncio\nimport wfc\n", "import wfc\nimport asyncio\n"),
    "an import's form": (r"from app.config import LIMIT", "from app.config import LIMIT as MOST"),
    "a module's alias": (r"from app import config\n", "import app.config as settings\n"),
    "what is unused": (r"UNUSED = 3", "UNUSED = 4"),
    "a child's body": (r"async def child\(n: int\): \.\.\.", "async def child(n: int):\n    await mail('x', 'y')"),
    "a method that the flow doesn't call": (r"order \{self.id\}", "Order {self.id}"),
    "pass": (r"    total = 0\n", "    total = 0\n    pass\n"),
}
DIFFERENT = {
    "a step's name": (r"\bcharge\b", "bill"),
    "whether a step can be cancelled": (r"max_retries=2", "cancellable=True"),
    "another step": (r"await load\(number\)", "await mail(number, number)"),
    "an argument": (r'"a", f"failed', '"b", f"failed'),
    "a text": (r"failed: ", "Failed: "),
    "a conversion": (r"!r", "!s"),
    "a condition": (r"total > LIMIT", "total >= LIMIT"),
    "a constant": (r"LIMIT = 5", "LIMIT = 6"),
    "a mutation": (r'NAMES.append\("b"\)', 'NAMES.append("c")'),
    "a helper": (r"order.total \* factor", "order.total + factor"),
    "a helper's default": (r"factor=2", "factor=3"),
    "a helper's keyword": (r"\btext\b(?==str)|(?<=\*, )text", "words"),
    "a method of what a step returns": (r"self.total > 100", "self.total > 99"),
    "a default of what a step returns": (r"total: int = 0", "total: int = 1"),
    "one more step": (r"    total = 0\n", "    total = 0\n    await load(1)\n"),
    "no await": (r"sizes = \[", "await wfc.sleep(1)\n    sizes = ["),
    "an exception's class": (r"except ValueError", "except KeyError"),
    "a hook's field": (r"by: str", "by: int"),
    "a hook's token": (r'token="t"', 'token="u"'),
    "a child": (r"wfc.start\(child, 1\)", "wfc.start(child, 2)"),
    "an input's type": (r"async def flow\(number: int\)", "async def flow(number: str)"),
    "an input's name": (r"\bnumber\b", "no"),
    "a step's parameter": (r"\btext\b", "words"),
    "a loop's order": (r"in NAMES", "in reversed(NAMES)"),
    "locals": (r"total = 0\n", "total = len(locals())\n"),
}


def fingerprint(root: Path, text: str, name: str = "flow") -> str:
    """Return the fingerprint of a project's workflow."""
    (root / "pyproject.toml").touch()
    write_project(root, text)
    program, _ = discover_program(load_project(root).project)
    workflow = next(item for item in program.workflows if item.name == name)
    slices = next(route.slices for route in plan_routes(program).routes if route.id == workflow.id)
    return Fingerprints(program).of(workflow, slices)


def edited(text: str, edit: tuple[str, str]) -> str:
    """Return a project after an edit, which has to change something."""
    after = re.sub(edit[0], edit[1].replace("\\", "\\\\"), text)
    assert after != text
    return after


@pytest.mark.parametrize("edit", SAME.values(), ids=SAME)
def test_what_decides_nothing_is_no_change(tmp_path: Path, edit: tuple[str, str]) -> None:
    """A run could go on with the edited code."""
    before = fingerprint(tmp_path, PROJECT)
    if edit[0].startswith("from app.config import LIMIT"):
        assert fingerprint(tmp_path, edited(PROJECT, edit).replace("> LIMIT", "> MOST")) == before
    else:
        assert fingerprint(tmp_path, edited(PROJECT, edit)) == before


@pytest.mark.parametrize("edit", DIFFERENT.values(), ids=DIFFERENT)
def test_what_may_decide_is_a_change(tmp_path: Path, edit: tuple[str, str]) -> None:
    """A run could come to call something else, or with something else."""
    before = fingerprint(tmp_path, PROJECT)
    assert fingerprint(tmp_path, edited(PROJECT, edit)) != before


def test_a_helper_may_move(tmp_path: Path) -> None:
    """Where in its file a function stands doesn't matter."""
    start, end = PROJECT.index("def price"), PROJECT.index("async def both")
    moved = PROJECT[:start] + PROJECT[end:] + PROJECT[start:end]
    assert fingerprint(tmp_path, moved) == fingerprint(tmp_path, PROJECT)


REBOUND = """\
# file: app/flow.py
from app.workflow import wf
@wf.step
async def a(x): ...
{}
@wf.workflow
async def flow():
    await a(LIMIT)
"""


def test_the_order_of_two_bindings_of_a_name_matters(tmp_path: Path) -> None:
    """The last one counts."""
    first = fingerprint(tmp_path, REBOUND.format("LIMIT = 1\nLIMIT = 2"))
    assert fingerprint(tmp_path, REBOUND.format("LIMIT = 2\nLIMIT = 1")) != first


@pytest.mark.parametrize("call", ["locals()", "eval('x')", "vars()", "flow.__code__"])
def test_code_that_reads_its_own_names_keeps_them(tmp_path: Path, call: str) -> None:
    """Where a local's name is data, renaming it is a change."""
    text = REBOUND.format("LIMIT = 1") + f"    x = 1\n    await a({call})\n"
    assert fingerprint(tmp_path, text) != fingerprint(tmp_path, text.replace("x = 1", "y = 1"))


CLOSURE = """\
# file: app/flow.py
from app.workflow import wf
@wf.step
async def a(x): ...
@wf.workflow
async def flow():
    one, two = 1, 2
    def inner():
        nonlocal one
        one = 3
        return [{inside} for {inside} in range(two)]
    inner()
    await a({used})
"""


def test_a_closure_s_variables_are_told_apart(tmp_path: Path) -> None:
    """Another variable of the same shape is another meaning; a shadowing name's own name is not."""
    before = fingerprint(tmp_path, CLOSURE.format(used="one", inside="i"))
    assert fingerprint(tmp_path, CLOSURE.format(used="two", inside="i")) != before
    assert fingerprint(tmp_path, CLOSURE.format(used="one", inside="one")) == before


# --- random workflows


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that is written again and again."""
    return tmp_path_factory.mktemp("project")


def random_project(seed: int, size: int) -> str:
    """Return a random project, formatted as `ast` does, so that an edited tree differs only by its edit."""
    program = make_program(seed, size, concurrent=True)
    return HEAD + "".join(f"@wf.step\nasync def {name}(x=0): ...\n" for name in program.steps) + program.text


class Renamed(ast.NodeTransformer):
    """Renames the locals of functions: every name that is stored in one, in a random program unique or global."""

    def __init__(self, tree: ast.Module) -> None:
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        parts = [part for node in functions for part in ast.walk(node)]
        self.names = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(f"{node.id}_renamed" if node.id in self.names else node.id, node.ctx)


@given(seed=st.integers(0, 2**32), size=st.integers(1, 10))
def test_renaming_all_locals_is_no_change(root: Path, seed: int, size: int) -> None:
    """Nor is printing the tree anew."""
    text = random_project(seed, size)
    tree = ast.parse(text)
    renamed = ast.unparse(ast.fix_missing_locations(Renamed(tree).visit(tree)))
    assert fingerprint(root, f"# file: app/flow.py\n{renamed}\n") == fingerprint(root, f"# file: app/flow.py\n{text}\n")


class Edited(ast.NodeTransformer):
    """Makes one change that matters, at the n-th place where there may be one."""

    def __init__(self, place: int) -> None:
        self.place = place

    def here(self) -> bool:
        self.place -= 1
        return self.place == -1

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(node.value + 1) if type(node.value) is int and self.here() else node

    def visit_If(self, node: ast.If) -> ast.If:
        self.generic_visit(node)
        if self.here():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node

    def visit_Await(self, node: ast.Await) -> ast.expr:
        self.generic_visit(node)
        if self.here():
            return ast.Tuple([node, ast.Await(ast.Call(ast.Name("s0", ast.Load()), [], []))], ast.Load())
        return node


@given(seed=st.integers(0, 2**32), size=st.integers(1, 10), data=st.data())
def test_a_change_in_the_code_is_a_change(root: Path, seed: int, size: int, data: st.DataObject) -> None:
    """Another constant, a condition turned round, one more step, wherever in the flow's code."""
    text = random_project(seed, size)
    tree = ast.parse(text)
    reached = [node for node in tree.body if getattr(node, "name", "") == "flow"]
    places = Edited(10**9)
    places.visit(ast.parse(ast.unparse(reached[0])))
    if 10**9 - places.place == 0:
        return
    Edited(data.draw(st.integers(0, 10**9 - places.place - 1))).visit(reached[0])
    edited = ast.unparse(ast.fix_missing_locations(tree))
    assert fingerprint(root, f"# file: app/flow.py\n{edited}\n") != fingerprint(root, f"# file: app/flow.py\n{text}\n")


@given(seed=st.integers(0, 2**32))
def test_swapping_two_steps_is_a_change(root: Path, seed: int) -> None:
    """One step called in the place of the other."""
    program = make_program(seed, 6, concurrent=True)
    if len(program.steps) < 2:
        return
    one, two = random.Random(seed).sample(program.steps, 2)
    swapped = {one: two, two: one}
    body = re.sub(rf"\b({one}|{two})\b", lambda match: swapped[match[0]], program.text)
    head = "# file: app/flow.py\n" + program.project().removesuffix(program.text)
    used = re.search(r"async def flow.*", program.text, re.DOTALL)
    assert used is not None
    if re.search(rf"\b({one}|{two})\b", used[0]):
        assert fingerprint(root, head + body) != fingerprint(root, head + program.text)


PARSED_DIFFERENTLY = """\
# file: app/flow.py
from app.workflow import wf
@wf.step
async def a(x): ...
@wf.workflow
async def flow(x):
    await a(f"a{x!r:>{x}}" "b" f"{x:}{{{x=}" f"")
    await a(["", "\\u0378\\ud800", 1e300, 10 ** 3, -1, 0x_FF, b"a", ..., 1j])
    match x:
        case {"a": -1, **rest}:
            await a(rest)
    async def inner(y: int = 1, /, *z: int) -> None:
        del y
    try:
        pass
    except* ValueError:
        await a(lambda: inner)
"""


def test_a_fingerprint_is_the_same_on_every_python(tmp_path: Path) -> None:
    """The digests of what versions of Python parse differently are written down here."""
    assert fingerprint(tmp_path, PARSED_DIFFERENTLY) == "635aad6421cc2dba746419265af75da7"
    assert fingerprint(tmp_path, PROJECT) == "3f314f75dc551d1694392870279b261a"
