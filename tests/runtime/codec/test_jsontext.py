"""JSON is written and read as the library does, only faster."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from wfc.codec.jsontext import reader, writer

VALUES = [
    None,
    True,
    0,
    -(2**70),
    1.5,
    1e300,
    "",
    'ä\u2028\ud800"\\\n',
    [],
    {},
    {"a": [1, {"b": None}], "": "x"},
    [[[]], "é"],
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("fast", [True, False])
def test_it_is_what_the_library_writes(monkeypatch: pytest.MonkeyPatch, value: Any, *, fast: bool) -> None:
    """With the C encoder and without it."""
    if not fast:
        monkeypatch.setattr("json.encoder.c_make_encoder", None)
    text = writer(allow_nan=False)(value)
    assert text == json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    assert reader()(text) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, [-math.inf]], ids=repr)
def test_numbers_that_json_has_not(value: Any) -> None:
    """They are refused both ways, unless they are asked for."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        writer(allow_nan=False)(value)
    text = writer(allow_nan=True)(value)
    assert text == json.dumps(value)
    with pytest.raises(ValueError, match="is not JSON"):
        reader()(text)
    assert repr(reader(allow_nan=True)(text)) == repr(value)


@pytest.mark.parametrize("text", ["", " ", "{", "1 2", "[1,]", "nul", '"a'])
def test_what_is_no_single_value_is_an_error(text: str) -> None:
    """Nothing is read in part."""
    with pytest.raises(ValueError, match=r"."):
        reader()(text)


def test_space_around_a_value_is_skipped() -> None:
    """As the library does."""
    assert reader()(" [1] ") == [1]


def test_a_hook_sees_every_object() -> None:
    """Innermost first."""
    seen: list[Any] = []

    def hook(node: dict[str, Any]) -> str:
        seen.append(node)
        return "made"

    assert reader(hook)('{"a":{"b":1}}') == "made"
    assert seen == [{"b": 1}, {"a": "made"}]


def test_a_value_that_can_not_be_written_is_named() -> None:
    """By its type, as the library does."""
    with pytest.raises(TypeError, match="object is not JSON serializable"):
        writer(allow_nan=False)([object()])
