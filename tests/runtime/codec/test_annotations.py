"""Annotations decide what a body gets, and run no validator twice."""

from __future__ import annotations

import dataclasses
import sys
import typing
from typing import Annotated, Any, ClassVar, Literal, Optional, Union

import pydantic
import pytest
import typing_extensions
from pydantic import BaseModel, ConfigDict, Field

from wfc.codec import Codec, serializable
from wfc.errors import TypeValidationError

CODEC = Codec()


class Counted(BaseModel):
    """Counts how often its validator has run."""

    runs: ClassVar[int] = 0

    kind: Literal["counted"] = "counted"
    a: int = 0

    @pydantic.model_validator(mode="after")
    def count(self) -> Counted:
        """Count."""
        type(self).runs += 1
        return self


class Other(BaseModel):
    """Another member of a union."""

    kind: Literal["other"] = "other"
    a: int = 0


class Checked(BaseModel):
    """Wants its instances checked again."""

    model_config = ConfigDict(revalidate_instances="always")

    a: int


@dataclasses.dataclass
class Point:
    """A dataclass."""

    x: int


class Tree(typing.TypedDict):
    """A typed dict that holds itself."""

    value: int
    children: list[Tree]


class Partial(typing_extensions.TypedDict, total=False):
    """Some keys may be missing."""

    a: typing_extensions.Required[int]
    b: Point


class Strict(typing_extensions.TypedDict):
    """Says itself what it does with other keys."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    a: int


@serializable
class Money:
    """A class that pydantic doesn't know."""

    def __init__(self, cents: int) -> None:
        self.cents = cents

    def _workflow_serialize(self) -> int:
        return self.cents

    @classmethod
    def _workflow_deserialize(cls, data: int) -> Money:
        return cls(data)


def decoded(value: Any, annotation: Any) -> Any:
    """Encode a value and decode it under an annotation."""
    return CODEC.decode(CODEC.encode(value), annotation)


@pytest.mark.parametrize(
    "annotation",
    [Counted, Counted | None, list[Counted], dict[str, Counted], Counted | Other, Annotated[Counted, Field()]],
    ids=str,
)
def test_an_instance_is_not_validated_again(annotation: Any) -> None:
    """Its validators have seen it before it was recorded."""
    value = Counted(a=1)
    whole: Any = {"list": [value], "dict": {"k": value}}.get(getattr(annotation, "__name__", ""), value)
    before = Counted.runs
    assert decoded(whole, annotation) == whole
    assert Counted.runs == before


def test_an_instance_is_validated_again_where_its_class_asks_for_it() -> None:
    """`revalidate_instances` is the user's own wish."""
    with pytest.raises(TypeValidationError, match="valid integer"):
        decoded(Checked.model_construct(a="x"), Checked)


def test_unions_of_models() -> None:
    """By instance, by fields, and by a discriminator."""
    tagged = Annotated[Union[Counted, Other], Field(discriminator="kind")]  # noqa: UP007
    for annotation in (Counted | Other, tagged, list[tagged]):
        for value in (Counted(a=1), Other(a=2), {"kind": "other", "a": 3}):
            whole = [value] if annotation == list[tagged] else value
            back = decoded(whole, annotation)
            item = back[0] if isinstance(back, list) else back
            assert type(item) is (Counted if isinstance(value, Counted) else Other)


def test_dataclasses_are_made_of_dicts() -> None:
    """A dict of the fields is enough."""
    assert decoded({"x": "3"}, Point) == Point(3)
    assert decoded([Point(1), {"x": 2}], list[Point]) == [Point(1), Point(2)]
    with pytest.raises(TypeValidationError):
        decoded({"y": 1}, Point)


def test_typed_dicts() -> None:
    """Nested and recursive ones are checked; unnamed keys stay unless the class forbids them."""
    tree = {"value": 1, "children": [{"value": 2, "children": []}], "more": (1,)}
    assert decoded(tree, Tree) == tree
    with pytest.raises(TypeValidationError, match="value"):
        decoded({"value": "x", "children": []}, Tree)
    assert decoded({"a": 1, "b": {"x": 2}, "c": 3}, Partial | None) == {"a": 1, "b": Point(2), "c": 3}
    with pytest.raises(TypeValidationError, match="a: Field required"):
        decoded({"b": {"x": 2}}, Optional[Partial])  # noqa: UP045
    with pytest.raises(TypeValidationError, match="b: Extra inputs are not permitted"):
        decoded({"a": 1, "b": 2}, Strict)


def test_a_class_that_pydantic_does_not_know_is_checked_by_isinstance() -> None:
    """Also inside of containers."""
    assert decoded([Money(5)], list[Money])[0].cents == 5
    with pytest.raises(TypeValidationError, match="instance of Money"):
        decoded([5], list[Money])


def test_an_annotation_that_pydantic_refuses_checks_nothing() -> None:
    """Such a parameter takes what it is given."""
    assert decoded(5, "NotAName") == 5
    assert decoded(5, list["NotAName"]) == 5  # type: ignore[name-defined]  # noqa: F821


def test_exact_scalars_need_no_validator() -> None:
    """`import wfc.codec` and calls with plain arguments work without pydantic being loaded."""
    import subprocess

    code = (
        "import sys\n"
        "from wfc.codec import Codec, SignatureCodec\n"
        "async def step(*, topic: str, n: int = 1) -> str: ...\n"
        "sig = SignatureCodec(step, Codec())\n"
        "sig.decode_args(sig.encode_args((), {'topic': 'x', 'n': 2}))\n"
        "sig.decode_result(sig.encode_result('y'))\n"
        "print([name for name in ('pydantic', 'libcst', 'jinja2', 'click', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
