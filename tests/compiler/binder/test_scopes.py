"""What the binder makes of a source, printed: `scopes/*.py` beside what is expected of it, `*.txt`.

    function count, line 4
      by: here, parameter as 'Step', 3 uses

`--update-golden` rewrites the text files, for a person to read the diff.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wfc_compiler.binder import Binding, Module, Scope
from wfc_compiler.project import SourceFile
from wfc_compiler.syntax import parse_source

FOLDER = Path(__file__).parent / "scopes"
# PEP 695 and 696; the others print alike on every Python.
_SINCE = {"type_parameters": (3, 13)}
CASES = [path.stem for path in sorted(FOLDER.glob("*.py")) if sys.version_info >= _SINCE.get(path.stem, (3, 11))]


def printed(module: Module) -> Iterator[str]:
    """Yield the lines that show the scopes of a module, its star imports, and what each statement uses."""
    yield from _scope(module.scope, "")
    for star in module.stars:
        yield f"* from {star.module}"
    for index, statement in enumerate(module.tree.body):
        yield f"line {statement.lineno} uses {' '.join(sorted(module.globals_used(index)))}"


def _scope(scope: Scope, indent: str) -> Iterator[str]:
    name = getattr(scope.node, "name", "")
    line = getattr(scope.node, "lineno", None)
    yield f"{indent}{scope.kind.value} {getattr(name, 'id', name)}".rstrip() + (f", line {line}" if line else "")
    for name in sorted({*scope.bindings, *scope.uses}):
        bindings = "; ".join(map(_binding, scope.bindings.get(name, ())))
        owner = scope.owner(name)
        belongs = "here" if owner is scope else f"of the {owner.kind.value}" if owner else "unknown"
        used = [f"{len(scope.uses[name])} uses"] if name in scope.uses else []
        yield f"{indent}  {name}: " + ", ".join([belongs, *filter(None, [bindings]), *used])
    for child in scope.children:
        yield from _scope(child, f"{indent}    ")


def _binding(binding: Binding) -> str:
    parts = [binding.kind.value]
    if binding.target is not None:
        parts.append(f"of {binding.target}")
    if binding.value is not None:
        parts.append(f"= {ast.unparse(binding.value)}")
    if binding.context is not None:
        parts.append(f"from {ast.unparse(binding.context)}")
    if binding.annotation is not None:
        parts.append(f"as {ast.unparse(binding.annotation)}")
    return " ".join([*parts, *([] if binding.certain else ["(perhaps)"]), *([] if binding.live else ["(never)"])])


@pytest.mark.parametrize("case", CASES)
def test_the_scopes_of_a_source_are_those_written_down(case: str, request: pytest.FixtureRequest) -> None:
    """Scopes, bindings and uses of a small source are what its golden shows."""
    parsed = parse_source((FOLDER / f"{case}.py").read_bytes(), case)
    assert isinstance(parsed, tuple)
    source = SourceFile(FOLDER / f"{case}.py", f"app/{case}.py", f"app.{case}", False, parsed[0].encode(), parsed[0])
    found = "\n".join(printed(Module(source, parsed[1]))) + "\n"
    golden = FOLDER / f"{case}.txt"
    if request.config.getoption("--update-golden"):
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8")


def test_every_golden_has_its_source() -> None:
    """No text is left over from a source that is gone."""
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in FOLDER.glob("*.py")}
