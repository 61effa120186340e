"""Models, dataclasses, enums and named tuples: nothing is lost, no constructor runs, classes may have changed."""

from __future__ import annotations

import dataclasses
import enum
import functools
import typing
import uuid
from typing import Any, ClassVar, Generic, TypeVar

import pydantic
import pytest
from pydantic import BaseModel, Field, PrivateAttr

from wfc.codec import Codec, LoadedClasses, ModuleNames
from wfc.codec.objects import Foreign
from wfc.errors import SerializationError, TypeValidationError

T = TypeVar("T")


class Nobody:
    """A resolver that knows no class."""

    def find(self, class_name: str) -> type | None:
        """Find nothing."""
        return None


class Only:
    """A resolver that knows the given classes, under the names of this module."""

    def __init__(self, **classes: type) -> None:
        self._classes = classes

    def find(self, class_name: str) -> type | None:
        """Find by the last part of the name."""
        return self._classes.get(class_name.rpartition(":")[2])


CODEC = Codec()


def roundtrip(value: Any, resolver: Any = None) -> Any:
    """Encode and decode."""
    return Codec(resolver=resolver).decode(CODEC.encode(value))


class Base(BaseModel):
    """A base model."""

    a: int


class Derived(Base):
    """With a field more."""

    b: str = "b"


class Full(BaseModel):
    """A model that counts its validations and draws a random default."""

    model_config = pydantic.ConfigDict(validate_assignment=True)
    validations: ClassVar[int] = 0

    base: Base
    alias: int = Field(default=0, alias="theAlias")
    secret: str = Field(default="s", exclude=True)
    _token: str = PrivateAttr(default_factory=lambda: str(uuid.uuid4()))

    @pydantic.model_validator(mode="after")
    def count(self) -> Full:
        """Count."""
        Full.validations += 1
        return self


class Page(BaseModel, Generic[T]):
    """A generic model."""

    items: list[T]


class Root(pydantic.RootModel[list[int]]):
    """A model that is a list."""


@dataclasses.dataclass
class Order:
    """A dataclass with everything."""

    created: ClassVar[int] = 0

    price: int
    rate: dataclasses.InitVar[int]
    total: int = dataclasses.field(init=False)
    unset: int = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self, rate: int) -> None:
        Order.created += 1
        self.total = self.price * rate
        self.note = f"rate {rate}"

    @functools.cached_property
    def lock(self) -> Any:
        """Return something that can't be recorded."""
        return lambda: None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Frozen, with slots and a model inside."""

    x: int
    base: Base | None = None


class Pair(typing.NamedTuple):
    """A named tuple with a default."""

    a: int
    b: Base | None = None


class Color(enum.Enum):
    """An enum."""

    RED = 1
    BLUE = 2


def test_a_model_keeps_what_pydantic_json_loses() -> None:
    """Subclass in a field, private attribute, excluded and aliased fields, the set of fields; no validator runs."""
    model = Full(base=Derived(a=1, b="x"), theAlias=3)
    before = Full.validations
    back = roundtrip(model)
    assert Full.validations == before
    assert back == model
    assert type(back.base) is Derived
    assert (back.alias, back.secret, back._token) == (3, "s", model._token)
    assert back.model_fields_set == model.model_fields_set == {"base", "alias"}
    assert CODEC.decode(CODEC.encode(model), Full) == model
    assert Full.validations == before


def test_a_model_that_no_validator_would_accept_comes_back() -> None:
    """The state is restored, not built again."""
    assert roundtrip(Base.model_construct(a="not an int")).a == "not an int"


def test_generic_and_root_models() -> None:
    """The parameters of a generic model are part of its class."""
    for model in (Page[int](items=[1]), Page[Base](items=[Base(a=1)]), Page(items=[1]), Root([1, 2])):
        back = roundtrip(model)
        assert back == model
        assert type(back) is type(model)
    assert CODEC.to_plain(CODEC.encode(Root([1, 2]))) == [1, 2]


def test_a_dataclass_keeps_its_state_without_its_constructor() -> None:
    """`__post_init__` doesn't run again; what it set is kept; cached properties compute themselves again."""
    order = Order(2, 3)
    assert order.lock() is None
    before = Order.created
    back = roundtrip(order)
    assert Order.created == before
    assert back == order
    assert (back.total, back.note) == (6, "rate 3")
    assert "lock" not in vars(back)
    assert not hasattr(back, "unset")


def test_frozen_slots_and_named_tuples() -> None:
    """Neither `__setattr__` nor `__new__` of the user's is in the way."""
    for value in (Point(x=1, base=Derived(a=2)), Pair(1, Derived(a=3))):
        back = roundtrip(value)
        assert back == value
        assert type(back) is type(value)
        assert type(back.base if isinstance(back, Point) else back.b) is Derived


def test_a_dataclass_with_the_layout_of_a_builtin_is_refused() -> None:
    """`object.__new__` can't make it."""

    @dataclasses.dataclass
    class Odd(dict):  # type: ignore[type-arg]
        x: int

    with pytest.raises(SerializationError, match="subclass of dict"):
        CODEC.encode(Odd(1))


# -- classes that are unknown here


def test_an_unknown_class_is_a_dict_that_can_be_passed_on() -> None:
    """A workflow hands a value from step to step without having its class."""
    model = Full(base=Derived(a=1), theAlias=3)
    for value in (model, Point(x=1), Pair(1), [model, {"k": Order(1, 2)}]):
        data = CODEC.encode(value)
        there = Codec(resolver=Nobody())
        foreign = there.decode(data)
        assert there.encode(foreign) == data
    foreign = there.decode(CODEC.encode(model))
    assert isinstance(foreign, dict)
    assert foreign["base"] == {"a": 1, "b": "b"}
    foreign["alias"] = 4
    assert CODEC.decode(there.encode(foreign)).alias == 4


def test_unknown_objects_stay_usable_in_sets_and_as_keys() -> None:
    """A frozen dataclass may be a member of a set."""
    value = {Point(x=1), Point(x=2)}
    there = Codec(resolver=Nobody())
    assert CODEC.decode(there.encode(there.decode(CODEC.encode(value)))) == value


def test_an_unknown_class_becomes_what_the_annotation_says() -> None:
    """From its fields, by their names, not by their aliases."""

    class Other(BaseModel):
        base: Base
        alias: int = Field(default=0, alias="theAlias")

    data = CODEC.encode(Full(base=Base(a=1), theAlias=3))
    back = Codec(resolver=Nobody()).decode(data, Other)
    assert type(back) is Other
    assert back.alias == 3


def test_an_unknown_class_inside_a_known_one_becomes_what_the_field_says() -> None:
    """Only the class of the field is known: the value is validated as that."""
    codec = Codec(resolver=Only(Full=Full, Point=Point, Pair=Pair, Base=Base))
    assert codec.decode(CODEC.encode(Full(base=Derived(a=1)))).base == Base(a=1)
    assert type(codec.decode(CODEC.encode(Point(x=1, base=Derived(a=2)))).base) is Base
    assert type(codec.decode(CODEC.encode(Pair(1, Derived(a=2)))).b) is Base
    assert isinstance(codec.decode(CODEC.encode([Derived(a=1)]))[0], Foreign)


def test_an_unknown_enum_is_its_value() -> None:
    """An annotation makes it a member of what the enum is called here."""
    there = Codec(resolver=Nobody())
    assert there.decode(CODEC.encode(Color.BLUE)) == 2
    assert there.decode(CODEC.encode(Color.BLUE), Color) is Color.BLUE


# -- classes that have changed


def test_a_new_field_takes_its_default_and_an_old_one_is_dropped() -> None:
    """A later build may have other fields."""

    class Base(BaseModel):
        c: list[int] = Field(default_factory=list)

    @dataclasses.dataclass
    class Point:
        y: list[int] = dataclasses.field(default_factory=list)
        z: int = 5

    class Pair(typing.NamedTuple):
        a: int
        d: int = 7

    codec = Codec(resolver=Only(Base=Base, Point=Point, Pair=Pair))
    assert codec.decode(CODEC.encode(globals()["Base"](a=1))) == Base()
    assert codec.decode(CODEC.encode(globals()["Point"](x=1))) == Point()
    assert codec.decode(CODEC.encode(globals()["Pair"](1))) == Pair(1, 7)


def test_a_new_field_without_a_default_is_an_error_with_its_name() -> None:
    """There is no value for it."""

    class Base(BaseModel):
        needed: int

    @dataclasses.dataclass
    class Point:
        needed: int

    class Pair(typing.NamedTuple):
        needed: int

    codec = Codec(resolver=Only(Base=Base, Point=Point, Pair=Pair))
    for value in (globals()["Base"](a=1), globals()["Point"](x=1), globals()["Pair"](1)):
        with pytest.raises(TypeValidationError, match="no value for 'needed'"):
            codec.decode(CODEC.encode(value))


def test_a_dataclass_that_became_a_model_is_validated() -> None:
    """The kind of class may change as well."""

    class Point(BaseModel):
        x: int

    assert Codec(resolver=Only(Point=Point)).decode(CODEC.encode(globals()["Point"](x=1))) == Point(x=1)


def test_an_enum_follows_its_names_then_its_values() -> None:
    """A changed value keeps the member; a renamed member is found by value; neither is an error that says so."""

    class Changed(enum.Enum):
        RED = "new"

    class Renamed(enum.Enum):
        CRIMSON = 1

    data = CODEC.encode(Color.RED)
    assert Codec(resolver=Only(Color=Changed)).decode(data) is Changed.RED
    assert Codec(resolver=Only(Color=Renamed)).decode(data) is Renamed.CRIMSON
    with pytest.raises(TypeValidationError, match="'BLUE', which is not a member any more"):
        Codec(resolver=Only(Color=Renamed)).decode(CODEC.encode(Color.BLUE))


# -- names


def test_names_leave_out_the_package_of_the_route() -> None:
    """What is recorded is the user's module."""
    cls = type("Draft", (), {"__module__": "_r_x_1f.app.models"})
    assert ModuleNames("_r_x_1f").name_of(cls) == "app.models:Draft"
    assert ModuleNames().name_of(cls) == "_r_x_1f.app.models:Draft"


def test_first_party_classes_are_found_in_the_route_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host process may have the real `app` loaded: its classes are not the route's."""
    import sys
    import types

    for name in ("_r_x_1f.app.models", "app.models", "app.other"):
        module = types.ModuleType(name)
        module.Draft = type("Draft", (), {"__module__": name})  # type: ignore[attr-defined]
        module.func = lambda: None  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)
    classes = LoadedClasses("_r_x_1f", {"app"})
    found = classes.find("app.models:Draft")
    assert found is not None
    assert found.__module__ == "_r_x_1f.app.models"
    for missing in ("app.other:Draft", "app.models:func", "app.models:Nope", "app.models", ":", "app.models:Draft.x"):
        assert classes.find(missing) is None
    assert classes.find("uuid:UUID") is uuid.UUID
    host = LoadedClasses().find("app.other:Draft")
    assert host is not None
    assert host.__module__ == "app.other"
