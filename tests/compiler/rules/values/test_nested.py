"""However deep something is that can't be recorded, the rule finds it, and the codec refuses a value with it inside."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compiler.rules.values.asking import Read, goes_out

GOOD = {"int": "1", "str": "'a'", "datetime.date": "datetime.date(2020, 1, 1)", "list[int]": "[1]"}
BAD = {
    "Callable[[], int]": "len",
    "asyncio.Lock": "asyncio.Lock()",
    "deque[int]": "deque([1])",
    "collections.abc.Iterator[int]": "iter([1])",
    "type[int]": "int",
    "KeyError": "KeyError(1)",
    "Plain": "Plain()",
}
# Around a type: the annotation, a value, the step of the path. `{n}` numbers the classes.
CONTAINERS = {
    "list": ("list[{type}]", "[{value}]", "[]"),
    "dict": ("Mapping[str, {type}]", "{{'a': {value}}}", "[]"),
    "tuple": ("tuple[int, {type}]", "(1, {value})", "[1]"),
    "annotated": ("Annotated[{type}, 'note']", "{value}", ""),
    "optional": ("Optional[{type}]", "{value}", ""),
    "union": ("Union[int, {type}]", "{value}", ""),
    "alias": ("A{n}", "{value}", ""),
    "string": ("'{type}'", "{value}", ""),
    "dataclass": ("D{n}", "D{n}({value})", ".x"),
    "base": ("E{n}", "E{n}({value})", ".x"),
    "generic": ("G{n}[{type}]", "G{n}({value})", ".x[]"),
    "model": ("M{n}", "M{n}(x={value})", ".x"),
    "named": ("N{n}", "N{n}({value})", ".x"),
    "typed": ("T{n}", "{{'x': {value}}}", "['x']"),
}
CLASSES = {
    "alias": "A{n}: TypeAlias = {type}",
    "dataclass": "@dataclasses.dataclass\nclass D{n}:\n    x: {type}",
    "base": "@dataclasses.dataclass\nclass B{n}:\n    x: {type}\n@dataclasses.dataclass\nclass E{n}(B{n}): ...",
    "generic": "@dataclasses.dataclass\nclass G{n}(Generic[T]):\n    x: list[T]",
    "model": "class M{n}(pydantic.BaseModel):\n    model_config = {{'arbitrary_types_allowed': True}}\n"
    "    x: Annotated[{type}, pydantic.SkipValidation]",
    "named": "class N{n}(NamedTuple):\n    x: {type}",
    "typed": "class T{n}(typing_extensions.TypedDict):\n    x: {type}",
}


@dataclass(frozen=True)
class Nested:
    """An annotation with the classes that it needs, a value, and the path to the leaf."""

    classes: str
    type: str
    value: str
    path: str = ""
    certain: bool = True


def nest(leaf: str, value: str, wrappers: list[str], number: int) -> Nested:
    found = Nested("", leaf, value)
    for depth, wrapper in enumerate(wrappers):
        inner = found.type
        if "'" in inner and wrapper == "string":
            continue  # a string in a string
        made = {"n": f"{number}_{depth}", "type": inner, "value": found.value}
        annotation, shown, step = CONTAINERS[wrapper]
        value = shown.format(**made)
        if wrapper == "generic":
            value = f"G{made['n']}([{found.value}])"
        found = Nested(
            f"{found.classes}\n{CLASSES.get(wrapper, '').format(**made)}",
            annotation.format(**made),
            value,
            step + found.path,
            found.certain and wrapper != "union",
        )
    return found


LEAVES = st.sampled_from([*GOOD.items(), *BAD.items()])
CASES = st.tuples(LEAVES, st.lists(st.sampled_from(list(CONTAINERS)), max_size=6))


@settings(max_examples=40)
@given(st.lists(CASES, min_size=30, max_size=30))
def test_what_is_refused_is_found_wherever_it_is(cases: list[tuple[tuple[str, str], list[str]]]) -> None:
    """The path leads to it; only a union with something else makes it uncertain."""
    nested = [nest(leaf, value, wrappers, number) for number, ((leaf, value), wrappers) in enumerate(cases)]
    text = "class Plain: ...\n" + "\n".join(
        f"{one.classes}\ndef f{number}(x: {one.type}): ...\ndef v{number}(): return {one.value}\n"
        for number, one in enumerate(nested)
    )
    with tempfile.TemporaryDirectory() as folder:
        read = Read(Path(folder), text)
        for number, (one, ((leaf, _), _)) in enumerate(zip(nested, cases, strict=True)):
            obstacle = read.leaving(f"f{number}")
            assert (obstacle is not None) is (leaf in BAD), one
            written = goes_out(read.codec(f"f{number}"), getattr(read.loaded, f"v{number}")())
            assert written is (obstacle is None), one
            if obstacle is not None:
                assert (obstacle.path, obstacle.certain) == (one.path, one.certain), one
