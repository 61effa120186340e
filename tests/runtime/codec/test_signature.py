"""Arguments are bound by the signature, recorded by name, and arrive as annotated."""

from __future__ import annotations

import datetime
import typing
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from pydantic import BaseModel, Field

from wfc.codec import Codec, SignatureCodec
from wfc.errors import SerializationError, TypeValidationError

if TYPE_CHECKING:
    from nowhere import Missing  # type: ignore[import-not-found]

CODEC = Codec()


class Draft(BaseModel):
    """A model."""

    title: str
    at: datetime.datetime | None = None


class Options(typing.TypedDict, total=False):
    """A typed dict of `typing`, which pydantic refuses before 3.12."""

    limit: int
    deep: typing.Required[bool]


async def content(*, topic: str, draft: Draft | None = None, count: int = None) -> list[Draft]:  # type: ignore[assignment]  # noqa: RUF013
    """Do nothing."""
    return []


def mixed(a: int, b: Missing, /, c: str = "c", *rest: int, k: set[str] = frozenset(), **others: float) -> Missing:  # type: ignore[assignment]
    """Do nothing."""


def simple(x: Any, y: int = 2) -> None:
    """Do nothing."""


def options(o: Options, n: Annotated[int, Field(gt=0)] = 1, text_or_time: str | datetime.datetime = "") -> None:
    """Do nothing."""


def sig(func: Callable[..., Any]) -> SignatureCodec:
    """Return the codec of a function."""
    return SignatureCodec(func, CODEC)


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "data", "called"),
    [
        (simple, (1,), {}, '{"x":1}', ((), {"x": 1})),
        (simple, (1, 2), {}, '{"x":1,"y":2}', ((), {"x": 1, "y": 2})),
        (simple, (), {"y": "3", "x": None}, '{"x":null,"y":"3"}', ((), {"x": None, "y": 3})),
        (content, (), {"count": None, "topic": "t"}, '{"topic":"t","count":null}', ((), {"topic": "t", "count": None})),
        (
            content,
            (),
            {"topic": "t", "draft": {"title": "x"}},
            '{"topic":"t","draft":{"title":"x"}}',
            ((), {"topic": "t", "draft": Draft(title="x")}),
        ),
        (mixed, (1, 2), {}, '{"$":"args","a":[1,2],"k":{}}', ((1, 2), {})),
        (mixed, (1, 2, "x"), {}, '{"$":"args","a":[1,2],"k":{"c":"x"}}', ((1, 2), {"c": "x"})),
        (
            mixed,
            ("1", [2], "x", "4"),
            {"k": ["a"], "z": 1},
            '{"$":"args","a":["1",[2],"x","4"],"k":{"k":["a"],"z":1}}',
            ((1, [2], "x", 4), {"k": {"a"}, "z": 1.0}),
        ),
        (mixed, (1, 2), {"$": 1}, '{"$":"args","a":[1,2],"k":{"$":"dict","v":[["$",1]]}}', ((1, 2), {"$": 1.0})),
    ],
)
def test_a_call_is_recorded_and_made(
    func: Callable[..., Any], args: Any, kwargs: Any, data: str, called: tuple[Any, Any]
) -> None:
    """By name in the signature's order, without defaults; by position only what has no name."""
    codec = sig(func)
    assert codec.encode_args(args, kwargs).decode() == data
    assert codec.decode_args(data.encode()) == called


@pytest.mark.parametrize(
    ("func", "args", "kwargs", "message"),
    [
        (content, (1,), {"topic": "x"}, r"content\(\) too many positional arguments"),
        (content, (), {}, r"content\(\) missing a required (keyword-only )?argument: 'topic'"),
        (content, (), {"topic": "x", "zz": 1}, r"content\(\) got an unexpected keyword argument 'zz'"),
        (simple, (1, 2, 3), {}, r"simple\(\) too many positional arguments"),
        (simple, (1,), {"x": 2}, r"simple\(\) multiple values for argument 'x'"),
        (
            mixed,
            (1,),
            {},
            r"mixed\(\) missing a required (positional-only )?argument: 'b'",
        ),
    ],
)
def test_a_wrong_call_is_a_type_error(func: Callable[..., Any], args: Any, kwargs: Any, message: str) -> None:
    """As calling the function would give."""
    with pytest.raises(TypeError, match=message):
        sig(func).encode_args(args, kwargs)


def test_an_unencodable_argument_is_named_by_parameter() -> None:
    """The path starts with the function and the parameter."""
    with pytest.raises(SerializationError, match=r"at content\(\)\.topic\[0\]: a function"):
        sig(content).encode_args((), {"topic": [print]})
    with pytest.raises(SerializationError, match=r"at mixed\(\)\[1\]: a function"):
        sig(mixed).encode_args((1, print), {})
    with pytest.raises(SerializationError, match=r"at simple\(\) result\.a: a function"):
        sig(simple).encode_result({"a": print})


@pytest.mark.parametrize(
    ("func", "data", "message"),
    [
        (content, b'{"topic":3}', "content: argument 'topic' doesn't match its annotation: .*valid string .got 3."),
        (content, b'{"topic":"x","draft":{"titel":1}}', "argument 'draft' doesn't match .*title: Field required"),
        (mixed, b'{"$":"args","a":["x",2],"k":{}}', "mixed: argument 'a' doesn't match"),
        (mixed, b'{"$":"args","a":[1,2,"c","x"],"k":{}}', "mixed: argument 'rest' doesn't match"),
        (mixed, b'{"$":"args","a":[1,2],"k":{"z":"q"}}', "mixed: argument 'z' doesn't match"),
        (options, b'{"o":{"limit":"x"}}', "argument 'o' doesn't match"),
        (options, b'{"o":{"limit":1}}', "deep: Field required"),
        (options, b'{"o":{"deep":true},"n":0}', "argument 'n' doesn't match .*greater than 0"),
        (content, b"{}", "content: the recorded arguments don't fit its signature any more: .*'topic'"),
        (content, b'{"topic":"x","gone":1}', "don't fit its signature any more: .*'gone'"),
        (content, b"[]", "no arguments"),
    ],
)
def test_a_mismatch_names_function_argument_and_reason(func: Callable[..., Any], data: bytes, message: str) -> None:
    """The error is for whoever wrote the call."""
    with pytest.raises(TypeValidationError, match=message):
        sig(func).decode_args(data)


def test_an_annotation_that_cannot_be_resolved_is_ignored_alone() -> None:
    """`b: Missing` exists for type checkers only; `a: int` is checked all the same."""
    assert sig(mixed).decode_args(b'{"$":"args","a":["7","anything"],"k":{}}') == ((7, "anything"), {})
    assert sig(mixed).decode_result(CODEC.encode("anything")) == "anything"


def test_values_are_checked_in_python_mode() -> None:
    """A union of text and time keeps each; keys that a TypedDict doesn't name stay."""
    moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    codec = sig(options)
    given = {"o": {"deep": True, "other": 1}, "text_or_time": moment}
    assert codec.decode_args(codec.encode_args((), given)) == ((), given)
    given["text_or_time"] = moment.isoformat()
    assert codec.decode_args(codec.encode_args((), given)) == ((), given)


def test_results_are_as_annotated() -> None:
    """The caller gets what the annotation says, or an error that names the function."""
    codec = sig(content)
    assert codec.decode_result(codec.encode_result([{"title": "x"}])) == [Draft(title="x")]
    with pytest.raises(TypeValidationError, match="content: the result doesn't match its annotation"):
        codec.decode_result(codec.encode_result("x"))


def test_a_parameter_with_a_default_may_be_added() -> None:
    """Defaults are not recorded."""

    def simple(x: Any, y: int = 2, z: int = 3) -> None: ...

    data = sig(globals()["simple"]).encode_args((1,), {})
    assert sig(simple).decode_args(data) == ((), {"x": 1})


# -- the command line


def test_plain_input_is_read_as_annotated() -> None:
    """JSON has no dates: the annotation makes one of a text, and it is recorded as one."""
    codec = sig(content)
    data = codec.from_plain_args({"draft": {"title": "t", "at": "2026-01-01T00:00:00Z"}, "topic": "x"})
    assert codec.decode_args(data)[1]["draft"].at == datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    assert list(codec.decode_args(data)[1]) == ["topic", "draft"]
    assert sig(mixed).decode_args(sig(mixed).from_plain_args({"b": 1, "a": 2, "rest": [3], "c": "c", "w": 1})) == (
        (2, 1, "c", 3),
        {"w": 1.0},
    )


def test_input_for_the_rest_keeps_its_place() -> None:
    """A parameter before `*rest` that isn't given keeps its default, and gets nothing of the rest."""

    def rest(a: int, /, b: int = 2, *rest: int) -> None:
        """Do nothing."""

    codec = sig(rest)
    assert codec.decode_args(codec.from_plain_args({"a": 1, "rest": [3]})) == ((1, 2, 3), {})
    assert codec.decode_args(codec.from_plain_args({"a": 1})) == ((1,), {})


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({}, ["content: missing 'topic'"]),
        ({"toopic": 1}, ["missing 'topic'", "unexpected 'toopic' (did you mean 'topic'?)", "topic, draft, count"]),
        ({"topic": 1}, ["argument 'topic' doesn't match", "valid string"]),
        ({"topic": 1, "zz": 1}, ["argument 'topic'", "unexpected 'zz'"]),
        ([1], ["must be a JSON object", "topic, draft, count", "not a list"]),
        (None, ["not null"]),
        ("x", ["not a text"]),
    ],
)
def test_wrong_plain_input_names_every_problem(given: Any, parts: list[str]) -> None:
    """All at once, with the parameters that there are."""
    with pytest.raises(TypeValidationError) as caught:
        sig(content).from_plain_args(given)
    for part in parts:
        assert part in str(caught.value)


def test_from_plain_and_back() -> None:
    """What `to_plain` shows, `from_plain` reads again under the annotation."""
    for value, annotation in [
        (datetime.timedelta(days=3, microseconds=5), datetime.timedelta),
        (-datetime.timedelta(days=3, microseconds=5), datetime.timedelta),
        (b"\xff\x00", bytes),
        (Decimal("1.50"), Decimal),
        ({1, 2}, set[int]),
        ((1, "a"), tuple[int, str]),
        (datetime.time(1, 2, 3), datetime.time),
        ({1: Draft(title="x")}, dict[int, Draft]),
    ]:
        assert CODEC.from_plain(CODEC.to_plain(CODEC.encode(value)), annotation) == value
    with pytest.raises(TypeValidationError, match="input doesn't match"):
        CODEC.from_plain("x", int)
