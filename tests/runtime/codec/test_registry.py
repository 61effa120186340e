"""Classes that say themselves how they are recorded."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

import pydantic
import pytest

from wfc.codec import Codec, register_serializable, serializable
from wfc.errors import SerializationError

CODEC = Codec()


@serializable
class Money:
    """Registered under its own name."""

    def __init__(self, cents: int, parts: Any = ()) -> None:
        self.cents = cents
        self.parts = parts

    def _workflow_serialize(self) -> object:
        return {"cents": self.cents, "parts": self.parts}

    @classmethod
    def _workflow_deserialize(cls, data: Any) -> Money:
        return cls(data["cents"], data["parts"])


@serializable(class_id="color")
class Color(enum.Enum):
    """An enum with an id."""

    RED = 1


class ThirdParty:
    """A class that can't be changed."""

    def __init__(self, text: str) -> None:
        self.text = text


register_serializable(
    ThirdParty, class_id="third", serialize=lambda value: value.text, deserialize=lambda data: ThirdParty(data)
)


class Nobody:
    """A resolver that knows no class."""

    def find(self, class_name: str) -> type | None:
        """Find nothing."""
        return None


def test_a_registered_class_comes_back() -> None:
    """Its data may hold anything that the codec writes."""
    back = CODEC.decode(CODEC.encode([Money(5, ({1, 2}, Money(1)))]))[0]
    assert type(back) is Money
    assert back.parts[0] == {1, 2}
    assert back.parts[1].cents == 1
    assert CODEC.decode(CODEC.encode(ThirdParty("x"))).text == "x"
    assert CODEC.decode(CODEC.encode(Color.RED)) is Color.RED
    assert CODEC.to_plain(CODEC.encode(Money(5))) == {"cents": 5, "parts": []}


def test_a_renamed_class_is_found_by_its_id() -> None:
    """Only among the classes that the resolver knows under their present name."""
    data = CODEC.encode(ThirdParty("x")).replace(b":ThirdParty", b":OldName")
    assert CODEC.decode(data).text == "x"
    foreign = Codec(resolver=Nobody()).decode(data)
    assert foreign == {"value": "x"}
    assert Codec(resolver=Nobody()).encode(foreign) == data


def test_a_subclass_is_not_registered_by_its_base() -> None:
    """It would come back as the base."""

    class More(Money):
        pass

    with pytest.raises(SerializationError, match="More is not a type that can be recorded"):
        CODEC.encode(More(1))


def test_a_value_that_gives_itself_as_its_data_is_refused() -> None:
    """No endless recursion."""

    @serializable
    class Loop:
        def _workflow_serialize(self) -> object:
            return self

        @classmethod
        def _workflow_deserialize(cls, data: Any) -> Loop:
            return cls()

    with pytest.raises(SerializationError, match="contains itself"):
        CODEC.encode(Loop())


def test_what_can_not_be_registered() -> None:
    """Models and dataclasses travel as they are; other classes need the two methods."""

    class Model(pydantic.BaseModel):
        pass

    @dataclasses.dataclass
    class Data:
        pass

    class Plain:
        pass

    with pytest.raises(TypeError, match="Model is a pydantic model, which is recorded as it is"):
        serializable(Model)
    with pytest.raises(TypeError, match="Data is a dataclass"):
        register_serializable(Data, class_id="x", serialize=str, deserialize=lambda data: Data())
    with pytest.raises(TypeError, match="_workflow_serialize"):
        serializable(Plain)


def test_the_types_of_pydantic_annotations_need_no_registration() -> None:
    """They are what a model's field holds."""

    class Page(pydantic.BaseModel):
        url: pydantic.HttpUrl
        store: pydantic.PostgresDsn
        size: pydantic.ByteSize

    fields = {"url": "https://a.example/b?c=1", "store": "postgres://u:p@h1,h2/db", "size": "1kB"}
    page = Page.model_validate(fields)
    assert CODEC.decode(CODEC.encode(page), Page) == page
    for name in fields:
        kept = getattr(page, name)
        again = CODEC.decode(CODEC.encode(kept))
        assert again == kept
        assert type(again) is type(kept)
    assert CODEC.to_plain(CODEC.encode(page))["url"] == "https://a.example/b?c=1"
