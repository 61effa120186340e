"""Cutting a module's text into top-level lines."""

import ast
import sysconfig
from pathlib import Path

import pytest

from wfc_compiler.lower.units import Units, cut_units
from wfc_compiler.project import SourceFile

STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))


def _cut(text: str) -> Units:
    source = SourceFile(Path("app.py"), "app.py", "app", False, text.encode(), text)
    return cut_units(source, ast.parse(text))


@pytest.mark.parametrize(
    ("text", "header", "units"),
    [
        pytest.param("a = 1\nb = 2\n", "", ["a = 1\n", "b = 2\n"], id="one statement a line"),
        pytest.param("a = 1; b = 2\n", "", ["a = 1; b = 2\n"], id="two on one line"),
        pytest.param("a = 1; \\\nb = 2\n", "", ["a = 1; \\\nb = 2\n"], id="two over a continuation"),
        pytest.param("a = 1  # ; \\\nb = 2\n", "", ["a = 1  # ; \\\n", "b = 2\n"], id="a comment that looks like one"),
        pytest.param('é = """\n"""; b = 2\n', "", ['é = """\n"""; b = 2\n'], id="a string over lines"),
        pytest.param("a = 1\n\n# why\nb = 2\n", "", ["a = 1\n", "\n# why\nb = 2\n"], id="a comment above"),
        pytest.param("@f\ndef g(): ...\n", "", ["@f\ndef g(): ...\n"], id="a decorator"),
        pytest.param(
            "def f():\n    pass\n    # end of f\n# of g\ndef g(): ...\n",
            "",
            ["def f():\n    pass\n    # end of f\n", "# of g\ndef g(): ...\n"],
            id="a comment at the end of a block",
        ),
        pytest.param("# licence\n\n# why\na = 1\n", "# licence\n\n", ["# why\na = 1\n"], id="a licence"),
        pytest.param("#!python\n# coding: utf-8\n# l\na = 1\n", "#!python\n# l\n", ["a = 1\n"], id="an encoding"),
        pytest.param("a = 1\r\nb = 2\r\n", "", ["a = 1\n", "b = 2\n"], id="other newlines"),
        pytest.param("a = 1\n# the end\n", "", ["a = 1\n"], id="a comment at the end"),
        pytest.param("# nothing\n", "", [], id="no statement"),
    ],
)
def test_text_is_cut_where_statements_end(text: str, header: str, units: list[str]) -> None:
    """Comments go with the statement below them, or with the block they are indented into."""
    cut = _cut(text)
    assert (cut.header, [unit.text for unit in cut.units]) == (header, units)


@pytest.mark.parametrize("name", ["ast.py", "argparse.py", "dataclasses.py", "typing.py", "decimal.py", "inspect.py"])
def test_units_hold_all_of_a_module(name: str) -> None:
    """No line is lost or doubled: put together, the units parse to the module's own statements."""
    text = STANDARD_LIBRARY.joinpath(name).read_text(encoding="utf-8")
    cut = _cut(text)
    whole = cut.header + "".join(unit.text for unit in cut.units)
    assert text.startswith(whole)
    assert ast.dump(ast.parse(whole)) == ast.dump(ast.parse(text))
    for unit in cut.units:
        assert ast.dump(ast.Module(list(unit.statements), [])) == ast.dump(ast.parse(unit.text))
