"""Annotations as structures: what is followed, what is left open, and that it ends."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.compiler.rules.values.asking import HEAD
from wfc_compiler.checking import check_project
from wfc_compiler.rules.values.recordable import Recordable
from wfc_compiler.rules.values.registered import Registered
from wfc_compiler.types import Own, Types, show
from wfc_compiler.types.structure import Missing, Type

CLASSES = """
import models, unheard
from models import Order as Bought, Named
UserId = NewType("UserId", int)
Ids = list["UserId"]
Pairs = dict[str, T]
Json: TypeAlias = "dict[str, Json] | list[Json] | str"
One = Union["Two", int]
Two = Union[One, str]
Late: TypeAlias = "Bought"
if UserId:
    class Twice: ...
else:
    class Twice: ...
class Page(Generic[T]):
    class Inner: ...
"""
MODELS = "class Order: ...\nfrom typing import Sequence as Seq\nNamed = Seq[Order]\n"

READ = {
    "int": "int",
    "None": "None",
    "'int | None'": "int | None",
    "Optional['int']": "int | None",
    "Union[int, 'str', None]": "int | str | None",
    "List[int]": "list[int]",
    "Type[int]": "type[int]",
    "Tuple[int, ...]": "tuple[int, ...]",
    "typing.Deque[int]": "collections.deque[int]",
    "typing.AbstractSet[int]": "collections.abc.Set[int]",
    "Callable[[int], str]": "collections.abc.Callable",
    "Literal['a', 1, None]": "Literal['a', 1, None]",
    "Literal[Bought.NEW]": "Literal[...]",
    "Annotated[int, 'not a name']": "int",
    "Annotated['int', UserId]": "int",
    "Any": "Any",
    "object": "Any",
    "UserId": "int",
    "Ids": "list[int]",
    "Pairs[int]": "dict[str, int]",
    "Pairs": "dict[str, T]",
    "T": "T",
    "Json": "dict[str, app.Json] | list[app.Json] | str",
    "One": "app.One | str | int",
    "Bought": "Order",
    "Late": "Order",
    "models.Order": "Order",
    "Named": "collections.abc.Sequence[Order]",
    "list[Page[int]]": "list[Page[int]]",
    "Page.Inner": "Inner",
    "Twice": "app.Twice",
    "unheard.Thing": "unheard.Thing",
    "unheard.Thing[int]": "unheard.Thing[int]",
    "1 + 1": "1 + 1",
    "NotRequired[int]": "int",
    "'Nowhere'": "Nowhere",
    "'models.Nothing'": "Nothing",
    "'list['": "'list['",
}


def read(root: Path, text: str) -> tuple[Types, dict[str, Type]]:
    """Return the annotation of the parameter `x` of each function of a program, by the function's name."""
    (root / "models.py").write_text(MODELS, "utf-8")
    (root / "app.py").write_text(f"{HEAD}{CLASSES}{text}\n@wf.workflow\nasync def nothing(): ...\n", "utf-8")
    program = check_project(root).program
    module = program.modules["app"]
    types = Types(program.names)
    functions = [node for node in module.tree.body if hasattr(node, "args") and node.args.args]
    return types, {
        node.name: types.of(module, node.args.args[0].annotation)  # type: ignore[attr-defined]
        for node in functions
    }


def test_annotations_are_followed(tmp_path: Path) -> None:
    """Names, aliases, strings and generics come out as what they stand for."""
    _, found = read(tmp_path, "\n".join(f"def f{n}(x: {text}): ..." for n, text in enumerate(READ)))
    assert {text: show(found[f"f{n}"]) for n, text in enumerate(READ)} == READ


def test_what_nothing_defines_is_missing(tmp_path: Path) -> None:
    """A misspelt name is told from one that only run time knows."""
    texts = ["'Nowhere'", "'models.Nothing'", "'list['", "unheard.Thing", "Twice"]
    _, found = read(tmp_path, "\n".join(f"def f{n}(x: {text}): ..." for n, text in enumerate(texts)))
    assert [isinstance(type, Missing) for type in found.values()] == [True, True, True, False, False]


def test_equal_annotations_are_one_structure(tmp_path: Path) -> None:
    """So that what is known about one needs no second look."""
    _, found = read(tmp_path, "def f(x: list[int | Bought]): ...\ndef g(x: 'List[Union[int, models.Order]]'): ...")
    assert found["f"] is found["g"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="its syntax")
def test_the_syntax_of_3_12(tmp_path: Path) -> None:
    """`type` statements and type parameters are those that `TypeAlias` and `TypeVar` make."""
    text = """
type Pair[K, V] = dict[V, K]
type Tree = list[Tree] | int
class Box[V]:
    value: V
@dataclasses.dataclass
class Held[V: Bought](Box[V]):
    more: list[V]
def f(x: Pair[int, str]): ...
def g(x: Tree): ...
def h[V: (int, str)](x: list[V]): ...
def i(x: Held[bytes]): ...
"""
    types, found = read(tmp_path, text)
    assert [show(found[name]) for name in "fgh"] == ["dict[str, int]", "list[app.Tree] | int", "list[V]"]
    held = found["i"]
    assert isinstance(held, Own)
    assert [(field.name, show(type)) for field, type in types.fields(held) or ()] == [
        ("value", "bytes"),
        ("more", "list[bytes]"),
    ]


def test_it_ends_whatever_is_written(tmp_path: Path) -> None:
    """Aliases that double, deep nesting, long unions and classes that grow take no time to speak of."""
    doubling = "\n".join(f"D{n + 1} = tuple[D{n}, D{n}]" for n in range(60))
    growing = "\n".join(
        f"@dataclasses.dataclass\nclass C{n}(Generic[T]):\n    a: 'C{n + 1}[T]'\n    b: 'C{n + 1}[list[T]]'\n"
        for n in range(40)
    )
    text = f"""
D0 = int
{doubling}
{growing}
class C40: ...
def f(x: D60): ...
def g(x: {"list[" * 90}int{"]" * 90}): ...
def h(x: {" | ".join(["int"] * 900)}): ...
def i(x: C0[int]): ...
"""
    start = time.process_time()
    types, found = read(tmp_path, text)
    assert len(show(found["f"])) <= 80
    program = check_project(tmp_path).program
    recordable = Recordable(types, Registered(program, types))
    for type in found.values():
        recordable.leaving(type)
    assert time.process_time() - start < 10
