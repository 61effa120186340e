"""Models that arrive as dicts: the emitted routes lack their class where the rule says so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from wfc.codec import ClassNames, Codec, LoadedClasses, ModuleNames, SignatureCodec
from wfc.loading import load_route
from wfc_compiler.pipeline import compile_project
from wfc_compiler.rules import RULES, split_example

RULE = RULES["WFC404"]


def routes_without(root: Path, example: str, name: str) -> dict[str, bool]:
    """Compile an example; say of each route whether it lacks a class."""
    for path, text in split_example(example).items():
        (root / path).write_text(text, "utf-8")
    build = compile_project(root).build
    assert build is not None
    directories = {path.parent for path in build.path.rglob("app.py")}
    return {
        directory.relative_to(build.path).as_posix(): f"class {name}" not in (directory / "app.py").read_text("utf-8")
        for directory in directories
    }


@pytest.mark.parametrize("number", range(len(RULE.bad)))
def test_a_route_of_a_bad_example_lacks_the_class(number: int, tmp_path: Path) -> None:
    """Otherwise the value would arrive as itself."""
    assert any(routes_without(tmp_path, RULE.bad[number], "Order").values())


def test_a_parameter_without_annotation_gets_a_dict(tmp_path: Path) -> None:
    """What the finding says happens at run time."""
    for path, text in split_example(RULE.bad[0]).items():
        (tmp_path / path).write_text(text, "utf-8")
    build = compile_project(tmp_path).build
    assert build is not None
    entry = next(item for entries in build.manifest.steps.values() for item in entries.values())
    package = "_r_lost_class"
    loaded = load_route(package, (build.path / entry.route.path).parent, tmp_path)
    names: ClassNames = ModuleNames(package)
    codec = Codec(names, LoadedClasses(package, ["app"]))
    signature = SignatureCodec(loaded.step.func, codec)
    recorded = b'{"order":{"$":"model","c":"app:Order","f":{"total":3}}}'
    _, given = signature.decode_args(recorded)
    assert given["order"] == {"total": 3}
    with pytest.raises(AttributeError, match="total"):
        asyncio.run(_awaited(loaded.step.func(**given)))


async def _awaited(outcome: object) -> object:
    return await outcome if asyncio.iscoroutine(outcome) else outcome
