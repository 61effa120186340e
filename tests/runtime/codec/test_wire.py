"""The recorded form itself: runs that are in flight hold these bytes, so they must not change."""

from __future__ import annotations

import dataclasses
import enum
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path, PureWindowsPath
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from wfc.codec import Codec, digest
from wfc.codec.plain import _SHOWN
from wfc.codec.scalars import READERS
from wfc.errors import SerializationError, TypeValidationError


class AppNames:
    """Names every class as if it came from `app.models`."""

    def name_of(self, cls: type) -> str:
        """Return the name that the golden bytes hold."""
        return f"app.models:{cls.__qualname__}"


class Color(enum.Enum):
    """An enum."""

    RED = "red"


class Draft(BaseModel):
    """A model."""

    title: str
    tags: set[str] = set()


@dataclasses.dataclass
class Point:
    """A dataclass."""

    x: int


class Pair(NamedTuple):
    """A named tuple."""

    a: int


GOLDEN: list[tuple[Any, str, Any]] = [
    ({"topic": "a", "n": [1, 2.5, None, True]}, '{"topic":"a","n":[1,2.5,null,true]}', None),
    ("é\U0001f600", '"\\u00e9\\ud83d\\ude00"', None),
    ({"$": 1}, '{"$":"dict","v":[["$",1]]}', {"$": 1}),
    ({1: "a", "1": "b"}, '{"$":"dict","v":[[1,"a"],["1","b"]]}', {"1": "b"}),
    ((1, [2]), '{"$":"tuple","v":[1,[2]]}', [1, [2]]),
    ({"b", "a"}, '{"$":"set","v":["a","b"]}', ["a", "b"]),
    (frozenset([2, 1]), '{"$":"frozenset","v":[1,2]}', [1, 2]),
    (1 << 64, '{"$":"int","v":"0x10000000000000000"}', 1 << 64),
    (float("inf"), '{"$":"float","v":"inf"}', "inf"),
    ("\ud800", '{"$":"str","v":"7aCA"}', "\ud800"),
    (b"\xff\x00", '{"$":"bytes","v":"/wA="}', "/wA="),
    (1 - 2j, '{"$":"complex","v":["1.0","-2.0"]}', "(1-2j)"),
    (timedelta(days=1, seconds=2), '{"$":"timedelta","v":86402000000}', "P1DT2S"),
    (timedelta(microseconds=-1500), '{"$":"timedelta","v":-1500}', "-PT0.0015S"),
    (date(2026, 1, 2), '{"$":"date","v":"2026-01-02"}', "2026-01-02"),
    (time(1, 2, 3, 4), '{"$":"time","v":"01:02:03.000004"}', "01:02:03.000004"),
    (
        datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
        '{"$":"datetime","v":"2026-01-02T03:04:05.000006","z":0}',
        "2026-01-02T03:04:05.000006+00:00",
    ),
    (
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
        '{"$":"datetime","v":"2026-10-25T02:30:00","z":"Europe/Berlin","f":1}',
        "2026-10-25T02:30:00+01:00",
    ),
    (
        datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=-5), "EST")),
        '{"$":"datetime","v":"2026-01-02T00:00:00","z":[-18000000000,"EST"]}',
        "2026-01-02T00:00:00-05:00",
    ),
    (Decimal("1.50"), '{"$":"decimal","v":"1.50"}', "1.50"),
    (
        UUID("12345678123456781234567812345678"),
        '{"$":"uuid","v":"12345678-1234-5678-1234-567812345678"}',
        "12345678-1234-5678-1234-567812345678",
    ),
    (Path("/a/b"), '{"$":"path","v":"/a/b"}', "/a/b"),
    (PureWindowsPath("c:/x"), '{"$":"path","v":"c:\\\\x","k":"windows"}', "c:\\x"),
    (Color.RED, '{"$":"enum","c":"app.models:Color","n":"RED","v":"red"}', "red"),
    (
        Draft(title="t"),
        '{"$":"model","c":"app.models:Draft","s":["title"],"f":{"title":"t","tags":{"$":"set","v":[]}}}',
        {"title": "t", "tags": []},
    ),
    (Point(1), '{"$":"dataclass","c":"app.models:Point","f":{"x":1}}', {"x": 1}),
    (Pair(1), '{"$":"namedtuple","c":"app.models:Pair","f":{"a":1}}', {"a": 1}),
]


@pytest.mark.parametrize(("value", "text", "plain"), GOLDEN, ids=[text[:40] for _, text, _ in GOLDEN])
def test_the_bytes_of_a_value(value: Any, text: str, plain: Any) -> None:
    """Each kind of value has one form, and one plain form for people."""
    codec = Codec(AppNames())
    assert codec.encode(value).decode() == text
    assert codec.to_plain(text.encode()) == (value if plain is None else plain)


def test_a_digest_has_128_bits() -> None:
    """Arguments are compared by digest."""
    assert len(digest(b"x")) == 16
    assert digest(b"x") != digest(b"y")


tags = st.sampled_from([*READERS, *_SHOWN, "nonsense"])
class_names = st.sampled_from(
    [f"{__name__}:{name}" for name in ("Draft", "Point", "Pair", "Color", "nothing")]
    + ["builtins:type", "builtins:list", "os:system", "subprocess:Popen", ":", "", "a:b:c"]
)
nodes = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), class_names),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.fixed_dictionaries(
            {"$": st.one_of(tags, inner)},
            optional={
                "v": inner,
                "c": st.one_of(class_names, inner),
                "f": st.one_of(st.fixed_dictionaries({"title": inner, "x": inner}), inner),
                **dict.fromkeys(("n", "a", "s", "x", "p", "i", "k", "z"), inner),
            },
        ),
    ),
    max_leaves=10,
)


@given(st.binary(max_size=60))
def test_arbitrary_bytes_raise_only_serialization_error(data: bytes) -> None:
    """Decoding is safe on what nobody wrote."""
    for read in (Codec().decode, Codec().to_plain):
        try:
            read(data)
        except SerializationError:
            continue


@given(nodes)
def test_arbitrary_tagged_json_raises_only_the_two_errors(node: Any) -> None:
    """A tagged object that the codec hasn't written is refused, whatever its parts are."""
    import json

    data = json.dumps(node).encode()
    for read in (Codec().decode, Codec().to_plain):
        try:
            read(data)
        except (SerializationError, TypeValidationError):
            continue


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"NaN",
        b'[{"$":"x"},Infinity]',
        b"\xff",
        b'{"$":"nonsense"}',
        b'{"$":[]}',
        b'{"$":"set","v":[[]]}',
        b'{"$":"datetime","v":"2026-01-01T00:00:00","z":"../../etc/passwd"}',
        b'{"$":"datetime","v":"2026-01-01T00:00:00","z":"Mars/Olympus"}',
        b'{"$":"float","v":"1.0"}',
        b'{"$":"int","v":5}',
        b"[" * 100_000,
        b'{"$":"tuple","v":' * 5_000,
        b"1" * 5_000,
    ],
    ids=range(15),
)
def test_bytes_that_are_refused(data: bytes) -> None:
    """Malformed, unknown, too deep, too long."""
    with pytest.raises(SerializationError):
        Codec().decode(data)


def test_decoding_imports_nothing() -> None:
    """A class name in the data is looked up among the loaded modules only."""
    import sys

    sys.modules.pop("this", None)
    value = Codec().decode(b'{"$":"dataclass","c":"this:Thing","f":{"a":1}}')
    assert value == {"a": 1}
    assert "this" not in sys.modules
