"""The call graph: which functions a workflow reaches, how, and what it can't resolve."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.conftest import write_project
from wfc_compiler.checking import check_project

BEFORE = """
# file: app/flow.py
import httpx, pydantic
from pathlib import Path
from app.workflow import wf

class Book:
    client: httpx.Client = None
    def __init__(self): self.setup()
    def setup(self): marker()
    def total(self): return self._sum()
    def _sum(self): ...
    @property
    def size(self): return marker()

class Library(Book):
    def total(self): return super().total()

def marker(): ...
def rank(x): ...
def never(): ...

class Desk:
    def __enter__(self): rank(1)
    def __exit__(self, *_): marker()
    def __iter__(self): rank(1)
    def __await__(self): rank(1)
    def __call__(self, x): rank(x)
    @property
    def book(self) -> Book: ...

class Order(pydantic.BaseModel):
    name: str
    @pydantic.field_validator("name")
    def check(cls, value): rank(value)

@wf.step
def work(x): return in_step()
def in_step(): ...
"""


def reached_by(tmp_path: Path, body: str) -> set[str]:
    """Return the names of the functions that a workflow with this body reaches, itself among them."""
    write_project(tmp_path, f"{BEFORE}\n@wf.workflow\nasync def flow(book: Book, xs: list):\n    {body}\n")
    graph = check_project(tmp_path).graph
    return {item.function.dotted.removeprefix("app.flow.") for item in graph.flow}


@pytest.mark.parametrize(
    ("body", "functions"),
    [
        ("rank(1)", {"rank"}),
        ("sorted(xs, key=rank)", {"rank"}),
        ("sorted(xs, key=lambda x: rank(x))", {"rank"}),
        ("def inner(): rank(1)\n    inner()", {"rank"}),
        ("[rank(x) for x in xs]", {"rank"}),
        ("Book()", {"Book.__init__", "Book.setup", "marker"}),
        ("book.total()", {"Book.total", "Book._sum"}),
        ("x = Book()\n    x.total()", {"Book.__init__", "Book.setup", "marker", "Book.total", "Book._sum"}),
        ("book.size", {"Book.size", "marker"}),
        ("await work(1)", set()),
        ("x.unknown()", set()),
    ],
)
def test_functions_are_followed(tmp_path: Path, body: str, functions: set[str]) -> None:
    """Calls, mentions, methods and constructors are followed; steps are where following stops."""
    assert reached_by(tmp_path, body) == functions | {"flow"}


def test_the_chain_is_the_shortest_way(tmp_path: Path) -> None:
    """Each hop is the call, with the function that it stands in."""
    write_project(
        tmp_path,
        """
        # file: app/flow.py
        from app.workflow import wf
        def a(): b()
        def b(): ...
        @wf.workflow
        async def flow():
            a()
        """,
    )
    graph = check_project(tmp_path).graph
    found = next(item for item in graph.flow if item.function.node.name == "b")
    assert [(hop.name, hop.span.line) for hop in found.chain] == [("flow", 6), ("a", 2)]


def test_calls_that_cannot_be_resolved_are_counted(tmp_path: Path) -> None:
    """They are no findings."""
    write_project(
        tmp_path,
        """
        # file: app/flow.py
        from app.workflow import wf
        @wf.workflow
        async def flow(x, y):
            x.go()
            y()
            print(1)
        """,
    )
    checked = check_project(tmp_path)
    assert checked.summary.unresolved_calls == 2
    assert checked.diagnostics == ()


@pytest.mark.parametrize(
    ("body", "functions"),
    [
        ("with Desk() as desk: ...", {"Desk.__enter__", "Desk.__exit__", "rank", "marker"}),
        ("for page in Desk(): ...", {"Desk.__iter__", "rank"}),
        ("await Desk()", {"Desk.__await__", "rank"}),
        ("desk = Desk()\n    desk(1)", {"Desk.__call__", "rank"}),
        ("Desk().book.size", {"Desk.book", "Book.size", "marker"}),
        ("Desk().book.total()", {"Desk.book", "Book.total", "Book._sum"}),
        ("Order(name='')", {"Order.check", "rank"}),
        ("Library().total()", {"Book.__init__", "Book.setup", "marker", "Library.total", "Book.total", "Book._sum"}),
    ],
)
def test_what_is_called_without_a_call_is_followed(tmp_path: Path, body: str, functions: set[str]) -> None:
    """A `with`, a loop, an `await`, properties on the way, validators of models, `super()`."""
    assert reached_by(tmp_path, body) == functions | {"flow"}
