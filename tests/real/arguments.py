"""Values to call a function with, made from its signature: the same ones for the copy and for the original.

Run inside the probe, beside code that nobody has seen before; so it imports as little as it can.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Iterator
from typing import Any

TEXTS: list[Any] = [
    "",
    "a",
    "Hello, World 12",
    "x = 1\ny = [2]\n",
    "a,b;c/d.txt",
    "[a]\nk = 3\n",
    "12",
    "<b>&amp;é</b>",
]
NUMBERS: list[Any] = [0, 1, 7, -3, 255, 12345]
LISTS: list[Any] = [[], [3, 1, 2], ["b", "a", "c"], [1, 2, 3, 4, 5], [("a", 1), ("b", 2)]]
MAPPINGS: list[Any] = [{}, {"a": 1, "b": 2}, {"key": "value"}]
MIXED: list[Any] = [*TEXTS[1:4], *NUMBERS[:3], *LISTS[1:4], MAPPINGS[1], 2.5, b"abc", None, True]
FUNCTIONS: list[Any] = [len, str, bool]

# Parts of an annotation or of a parameter's name, and what fits; the first that occurs counts.
BY_WORD: tuple[tuple[str, list[Any]], ...] = (
    ("bytes", [b"", b"abc", b"\x00\xffxyz"]),
    ("Callable", FUNCTIONS),
    ("Mapping", MAPPINGS),
    ("dict", MAPPINGS),
    ("Iterable", LISTS),
    ("Sequence", LISTS),
    ("list", LISTS),
    ("float", [0.0, 1.5, -2.25, 1e9]),
    ("int", NUMBERS),
    ("bool", [True, False]),
    ("str", TEXTS),
    ("func", FUNCTIONS),
    ("callback", FUNCTIONS),
    ("iter", LISTS),
    ("seq", LISTS),
    ("items", LISTS),
    ("values", LISTS),
    ("data", [*LISTS, b"abc"]),
    ("text", TEXTS),
    ("string", TEXTS),
    ("name", TEXTS),
    ("path", TEXTS),
    ("url", ["http://example.com/a?b=c#d", "a/b", ""]),
    ("width", NUMBERS),
    ("size", NUMBERS),
    ("count", NUMBERS),
)
CALLS = 12

Call = Callable[[], tuple[list[Any], dict[str, Any]]]


def calls(function: Callable[..., Any], seed: str) -> list[Call]:
    """Return some calls of a function; each makes its arguments anew, since the function may change them."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []
    return [lambda number=number: _arguments(parameters, seed, number) for number in range(CALLS)]  # type: ignore[misc]


def _arguments(parameters: list[inspect.Parameter], seed: str, number: int) -> tuple[list[Any], dict[str, Any]]:
    positional: list[Any] = []
    named: dict[str, Any] = {}
    open_positions = True
    for parameter in parameters:
        optional = parameter.default is not parameter.empty
        chance = zlib.crc32(f"{seed} {parameter.name} {number}".encode())
        if parameter.kind is parameter.VAR_KEYWORD or (optional and number % 2 == 0):
            open_positions = open_positions and not optional
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            positional += _some(MIXED, chance) if open_positions and number % 3 else []
            continue
        value = _copied(_pick(parameter, chance))
        if parameter.kind is parameter.KEYWORD_ONLY or (not open_positions and optional):
            named[parameter.name] = value
        elif open_positions:
            positional.append(value)
    return positional, named


def _pick(parameter: inspect.Parameter, chance: int) -> Any:
    pool = _pool(parameter)
    return pool[chance % len(pool)]


def _pool(parameter: inspect.Parameter) -> list[Any]:
    described = "" if parameter.annotation is parameter.empty else str(parameter.annotation)
    for text in (described, parameter.name.lower()):
        for word, pool in BY_WORD:
            if word in text:
                return pool
    if parameter.name in ("s", "t", "line", "source", "pattern", "prefix", "suffix"):
        return TEXTS
    if parameter.name in ("n", "i", "k", "x", "y", "a", "b", "start", "stop", "year", "month", "index"):
        return NUMBERS
    return MIXED


def _some(pool: list[Any], chance: int) -> Iterator[Any]:
    for turn in range(chance % 3):
        yield _copied(pool[(chance // 7 + turn) % len(pool)])


def _copied(value: Any) -> Any:
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return dict(value) if isinstance(value, dict) else value
