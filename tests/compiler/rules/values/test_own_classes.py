"""Classes of the project, as the rules see them in the source and the codec sees their instances."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.compiler.rules.values.asking import Read, goes_out


class Case(NamedTuple):
    """Source of classes, an annotation, a value of it, and the path to what can't be recorded; None if all can."""

    classes: str
    annotation: str
    value: str
    path: str | None


CASES = {
    "a dataclass": Case("@dataclasses.dataclass\nclass A:\n    n: int", "A", "A(1)", None),
    "a lock in a dataclass": Case(
        "@dataclasses.dataclass\nclass A:\n    lock: asyncio.Lock", "A", "A(asyncio.Lock())", ".lock"
    ),
    "deep inside": Case(
        "@dataclasses.dataclass\nclass Line:\n    client: Callable\n"
        "class Order(pydantic.BaseModel):\n    lines: dict[str, list[Line]]",
        "Order",
        "Order(lines={'a': [Line(len)]})",
        ".lines[][].client",
    ),
    "a class variable": Case(
        "@dataclasses.dataclass\nclass A:\n    n: int\n    lock: ClassVar[asyncio.Lock] = 1", "A", "A(1)", None
    ),
    "an InitVar": Case(
        "@dataclasses.dataclass\nclass A:\n    n: int\n    f: dataclasses.InitVar[Callable]", "A", "A(1, len)", None
    ),
    "a field made by a factory": Case(
        "@dataclasses.dataclass\nclass A:\n    lock: asyncio.Lock = dataclasses.field(default_factory=asyncio.Lock)",
        "A",
        "A()",
        ".lock",
    ),
    "an optional field": Case(
        "@dataclasses.dataclass\nclass A:\n    client: httpx.Client | None = None", "A", "A()", None
    ),
    "an inherited field": Case(
        "@dataclasses.dataclass\nclass Base:\n    call: Callable\n@dataclasses.dataclass\nclass A(Base):\n    n: int",
        "A",
        "A(len, 1)",
        ".call",
    ),
    "a field declared again": Case(
        "@dataclasses.dataclass\nclass Base:\n    x: Callable\n@dataclasses.dataclass\nclass A(Base):\n    x: int",
        "A",
        "A(1)",
        None,
    ),
    "an underscore field of a dataclass": Case(
        "@dataclasses.dataclass\nclass A:\n    _call: Callable", "A", "A(len)", "._call"
    ),
    "slots and frozen": Case(
        "@dataclasses.dataclass(frozen=True, slots=True)\nclass A:\n    n: 'list[A] | None' = None",
        "A",
        "A([A()])",
        None,
    ),
    "a pydantic dataclass": Case(
        "@pydantic.dataclasses.dataclass\nclass A:\n    call: Callable[[], int]", "A", "A(len)", ".call"
    ),
    "an arbitrary type": Case(
        "class A(pydantic.BaseModel):\n    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)\n"
        "    client: httpx.Client",
        "A",
        "A(client=httpx.Client())",
        ".client",
    ),
    "an excluded field": Case(
        "class A(pydantic.BaseModel):\n    call: Callable = pydantic.Field(exclude=True)", "A", "A(call=len)", ".call"
    ),
    "a private attribute": Case(
        "class A(pydantic.BaseModel):\n    _lock: asyncio.Lock = pydantic.PrivateAttr(default_factory=asyncio.Lock)",
        "A",
        "A()",
        "._lock",
    ),
    "a private attribute without annotation": Case(
        "class A(pydantic.BaseModel):\n    _client = pydantic.PrivateAttr(default_factory=httpx.Client)",
        "A",
        "A()",
        "._client",
    ),
    "an optional private attribute": Case(
        "class A(pydantic.BaseModel):\n    _client: httpx.Client | None = pydantic.PrivateAttr(default=None)",
        "A",
        "A()",
        None,
    ),
    "a plain value as private attribute": Case("class A(pydantic.BaseModel):\n    _seen = 0", "A", "A()", None),
    "a root model": Case("class A(pydantic.RootModel[list[Callable]]): ...", "A", "A([len])", ".root[]"),
    "a model of a base": Case(
        "class Base(pydantic.BaseModel):\n    n: int\nclass A(Base):\n    f: asyncio.Lock\n"
        "    model_config = {'arbitrary_types_allowed': True}",
        "A",
        "A(n=1, f=asyncio.Lock())",
        ".f",
    ),
    "an address in a model": Case(
        "class A(pydantic.BaseModel):\n    ip: ipaddress.IPv4Address", "A", "A(ip='1.2.3.4')", ".ip"
    ),
    "a named tuple": Case("class A(NamedTuple):\n    n: int\n    call: Callable", "A", "A(1, len)", ".call"),
    "a good named tuple": Case("class A(NamedTuple):\n    n: int", "A", "A(1)", None),
    "a typed dict": Case("class A(TypedDict):\n    call: Callable", "A", "{'call': len}", "['call']"),
    "a good typed dict": Case(
        "class A(TypedDict, total=False):\n    n: Required[int]\n    m: NotRequired[str]", "A", "{'n': 1}", None
    ),
    "an enum": Case("class A(enum.Enum):\n    A = 'a'", "A", "A.A", None),
    "an enum of functions": Case("class A(enum.Enum):\n    A = (len,)", "A", "A.A", None),
    "a str enum": Case("class A(str, enum.Enum):\n    A = 'a'", "A", "A.A", None),
    "a flag": Case("class A(enum.IntFlag):\n    A = 1", "A", "A.A", None),
    "a plain class": Case("class A: ...", "A", "A()", ""),
    "a plain class of a generic": Case("class A(Generic[T]): ...", "list[A[int]]", "[A()]", "[]"),
    "a subclass of dict": Case("class A(dict): ...", "A", "A()", ""),
    "a subclass of str": Case("class A(str): ...", "A", "A()", ""),
    "a dataclass of a list": Case("@dataclasses.dataclass\nclass A(list): ...", "A", "A()", ""),
    "an exception": Case("class A(Exception): ...", "A", "A()", ""),
    "an exception that is a dataclass": Case(
        "@dataclasses.dataclass\nclass A(Exception):\n    n: int", "A", "A(1)", ""
    ),
    "a subclass of a client": Case("class A(httpx.Client): ...", "A", "A()", ""),
    "a registered class": Case(
        "@wfc.serializable\nclass A:\n    def _workflow_serialize(self): return 1\n    @classmethod\n"
        "    def _workflow_deserialize(cls, data): return cls()",
        "A",
        "A()",
        None,
    ),
    "a class registered by a call": Case(
        "class A: ...\nwfc.register_serializable(A, class_id='a', serialize=id, deserialize=A)", "A", "A()", None
    ),
    "a class of the library registered by a call": Case(
        "wfc.register_serializable(httpx.URL, class_id='url', serialize=str, deserialize=httpx.URL)",
        "list[httpx.URL]",
        "[httpx.URL('http://x')]",
        None,
    ),
    "a base of what can be recorded": Case(
        "class A(abc.ABC): ...\n@dataclasses.dataclass\nclass B(A):\n    n: int", "A", "B(1)", None
    ),
    "a protocol": Case(
        "class A(Protocol):\n    n: int\n@dataclasses.dataclass\nclass B:\n    n: int", "A", "B(1)", None
    ),
    "a class in a class": Case(
        "class Order:\n    @dataclasses.dataclass\n    class Line:\n        call: Callable",
        "Order.Line",
        "Order.Line(len)",
        ".call",
    ),
    "a generic dataclass": Case(
        "@dataclasses.dataclass\nclass Page(Generic[T]):\n    items: list[T]",
        "Page[Callable]",
        "Page([len])",
        ".items[]",
    ),
    "a generic dataclass of data": Case(
        "@dataclasses.dataclass\nclass Page(Generic[T]):\n    items: list[T]", "Page[int]", "Page([1])", None
    ),
    "a generic model": Case(
        "class Page(pydantic.BaseModel, Generic[T]):\n    items: list[T]",
        "Page[Callable]",
        "Page[Callable](items=[len])",
        ".items[]",
    ),
    "what a base is given": Case(
        "@dataclasses.dataclass\nclass Page(Generic[T]):\n    item: T\n@dataclasses.dataclass\n"
        "class Calls(Page[Callable]): ...",
        "Calls",
        "Calls(len)",
        ".item",
    ),
    "a variable with a bound": Case(
        "@dataclasses.dataclass\nclass Page(Generic[U]):\n    item: U", "Page", "Page(len)", ".item"
    ),
    "itself": Case(
        "class A(pydantic.BaseModel):\n    below: 'list[A]' = []\n    more: 'B | None' = None\n"
        "class B(pydantic.BaseModel):\n    a: A\n    call: Callable\nA.model_rebuild()",
        "A",
        "A(more=B(a=A(), call=len))",
        ".more.call",
    ),
    "a generic of itself that grows": Case(
        "@dataclasses.dataclass\nclass A(Generic[T]):\n    value: T\n    below: 'A[list[T]] | None' = None",
        "A[int]",
        "A(1, A([1]))",
        None,
    ),
    "an alias": Case("Calls = dict[str, 'Callable[[], int]']", "Calls | None", "{'a': len}", "[]"),
    "an alias with a variable": Case("Pairs = dict[str, T]", "Pairs[Callable]", "{'a': len}", "[]"),
    "a named alias": Case("Calls: TypeAlias = 'list[Callable]'", "Calls", "[len]", "[]"),
    "a new type": Case("Call = NewType('Call', Callable)", "list[Call]", "[len]", "[]"),
    "an alias of itself": Case(
        "Json = Union[dict[str, 'Json'], list['Json'], str, None]", "Json", "{'a': ['b']}", None
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rule_sees_what_the_codec_refuses(name: str, tmp_path: Path) -> None:
    """A value with the obstacle in it is refused by the codec, one of a type without any is written."""
    case = CASES[name]
    read = Read(tmp_path, f"{case.classes}\n\ndef f(x: {case.annotation}): ...\ndef v(): return {case.value}\n")
    obstacle = read.leaving("f")
    assert (None if obstacle is None else obstacle.path) == case.path
    assert goes_out(read.codec("f"), read.loaded.v()) is (obstacle is None)
