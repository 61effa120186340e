"""Limits on files and functions, over the source and the tests.

In: every Python file of the three source roots and of `tests/`. Out: a failure that lists each
place over a limit. Where next: `test_imports.py` for who may import whom.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = ("runtime", "compiler", "templates")

FILE_LINES = 400
FUNCTION_LINES = 50
PARAMETERS = 6
# A name that says nothing about what is inside invites everything inside.
EMPTY_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "misc"})

Function = ast.FunctionDef | ast.AsyncFunctionDef
Check = Callable[[Path, str], Iterator[str]]


def source_files() -> list[Path]:
    return sorted(path for root in SOURCE_ROOTS for path in (ROOT / root).rglob("*.py"))


def files_of_tests() -> list[Path]:
    # What the compiler is tested on, some of it in the syntax of later Pythons.
    compiled = {ROOT / "tests" / name for name in ("golden", "compiler/binder/scopes", "compiler/pipeline/constructs")}
    return sorted(path for path in (ROOT / "tests").rglob("*.py") if compiled.isdisjoint(path.parents))


def functions(text: str) -> Iterator[Function]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, Function):
            yield node


def long_files(path: Path, text: str) -> Iterator[str]:
    lines = len(text.splitlines())
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines"


def long_functions(path: Path, text: str) -> Iterator[str]:
    for node in functions(text):
        assert node.end_lineno is not None
        lines = node.end_lineno - node.lineno + 1
        if lines > FUNCTION_LINES:
            yield f"{path}:{node.lineno}: {node.name} has {lines} lines"


def wide_functions(path: Path, text: str) -> Iterator[str]:
    """Count what a caller has to put in order: options are keyword-only and not counted."""
    for node in functions(text):
        names = [parameter.arg for parameter in (*node.args.posonlyargs, *node.args.args)]
        if names and names[0] in ("self", "cls"):
            names = names[1:]
        if len(names) > PARAMETERS:
            yield f"{path}:{node.lineno}: {node.name} has {len(names)} parameters"


def empty_names(path: Path, text: str) -> Iterator[str]:
    if EMPTY_NAMES & {path.stem.strip("_"), *path.parts[:-1]}:
        yield f"{path}: name the module or package for what it owns"


def missing_docstrings(path: Path, text: str) -> Iterator[str]:
    if not ast.get_docstring(ast.parse(text)):
        yield f"{path}: no module docstring"


def silent_tests(path: Path, text: str) -> Iterator[str]:
    """Find tests that don't say which behaviour they pin down."""
    for node in functions(text):
        if node.name.startswith("test_") and not ast.get_docstring(node):
            yield f"{path}:{node.lineno}: {node.name} has no docstring"


CHECKS: list[Check] = [long_files, long_functions, wide_functions, empty_names, missing_docstrings]


def findings(check: Check, files: list[Path]) -> list[str]:
    return [finding for path in files for finding in check(path.relative_to(ROOT), path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("check", CHECKS)
def test_the_source_stays_within(check: Check) -> None:
    """Every file of the three source roots passes the check."""
    assert source_files(), "no source found: the check would pass without looking"
    assert findings(check, source_files()) == []


@pytest.mark.parametrize("check", [*CHECKS, silent_tests])
def test_the_tests_stay_within(check: Check) -> None:
    """Tests are read as often as the source: the same limits hold for them."""
    assert findings(check, files_of_tests()) == []


SEVEN = "a, b, c, d, e, f, g"


@pytest.mark.parametrize(
    ("check", "path", "good", "bad"),
    [
        pytest.param(long_files, "x.py", "a = 1\n" * 400, "a = 1\n" * 401, id="file"),
        pytest.param(
            long_functions,
            "x.py",
            "def f():\n" + "    a = 1\n" * 49,
            "async def f():\n" + "    a = 1\n" * 50,
            id="function",
        ),
        pytest.param(
            wide_functions,
            "x.py",
            "class C:\n    def f(self, a, b, c, d, e, f, *, g, h): ...",
            f"class C:\n    def f(self, {SEVEN}): ...",
            id="method parameters",
        ),
        pytest.param(wide_functions, "x.py", "f = lambda: 0", f"def f({SEVEN}, /): ...", id="parameters"),
        pytest.param(missing_docstrings, "x.py", '"""Say."""', "a = 1", id="docstring"),
        pytest.param(silent_tests, "x.py", 'def test_a():\n    """Say."""', "async def test_a(): ...", id="test"),
    ],
)
def test_a_check_fires_on_a_violation(check: Check, path: str, good: str, bad: str) -> None:
    """Each check leaves the good twin alone and reports the bad one."""
    assert list(check(Path(path), good)) == []
    assert len(list(check(Path(path), bad))) == 1


@pytest.mark.parametrize(
    ("path", "fires"),
    [
        ("wfc/engine/turn.py", False),
        ("wfc/commonmark.py", False),
        ("wfc/engine/utils.py", True),
        ("wfc/_helpers.py", True),
        ("wfc/common/turn.py", True),
    ],
)
def test_empty_names_are_found(path: str, fires: bool) -> None:
    """A module or package called utils, helpers, common or misc is reported."""
    assert bool(list(empty_names(Path(path), ""))) is fires
