"""Programs that would take for ever if something were followed once for each way to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.rules.provenance.meetings import causes_in, workflow


def nested(depth: int) -> str:
    """Return loops inside loops."""
    lines = [f"{'    ' * level}for v{level} in tags:" for level in range(depth)]
    return "\n".join([*lines, f"{'    ' * depth}await charge(v{depth - 1})"])


def chain(length: int) -> str:
    """Return functions that each call the next one twice, and hand on what that gives."""
    functions = [
        f"async def f{number}(x):\n    return [*await f{number + 1}(x), *await f{number + 1}(x)]"
        for number in range(length)
    ]
    last = f"async def f{length}(x):\n    for y in x: await charge(y)\n    return list(x)"
    return "\n".join([*functions, last, workflow("await charge(await f0(tags))")])


def inner(depth: int) -> str:
    """Return functions inside functions, each called where it is made."""
    lines = [f"{'    ' * level}async def f{level}(x):" for level in range(depth)]
    lines.append(f"{'    ' * depth}await charge(x)")
    lines += [f"{'    ' * level}await f{level}(x if {level} else list(tags))" for level in reversed(range(depth))]
    return "\n".join(lines)


PROGRAMS = {
    "loops in loops": workflow(nested(15)),
    "calls that double": chain(30),
    "functions in functions": workflow(inner(12)),
    "many branches": workflow(
        "\n".join(f"if name == '{n}': a{n} = list(tags)\nelse: a{n} = []" for n in range(400)) + "\nawait charge(a7)"
    ),
    "a long elif": workflow(
        "if name == 'x': pass\n"
        + "\n".join(f"elif name == '{n}': await charge({n})" for n in range(600))
        + "\nawait charge(list(tags))"
    ),
    "a long sum": workflow("await charge(" + " + ".join(["name"] * 2000) + " + ','.join(tags))"),
    "a long chain of calls": workflow("await charge(','.join(tags)" + ".strip()" * 700 + ")"),
    "what grows in itself": workflow("a = [list(tags)]\n" + "a = {'x': a, 'y': a}\n" * 200 + "await charge(a)"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_ends(name: str, tmp_path: Path) -> None:
    """The order of the set is found, whatever is around it."""
    assert len(causes_in(PROGRAMS[name], tmp_path)) >= 1
