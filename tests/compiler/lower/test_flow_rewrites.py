"""What lowering does to the code of a flow, construct by construct: source above `---`, result below."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from wfc_compiler.binder import Module, Names
from wfc_compiler.lower import ModuleLowering, Resolver, Surroundings
from wfc_compiler.project import SourceFile
from wfc_compiler.slice import Kept, ModuleSlice

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


def lowered(text: str, *, flow: bool = True, name: str = "app.flows.x") -> tuple[str, tuple[tuple[int, int], ...]]:
    """Lower all of a module's text."""
    path = Path("/nowhere") / (name.replace(".", "/") + ".py")
    source = SourceFile(path, name.replace(".", "/") + ".py", name, False, text.encode(), text)
    module = Module(source, ast.parse(text))
    around = Surroundings(tuple(name.split(".")[:-1]), lambda dotted: dotted.split(".")[0] == "app")
    lowering = ModuleLowering(module, Resolver(module, Names({name: module})), around)
    result = lowering.lower(ModuleSlice(name, tuple(Kept(index) for index in range(len(module.tree.body)))), flow=flow)
    compile(result.text, path.name, "exec", dont_inherit=True)
    return result.text, result.lines


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_lowering(case: Path) -> None:
    """The construct comes out as it was written down, the import of the runtime aside."""
    before, _, after = case.read_text(encoding="utf-8").partition("---\n")
    text, _ = lowered(before)
    assert text.replace("from wfc import flow as _flow\n", "").lstrip("\n") == after


def test_a_module_without_anything_to_guard_stays_as_it_is() -> None:
    """Comments, blank lines and odd formatting survive; nothing is imported that isn't used."""
    source = "# licence\n\nX = {1 :2}   # odd\n\n\ndef f( a,b = 1 ) :\n    # why\n    return (a\n            +b)\n"
    assert lowered(source)[0] == source


def test_names_that_the_user_took_are_avoided() -> None:
    """Emitted code never binds a name of the user's."""
    text, _ = lowered("_flow = 1\n\ndef f(_wfc_run):\n    with open(_wfc_run) as g: return _flow\n")
    assert "from wfc import flow as _flow_\n" in text
    assert "_wfc_run_ = _flow_.run()" in text


def test_every_statement_maps_to_its_line() -> None:
    """The source map leads from each emitted statement to the line that it stands on in the source."""
    source = textwrap.dedent(
        '''\
        """Doc."""
        import asyncio

        async def f(x):
            """Two
            lines."""
            try:
                async with x:
                    await x()
            finally:
                y = 1; z = 2
            if x: return (
                z
            )
            return y
        '''
    )
    text, lines = lowered(source)
    emitted, original = text.splitlines(), source.splitlines()
    assert len(lines) > 8
    for line, origin in lines:
        first = original[origin - 1].split()[0]
        assert first in emitted[line - 1] or "_flow" in emitted[line - 1], (line, origin)


def test_a_step_keeps_its_blocks() -> None:
    """A step's route is not lowered: a step runs once, from beginning to end."""
    source = "def f():\n    try:\n        print(1)\n    finally:\n        print(2)\n"
    assert lowered(source, flow=False)[0] == source
