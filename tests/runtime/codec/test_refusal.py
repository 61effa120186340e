"""What can't be recorded: the message has the path, the type and what to do instead."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import re
import threading
import types
from collections.abc import Iterator
from datetime import datetime, tzinfo
from fractions import Fraction
from typing import Any

import pydantic
import pytest

from wfc.codec import Codec
from wfc.errors import SerializationError


class Thing:
    """A class that nobody registered."""


class Slug(str):
    """A text with a class of its own."""

    __slots__ = ()


@dataclasses.dataclass
class Box:
    """A dataclass."""

    items: list[Any]


class Model(pydantic.BaseModel):
    """A model."""

    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)

    inner: Any
    _private: Any = None


class Nowhere(tzinfo):
    """A time zone that doesn't know its offset."""

    def utcoffset(self, moment: datetime | None) -> None:
        """Return nothing."""

    def dst(self, moment: datetime | None) -> None:
        """Return nothing."""

    def tzname(self, moment: datetime | None) -> None:
        """Return nothing."""


def generate() -> Iterator[int]:
    """Yield one number."""
    yield 1


def encode(value: object) -> str:
    """Return the message of the refusal."""
    with pytest.raises(SerializationError) as caught:
        Codec().encode(value, ".args[0]")
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "found", "fix"),
    [
        (lambda: 1, "a function", "pass data"),
        (print, "a function", "pass data"),
        ([].append, "a function", "pass data"),
        (Thing, "a class", "pass its name"),
        (list[int], "a class", "pass its name"),
        (types, "a module", "import it where it is used"),
        (generate(), "an iterator", "list(value)"),
        (range(3), "an iterator", "list(value)"),
        ({}.keys(), "a view", "list(value)"),
        (collections.deque(), "a queue", "list(value)"),
        (bytearray(), "a buffer", "bytes(value)"),
        (types.MappingProxyType({}), "a view of a dict", "dict(value)"),
        (threading.Lock(), "a lock", "create it where it is used"),
        (asyncio.Event(), "a lock", "create it where it is used"),
        (ValueError("x"), "an exception", "raise it"),
        (collections.OrderedDict(), "collections.OrderedDict is a subclass of dict", "pass dict(value)"),
        (collections.defaultdict(list), "a subclass of dict", "pass dict(value)"),
        (Slug("x"), "a subclass of str", "pass str(value)"),
        (Fraction(1, 2), "fractions.Fraction can't be recorded", "str(value)"),
        (re.compile("x"), "re.Pattern can't be recorded", "pass the data it is made from"),
        (object(), "object can't be recorded", "pass the data"),
        (Thing(), "Thing is not a type that can be recorded", "@wfc.serializable"),
        (pydantic.SecretStr("x"), "a secret", "read the secret in the step"),
        (datetime(2026, 1, 1, tzinfo=Nowhere()), "time zone", "zoneinfo"),
    ],
)
def test_a_refused_value(value: object, found: str, fix: str) -> None:
    """Type and fix are in the message."""
    message = encode(value)
    assert message.startswith("can't record the value at .args[0]: ")
    assert found in message
    assert fix in message


async def nothing() -> None:
    """Do nothing."""


def test_a_coroutine_is_told_to_be_awaited() -> None:
    """The most common mistake has its own words."""
    coroutine = nothing()
    assert "await it and pass its result" in encode(coroutine)
    coroutine.close()


def test_an_open_file(tmp_path: Any) -> None:
    """A path can be passed, a file can't."""
    with (tmp_path / "x").open("w") as file:
        assert "pass its path or its content" in encode(file)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"items": [1, 2, Thing()]}, ".items[2]"),
        ({"two words": Thing()}, "['two words']"),
        ({1: Thing()}, "[1]"),
        ({(1, Thing()): 2}, "(key 0)[1]"),
        ((1, Thing()), "[1]"),
        ({Thing()}, "{...}"),
        ([Box([0, Thing()])], "[0].items[1]"),
        (Model(inner={"a": Thing()}), ".inner.a"),
        ([[[[Thing()]]]], "[0][0][0][0]"),
        ({"$": Thing()}, "['$']"),
    ],
)
def test_the_path_leads_to_the_value(value: object, path: str) -> None:
    """The place is spelled as one would write it in Python."""
    assert encode(value).startswith(f"can't record the value at .args[0]{path}: ")


def test_a_private_attribute_is_named() -> None:
    """Private attributes are recorded, so they can be refused too."""
    model = Model(inner=1)
    model._private = Thing()
    assert "at .args[0]._private: " in encode(model)


def test_a_cycle_is_named_where_it_closes() -> None:
    """The path ends at the place that leads back."""
    loop: list[Any] = []
    loop.append({"a": (loop,)})
    assert encode({"x": loop}).startswith("can't record the value at .args[0].x[0].a[0]: it contains itself (a cycle)")
    box = Box([])
    box.items.append(box)
    assert "at .args[0].items[0]: it contains itself" in encode(box)


def test_the_depth_is_limited() -> None:
    """Too deep is a message, never a RecursionError; the limit itself still works."""
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    assert Codec().decode(Codec().encode(deep)) == deep
    pairs: Any = 1
    for _ in range(200):
        pairs = {(): pairs}
    assert Codec().decode(Codec().encode(pairs)) == pairs
    for _ in range(2000):
        deep = [deep]
    message = encode(deep)
    assert "nested more than 200 levels" in message
    assert len(message) < 500


def test_an_unprintable_key_does_not_hide_the_message() -> None:
    """A user's `__repr__` may fail."""

    @dataclasses.dataclass(frozen=True, repr=False)
    class Key:
        def __repr__(self) -> str:
            raise RuntimeError

    assert "[Key]" in encode({Key(): Thing()})
