"""Exceptions cross the boundary as themselves."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pydantic
import pytest

from wfc.codec import Codec, describe_exception, encode_exception, rebuild_exception, traceback_of
from wfc.codec.exceptions import MAX_DEPTH
from wfc.errors import FatalError, RemoteError, SerializationError, is_exhausted, mark_exhausted

CODEC = Codec()


class AppError(Exception):
    """The base of an application's errors."""


class PaymentDeclined(AppError):  # noqa: N818
    """Its constructor can't be called with its arguments."""

    made = 0

    def __init__(self, *, code: str, response: object = None) -> None:
        super().__init__(f"declined: {code}")
        type(self).made += 1
        self.code = code
        self.response = response


class Slotted(AppError):  # noqa: N818
    """Keeps something in slots."""

    __slots__ = ("left", "right")

    def __init__(self, left: int) -> None:
        self.left = left


@dataclasses.dataclass(frozen=True)
class Immutable(AppError):  # noqa: N818
    """A frozen dataclass."""

    reason: str


class Hidden(OSError):  # noqa: N818
    """Hides a C field behind a property."""

    @property
    def errno(self) -> int:  # type: ignore[override]
        """Return something else."""
        return -1


class Unprintable(Exception):  # noqa: N818
    """Its text can't be made."""

    def __str__(self) -> str:
        raise RuntimeError("no")


class Group(ExceptionGroup[Exception]):
    """A group with a class of its own."""


class Knows:
    """A resolver that knows the given classes."""

    def __init__(self, *classes: type) -> None:
        self._classes = {f"{cls.__module__}:{cls.__qualname__}": cls for cls in classes}

    def find(self, class_name: str) -> type | None:
        """Find by name."""
        return self._classes.get(class_name)


def caught(error: BaseException) -> BaseException:
    """Raise and catch, so that there is a traceback."""
    try:
        raise error
    except BaseException as raised:  # noqa: BLE001 (any kind is tested)
        return raised


def sent(error: BaseException, codec: Codec = CODEC) -> Any:
    """Record an exception and make it again."""
    return rebuild_exception(encode_exception(error, CODEC), codec)


def test_a_constructor_is_not_called() -> None:
    """Class, arguments and attributes are the same; what can't be recorded is dropped and listed."""
    error = PaymentDeclined(code="no funds", response=object())
    before = PaymentDeclined.made
    back = sent(caught(error))
    assert type(back) is PaymentDeclined
    assert PaymentDeclined.made == before
    assert str(back) == "declined: no funds"
    assert back.code == "no funds"
    assert not hasattr(back, "response")
    assert back.__notes__ == ["wfc: not recorded with this exception: response"]
    assert sent(back).__notes__ == back.__notes__


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a", 1, {"b": (2,)}),
        KeyError("k"),
        OSError(2, "no such file", "a.txt"),
        FileNotFoundError(2, "no such file", "a.txt", None, "b.txt"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
        UnicodeEncodeError("ascii", "\xe9", 0, 1, "bad"),
        ImportError("m", name="n", path="p"),
        SyntaxError("m", ("f.py", 3, 4, "text", 3, 5)),
        SystemExit(3),
        StopIteration(7),
        AttributeError("m", name="n"),
        NameError("m", name="n"),
        KeyboardInterrupt(),
        FatalError("f"),
        RemoteError("r", name="x.Y"),
        Immutable("r"),
        Hidden(5, "five"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_builtin_state_comes_back(error: BaseException) -> None:
    """Also the fields that C code keeps."""
    back = sent(error)
    assert type(back) is type(error)
    assert back.args == error.args
    assert str(back) == str(error)
    assert repr(back) == repr(error)
    for name in dir(error):
        value = getattr(error, name, None)
        if not name.startswith("_") and not callable(value):
            assert getattr(back, name, None) == value


def test_slots_come_back() -> None:
    """A slot that was not set stays so."""
    back = sent(Slotted(1))
    assert back.left == 1
    assert not hasattr(back, "right")


def test_arguments_that_can_not_be_recorded_become_text() -> None:
    """Their number stays."""
    back = sent(ValueError("a", print))
    assert back.args == ("a", repr(print))
    assert "args[1]" in back.__notes__[0]


def test_an_exception_as_an_argument_or_attribute() -> None:
    """As in `URLError(OSError(...))`."""
    error = AppError(ValueError("inner"))
    error.original = KeyError("k")  # type: ignore[attr-defined]
    back = sent(error)
    assert type(back.args[0]) is ValueError
    assert type(back.original) is KeyError


def test_cause_context_and_notes() -> None:
    """The chain is kept."""
    error = AppError("outer")
    error.__cause__ = PaymentDeclined(code="c")
    error.add_note("hint")
    back = sent(error)
    assert type(back.__cause__) is PaymentDeclined
    assert back.__suppress_context__
    assert back.__notes__ == ["hint"]
    during = AppError("second")
    during.__context__ = ValueError("first")
    assert type(sent(during).__context__) is ValueError
    during.__suppress_context__ = True
    assert sent(during).__context__ is None


def test_chains_are_limited_and_may_be_cyclic() -> None:
    """Each exception once, and not endlessly deep."""
    first, second = ValueError(1), ValueError(2)
    first.__cause__, second.__cause__ = second, first
    back = sent(first)
    assert back.__cause__.args == (2,)
    assert back.__cause__.__cause__ is None
    deep: BaseException = ValueError(0)
    for number in range(500):
        above = ValueError(number)
        above.__cause__ = deep
        deep = above
    count = 0
    linked = sent(deep)
    while linked is not None:
        linked, count = linked.__cause__, count + 1
    assert count == MAX_DEPTH + 1


def test_groups_keep_their_children() -> None:
    """Of the user's own class too, also inside each other."""
    error = Group("m", [PaymentDeclined(code="a"), ExceptionGroup("n", [ValueError(1)])])
    back = sent(error)
    assert type(back) is Group
    assert back.message == "m"
    assert [type(child) for child in back.exceptions] == [PaymentDeclined, ExceptionGroup]
    assert repr(back.exceptions[1]) == repr(error.exceptions[1])
    assert "PaymentDeclined: declined: a" in describe_exception(encode_exception(error, CODEC))["traceback"]


def test_pydantic_validation_errors_come_back() -> None:
    """Their state is in Rust: they are made of the lines of their report."""

    class Model(pydantic.BaseModel):
        a: int
        b: list[str] = []

        @pydantic.field_validator("a")
        @classmethod
        def positive(cls, value: int) -> int:
            """Refuse negative numbers."""
            if value < 0:
                raise ValueError("must be {positive}")
            return value

    for given in ({"a": "x", "b": [1]}, {}, {"a": -1}, {"a": object()}):
        with pytest.raises(pydantic.ValidationError) as raised:
            Model(**given)
        back = sent(raised.value)
        assert type(back) is pydantic.ValidationError
        assert back.error_count() == raised.value.error_count()
        assert back.title == "Model"
        assert [e["msg"] for e in back.errors()] == [e["msg"] for e in raised.value.errors()]
        assert [e["loc"] for e in back.errors()] == [e["loc"] for e in raised.value.errors()]


# -- classes that are unknown here


def test_an_unknown_class_matches_its_nearest_known_base() -> None:
    """It is a RemoteError of the same name; the same class gives the same stand-in; it can be sent on."""
    codec = Codec(resolver=Knows(AppError))
    back = sent(PaymentDeclined(code="c"), codec)
    assert issubclass(type(back), AppError)
    assert issubclass(type(back), RemoteError)
    assert type(back).__name__ == "PaymentDeclined"
    assert str(back) == "declined: c"
    assert back.code == "c"
    assert back.name == f"{__name__}.PaymentDeclined"
    assert type(sent(PaymentDeclined(code="d"), codec)) is type(back)
    again = rebuild_exception(encode_exception(back, codec), CODEC)
    assert type(again) is PaymentDeclined
    assert again.code == "c"


def test_an_unknown_class_keeps_all_its_known_bases() -> None:
    """Also where it had two, one of them with a layout of its own."""

    class Both(AppError, FileNotFoundError):  # noqa: N818
        pass

    both = sent(Both(2, "m", "f"), Codec(resolver=Knows(AppError)))
    assert isinstance(both, AppError)
    assert isinstance(both, FileNotFoundError)
    assert both.filename == "f"
    alone = sent(PaymentDeclined(code="c"), Codec(resolver=Knows()))
    assert isinstance(alone, RemoteError)
    assert not isinstance(alone, AppError)


def test_an_unknown_group_is_still_a_group() -> None:
    """Its children are reached as usual."""
    back = sent(Group("m", [ValueError(1)]), Codec(resolver=Knows()))
    assert issubclass(type(back), ExceptionGroup)
    assert type(back.exceptions[0]) is ValueError


def test_a_base_that_refuses_subclasses_is_passed_over() -> None:
    """A user's `__init_subclass__` doesn't stop an error from arriving."""

    class Picky(AppError):  # noqa: N818
        def __init_subclass__(cls, **options: Any) -> None:
            if cls.__name__ != "Known":
                raise RuntimeError("no subclasses")

    class Known(Picky):
        pass

    back = sent(Known("x"), Codec(resolver=Knows(Picky, AppError)))
    assert isinstance(back, RemoteError)
    assert str(back) == "x"


# -- tracebacks and text


def test_the_traceback_is_text_on_the_object() -> None:
    """It names the line, leaves wfc's own frames out, and grows when the exception is raised on."""
    back = sent(caught(PaymentDeclined(code="c")))
    text = traceback_of(back)
    assert text is not None
    assert text.startswith("Traceback (most recent call last):\n")
    assert "raise error" in text
    assert text.endswith(f"{__name__}.PaymentDeclined: declined: c\n")
    assert back.__traceback__ is None
    further = traceback_of(sent(caught(back)))
    assert further is not None
    assert further.startswith(text.rstrip())
    assert "raised again by:" in further


def test_the_description_for_people() -> None:
    """Type, message, traceback and cause, as the command line shows them."""
    error = AppError("outer")
    error.__cause__ = ValueError("inner")
    error.add_note("a hint")
    described = describe_exception(encode_exception(error, CODEC))
    assert described["type"] == f"{__name__}.AppError"
    assert described["message"] == "outer"
    assert "a hint" in described["traceback"]
    assert described["cause"]["type"] == "ValueError"


def test_an_exception_without_a_text_is_recorded_all_the_same() -> None:
    """A user's `__str__` may fail."""
    assert describe_exception(encode_exception(Unprintable(), CODEC))["message"] == "<no text: RuntimeError>"
    assert type(sent(Unprintable())) is Unprintable


def test_the_mark_of_a_last_attempt_is_not_recorded() -> None:
    """The runtime sets it again where it applies."""
    error = ValueError("x")
    mark_exhausted(error, "step_1")
    assert not is_exhausted(sent(error))


@pytest.mark.parametrize("data", [b"", b"1", b"{}", b'{"type":1}', b'{"type":"builtins:ValueError","args":5}', b"\xff"])
def test_bytes_that_are_no_exception(data: bytes) -> None:
    """Refused with the codec's own error."""
    with pytest.raises(SerializationError):
        rebuild_exception(data, CODEC)


def test_an_unknown_fatal_error_is_fatal() -> None:
    """The stand-in of a subclass of FatalError is caught as one."""

    class Stop(FatalError):  # noqa: N818
        pass

    back = sent(Stop("s"), Codec(resolver=Knows(FatalError)))
    assert issubclass(type(back), FatalError)
    assert issubclass(type(back), RemoteError)


class ValidationError(Exception):
    """The user's own, with a method that only looks like pydantic's."""

    def errors(self) -> list[str]:
        raise AssertionError("nobody calls this")


def test_a_class_of_the_users_own_is_not_taken_for_pydantics() -> None:
    """Only the class of pydantic itself is asked for its report."""
    again = rebuild_exception(encode_exception(ValidationError("mine"), Codec()), Codec())
    assert (type(again), again.args) == (ValidationError, ("mine",))


def test_the_thread_that_runs_a_step_is_not_part_of_its_traceback() -> None:
    """The first line is the user's."""

    def fail() -> None:
        raise ValueError("in a thread")

    with ThreadPoolExecutor(1) as pool:
        error = pool.submit(fail).exception()
    assert error is not None
    trace = describe_exception(encode_exception(error, Codec()))["traceback"]
    assert "in fail" in trace
    assert "concurrent" not in trace
