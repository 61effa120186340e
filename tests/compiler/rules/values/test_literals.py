"""Literals fit a parameter where the runtime takes them: the rule and the codec agree about every one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compiler.rules.values.asking import Read, comes_in
from wfc_compiler.callgraph import CallGraph, Receivers
from wfc_compiler.checking import check_project
from wfc_compiler.facts import Facts
from wfc_compiler.rules.base import Context

CLASSES = """
class Colour(enum.Enum):
    RED = 1
    BLUE = "b"
class Level(enum.IntEnum):
    LOW = 1
@dataclasses.dataclass
class Line:
    sku: str = ""
class Order(pydantic.BaseModel):
    id: int = 1
class Row(NamedTuple):
    a: int = 1
class Part(TypedDict, total=False):
    a: int
class Odd(pydantic.BaseModel):
    @pydantic.model_validator(mode="before")
    @classmethod
    def take(cls, data): return {}
"""
LEAVES = [
    *("int", "str", "float", "bool", "bytes", "complex", "None", "Any", "list", "dict", "tuple", "set", "frozenset"),
    *("datetime.date", "datetime.datetime", "datetime.timedelta", "decimal.Decimal", "uuid.UUID", "pathlib.Path"),
    *("fractions.Fraction", "ipaddress.IPv4Address", "httpx.URL", "Literal['a', 1]", "Literal[True]"),
    *("Colour", "Level", "Line", "Order", "Row", "Part", "Odd", "Annotated[int, pydantic.Field(gt=0)]"),
    *("Annotated[int, 'note']", "Annotated[list[int], pydantic.BeforeValidator(list)]"),
]


def _wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        inner.map("list[{}]".format),
        inner.map("Sequence[{}]".format),
        inner.map("dict[str, {}]".format),
        inner.map("tuple[{}, ...]".format),
        inner.map("Optional[{}]".format),
        st.tuples(inner, inner).map("Union[{0[0]}, {0[1]}]".format),
        st.tuples(inner, inner).map("tuple[{0[0]}, {0[1]}]".format),
    )


ANNOTATIONS = st.recursive(st.sampled_from(LEAVES), _wider, max_leaves=4)
SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 1, -7, 1.0, 1.5, "", "a", "b", "1", "x y", "true", "2020-01-01", "1.2.3.4", b"a", b"1"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "id"]), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=40)
@given(st.lists(st.tuples(ANNOTATIONS, VALUES), min_size=40, max_size=40))
def test_the_rule_takes_what_the_runtime_takes(cases: list[tuple[str, Any]]) -> None:
    """What is reported is refused at run time; what is made of plain types alone is reported if it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        functions = "".join(f"def f{n}(x: {annotation}): ...\n" for n, (annotation, _) in enumerate(cases))
        read = Read(Path(folder), CLASSES + functions)
        program = check_project(Path(folder)).program
        context = Context(program, CallGraph((), (), {}), Receivers(program), Facts.load({}))
        for number, (annotation, value) in enumerate(cases):
            function: Any = context.program.modules["app"].bindings[f"f{number}"][-1].node
            type = context.types.of(program.modules["app"], function.args.args[0].annotation)
            reported = context.expected.mismatch(type, value) is not None
            taken = comes_in(read.codec(f"f{number}"), value)
            assert not (reported and taken), (annotation, value)
            if not any(name in annotation for name in _OPEN):
                assert reported is not taken, (annotation, value)


# Nothing, or not all, is known about these.
_OPEN = ("Any", "Odd", "httpx", "Annotated", "Line", "Order", "Row", "Part", "Colour", "Level")
