"""Compile programs although a rule has found something: the findings of the program's own rule are dropped.

No option of the product does that; here the method that all findings pass is replaced. What any other rule finds
stops the build, as it does for users.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from tests.e2e.breaking.programs import Program, around
from wfc_compiler.diagnostics import Diagnostic, Severity, severity_of
from wfc_compiler.pipeline import Build, compile_project
from wfc_compiler.rules import RULES, Suppressions

_TOGETHER = 150
_BEFORE = "before/"


@dataclass(frozen=True)
class Compiled:
    """Where programs were built; by program, what kept it from being built, and how bad was what was dropped.

    `earlier` is what there was before, of a program that says so: runs begin there, and are brought back in this build.
    """

    root: Path
    build: Build
    programs: tuple[Program, ...]
    refused: Mapping[str, str]
    dropped: Mapping[str, set[Severity]]
    earlier: Compiled | None = None


def compile_together(programs: Iterable[Program], root: Path) -> Iterator[Compiled]:
    """Compile programs of one file each many to a project, the others each in its own."""
    together = []
    for program in programs:
        if program.stands_alone:
            yield compile_program(program, root / program.name)
        else:
            together.append(program.moved())
    for start in range(0, len(together), _TOGETHER):
        yield _compile(together[start : start + _TOGETHER], root / f"together_{start}")


def compile_program(program: Program, root: Path) -> Compiled:
    """Compile a program in a project of its own, and what was there before it in another."""
    before = {path.removeprefix(_BEFORE): text for path, text in program.files.items() if path.startswith(_BEFORE)}
    after = {path: text for path, text in program.files.items() if not path.startswith(_BEFORE)}
    compiled = _compile([replace(program, files=after)], root)
    if not before:
        return compiled
    return replace(compiled, earlier=_compile([replace(program, files=before)], root.with_suffix(".before")))


def _compile(programs: list[Program], root: Path) -> Compiled:
    for program in programs:
        _write({"pyproject.toml": "", **program.files}, root)
        _write(dict(around(*workflow) for workflow in program.workflows), root)
    refused: dict[str, str] = {}
    while True:
        left = [program for program in programs if program.name not in refused]
        with _rules_off({path: program for program in left for path in program.files}) as dropped:
            result = compile_project(root)
        if result.build is not None:
            return Compiled(root, result.build, tuple(left), refused, dropped)
        found = dict(_errors(left, result.diagnostics))
        assert found, [item.message for item in result.diagnostics]
        refused |= found
        for program in left:
            if program.name in refused:
                _remove(program, root)


def _errors(programs: list[Program], diagnostics: Iterable[Diagnostic]) -> Iterator[tuple[str, str]]:
    for item in diagnostics:
        for program in programs:
            if severity_of(item) is Severity.ERROR and (item.span.path in program.files or len(programs) == 1):
                yield program.name, f"{item.code} {item.message}"


def _write(files: Mapping[str, str], root: Path) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")


def _remove(program: Program, root: Path) -> None:
    for path in (*program.files, *(around(*workflow)[0] for workflow in program.workflows)):
        (root / path).unlink()


@contextmanager
def _rules_off(programs: Mapping[str, Program]) -> Iterator[dict[str, set[Severity]]]:
    """Drop findings of each program's own rule in its files, and all that is found in files that the tests add."""
    real = Suppressions.leave_out
    dropped: dict[str, set[Severity]] = {}

    def leave_out(self: Suppressions, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        return [item for item in real(self, findings) if not _is_off(item)]

    def _is_off(item: Diagnostic) -> bool:
        program = programs.get(item.span.path)
        if program is None or item.code not in _codes_of(program):
            return item.span.path.startswith("around_")
        dropped.setdefault(program.name, set()).add(severity_of(item))
        return True

    with (
        patch.object(Suppressions, "leave_out", leave_out),
        patch("os.fsync", lambda _: None),  # these builds needn't survive a power failure
    ):
        yield dropped


def _codes_of(program: Program) -> Collection[str]:
    """Return the codes that the findings of a program's rule have: its own, or those that it makes errors."""
    return (RULES[program.off].raises or {program.off}) if program.off else ()
