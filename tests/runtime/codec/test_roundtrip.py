"""Every durable value comes back equal, of the same type, from the same bytes in every process."""

from __future__ import annotations

import dataclasses
import enum
import math
import os
import subprocess
import sys
import typing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from zoneinfo import ZoneInfo

import pydantic
from hypothesis import given
from hypothesis import strategies as st

from wfc.codec import Codec

CODEC = Codec()


class Color(enum.Enum):
    """Members with values of several types."""

    RED = 1
    BLUE = ("b", 2)
    OTHER = object()


class Access(enum.Flag):
    """Members that combine."""

    READ = 1
    WRITE = 2


class Level(enum.IntEnum):
    """Members that are ints."""

    LOW = 1


class Kind(enum.StrEnum):
    """Members that are texts."""

    A = "a"


class Model(pydantic.BaseModel):
    """A model with everything that pydantic's own JSON loses."""

    model_config = pydantic.ConfigDict(extra="allow", arbitrary_types_allowed=True)

    value: Any = None
    hidden: Any = pydantic.Field(default=None, exclude=True, alias="Hidden")
    _private: Any = pydantic.PrivateAttr(default=None)


class Sub(Model):
    """A subclass, for fields that are annotated with the base."""

    more: Any = None


class Holder(pydantic.BaseModel):
    """Holds a subclass in a field of the base class."""

    item: Model | None = None


@dataclasses.dataclass
class Data:
    """A plain dataclass."""

    value: Any
    items: list[Any] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    """Frozen, with slots."""

    value: Any


class Named(typing.NamedTuple):
    """A named tuple."""

    left: Any
    right: Any = None


zones = st.one_of(
    st.none(),
    st.just(UTC),
    st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23))),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu"]).map(ZoneInfo),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(allow_nan=False),
    st.complex_numbers(allow_nan=False),
    st.text(st.characters(exclude_categories=())),
    st.binary(),
    st.datetimes(timezones=zones),
    st.datetimes(timezones=zones).map(lambda moment: moment.replace(fold=1)),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.uuids(),
    st.text("abc/. \ud800", min_size=1).map(Path),
    st.text("abc/.", min_size=1).map(PurePosixPath),
    st.text("abc\\.", min_size=1).map(lambda text: PureWindowsPath("c:" + text)),
    st.sampled_from([*Color, *Level, *Kind, Access.READ, Access.READ | Access.WRITE, Access(0)]),
)
hashables = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.tuples(inner, inner),
        st.frozensets(inner, max_size=3),
        st.builds(Frozen, inner),
        st.builds(Named, inner, inner),
    ),
    max_leaves=4,
)


def models(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Make models with a private attribute, an extra and a field that is left at its default."""

    def make(cls: type[Model], value: Any, private: Any, extra: dict[str, Any]) -> Model:
        model = cls(**{"value": value, "Hidden": value, **{f"x_{key}": item for key, item in extra.items()}})
        model._private = private
        return model

    extras = st.dictionaries(st.sampled_from(["$", "a b", "c"]), inner, max_size=2)
    return st.builds(make, st.sampled_from([Model, Sub]), inner, inner, extras)


values = st.recursive(
    st.one_of(scalars, hashables),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.text(), st.sampled_from(["$", "v"])), inner, max_size=4),
        st.dictionaries(hashables, inner, max_size=3),
        st.sets(hashables, max_size=4),
        st.builds(Data, inner, st.lists(inner, max_size=2)),
        st.builds(Named, inner, inner),
        models(inner),
        models(inner).map(lambda model: Holder(item=model)),
    ),
    max_leaves=12,
)


def same(left: Any, right: Any) -> bool:
    """Are two values equal with equal types all the way down? Bytes are compared by the caller as well."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return all(same(a, b) and same(left[a], right[b]) for a, b in zip(left, right, strict=True))
    if isinstance(left, float):
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    if isinstance(left, datetime):
        return left == right and repr(left) == repr(right)
    if isinstance(left, Decimal):
        return str(left) == str(right)
    if isinstance(left, pydantic.BaseModel):
        private = (left.__pydantic_private__ or {}, right.__pydantic_private__ or {})
        return left == right and left.model_fields_set == right.model_fields_set and same(*private)
    return bool(left == right)


@given(values)
def test_a_value_comes_back_the_same(value: Any) -> None:
    """Decoding gives an equal value of equal type, which encodes to the same bytes."""
    data = CODEC.encode(value)
    back = CODEC.decode(data)
    assert same(back, value)
    assert CODEC.encode(back) == data
    assert data.isascii()


@given(values)
def test_every_value_has_a_plain_form(value: Any) -> None:
    """What was recorded can be shown as JSON, without its classes."""
    import json

    json.dumps(CODEC.to_plain(CODEC.encode(value)))


def test_nan_and_the_infinities_come_back() -> None:
    """JSON has no number for them."""
    back = CODEC.decode(
        CODEC.encode([math.nan, math.inf, -math.inf, -0.0, complex(math.nan, math.inf), Decimal("sNaN")])
    )
    assert math.isnan(back[0])
    assert back[1:3] == [math.inf, -math.inf]
    assert math.copysign(1, back[3]) == -1
    assert math.isnan(back[4].real)
    assert back[5].is_snan()


def test_two_surrogates_in_a_row_stay_two_code_points() -> None:
    """JSON's escapes would join them to one character."""
    text = "\ud83d\ude00"
    assert CODEC.decode(CODEC.encode(text)) == text
    assert CODEC.decode(CODEC.encode({text: [text]})) == {text: [text]}
    assert CODEC.decode(CODEC.encode("\U0001f600")) == "\U0001f600"


def test_an_int_beyond_the_digit_limit_comes_back() -> None:
    """`json` and `int(str)` refuse more than 4,300 digits."""
    for number in (10**5000, -(10**5000), 2**64, -(2**64), 2**64 - 1):
        assert CODEC.decode(CODEC.encode(number)) == number


CORPUS = """
import sys
from wfc.codec import Codec, digest
words = [f"word{i}" for i in range(50)]
value = {"s": set(words), "f": frozenset((w, len(w)) for w in words), "n": [{1, 2.5, "x", (1, b"y"), None}]}
sys.stdout.write(digest(Codec().encode(value)).hex())
"""


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    """A set is written in the order of its elements' bytes."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", CORPUS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2", "77")
    }
    assert len(digests) == 1
    assert len(digests.pop()) == 32
