"""JSON schemas from annotations as they stand in the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..conftest import Compile

HEAD = """\
# file: app/steps.py
import dataclasses, enum, typing, datetime, uuid
from typing import Any, Literal, Optional, Union
import pydantic
from app.workflow import wf
class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"
@dataclasses.dataclass
class Leaf:
    n: int
    s: str = ""
class Tree(pydantic.BaseModel):
    leaf: Leaf
    more: "list[Tree]" = []
Ids = list[int]
class Odd: pass
@wf.step
"""

CASES: list[tuple[str, dict[str, Any]]] = [
    ("int", {"type": "integer"}),
    ("'str'", {"type": "string"}),
    ("float | None", {"anyOf": [{"type": "number"}, {"type": "null"}]}),
    ("Optional[bool]", {"anyOf": [{"type": "boolean"}, {"type": "null"}]}),
    ("Union[int, str, None]", {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}),
    ("Any", {}),
    (
        "list[dict[str, int]]",
        {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "integer"}}},
    ),
    ("tuple[int, ...]", {"type": "array", "items": {"type": "integer"}}),
    (
        "tuple[int, str]",
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2},
    ),
    ("Literal['a', 1]", {"enum": ["a", 1]}),
    ("typing.Annotated[int, 'note']", {"type": "integer"}),
    ("datetime.datetime", {"type": "string", "format": "date-time"}),
    ("uuid.UUID", {"type": "string", "format": "uuid"}),
    ("Colour", {"title": "Colour", "enum": ["red", "blue"], "x-wfc-type": "app.steps.Colour"}),
    ("Ids", {"type": "array", "items": {"type": "integer"}}),
    ("Odd", {"x-wfc-type": "app.steps.Odd"}),
    ("unknown.Thing", {"x-wfc-type": "unknown.Thing"}),
    (
        "Leaf",
        {
            "title": "Leaf",
            "type": "object",
            "properties": {"n": {"type": "integer"}, "s": {"type": "string"}},
            "required": ["n"],
            "x-wfc-type": "app.steps.Leaf",
        },
    ),
]


@pytest.mark.parametrize(("annotation", "schema"), CASES, ids=[case[0] for case in CASES])
def test_a_result_is_described(compile_text: Compile, annotation: str, schema: dict[str, Any]) -> None:
    """The manifest has the schema of a step's return annotation."""
    head = HEAD.replace("import pydantic", "import pydantic, unknown")
    compiled = compile_text(f"{head}def work() -> {annotation}: ...\n")
    assert compiled.result.build is not None
    assert compiled.result.build.manifest.steps["app/steps.py"]["work"].output == schema


def test_a_recursive_model_ends(compile_text: Compile) -> None:
    """A model that holds itself is described once."""
    compiled = compile_text(f"{HEAD}def work(t: Tree, /, *, k: int = 1, **rest): ...\n")
    assert compiled.result.build is not None
    found = compiled.result.build.manifest.steps["app/steps.py"]["work"].input
    assert found["required"] == ["t"]
    assert found["additionalProperties"] is True
    assert found["properties"]["t"]["properties"]["more"]["items"] == {"x-wfc-type": "app.steps.Tree"}


FIELDS = """\
# file: app/steps.py
import dataclasses, typing
from dataclasses import field
import pydantic
from pydantic import Field
from app.workflow import wf
class Model(pydantic.BaseModel):
    lines: list[int] = pydantic.Field(min_length=1)
    dots: int = Field(...)
    dotted: int = ...
    text: str = Field("x", max_length=3)
    made: list[int] = Field(default_factory=list)
    named: int = Field(default=1)
    noted: typing.Annotated[int, Field(gt=0)]
    given: typing.Annotated[int, Field(default=1)]
class Below(Model):
    dots: int = 4
    text: str
@dataclasses.dataclass
class Data:
    plain: int = field(repr=False)
    made: list[int] = dataclasses.field(default_factory=list)
    late: int = field(init=False)
class Part(typing.TypedDict, total=False):
    some: int
    must: typing.Required[int]
class Whole(Part):
    all: int
    may: typing.NotRequired[int]
@wf.step
"""


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("Model", ["lines", "dots", "dotted", "noted"]),
        ("Below", ["lines", "dotted", "text", "noted"]),
        ("Data", ["plain"]),
        ("Whole", ["must", "all"]),
    ],
)
def test_a_field_without_default_is_required(compile_text: Compile, name: str, required: list[str]) -> None:
    """A call of `Field` or `field` is a default only where it gives one; subclasses may change that."""
    compiled = compile_text(f"{FIELDS}def work() -> {name}: ...\n")
    assert compiled.result.build is not None
    assert compiled.result.build.manifest.steps["app/steps.py"]["work"].output["required"] == required


def test_types_that_double_with_each_level_are_left_open(compile_text: Compile) -> None:
    """A schema of a handful of aliases that hold each other twice would not fit on any disk."""
    aliases = "A0 = int | str\n" + "".join(f"A{n + 1} = tuple[A{n}, A{n}]\n" for n in range(40))
    head = HEAD.removesuffix("@wf.step\n")
    compiled = compile_text(f"{head}{aliases}@wf.step\ndef f(x: A40) -> A3: ...\n")
    assert compiled.result.build is not None
    entry = compiled.result.build.manifest.steps["app/steps.py"]["f"]
    assert 1_000 < len(repr(entry.input)) < 1_000_000
    assert repr(entry.output).count("integer") == 2**3
