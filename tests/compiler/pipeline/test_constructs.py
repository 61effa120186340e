"""Every construct of the language, in a step and in a flow: it builds, and gives what it gave.

In: the files of `constructs/`, by the Python that first knows them; each ends with a function `result`. What this
Python can't parse is a WFC014, in its own words.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.compiler.conftest import Compile

_FILES = {
    f"{path.parent.name}/{path.stem}": path for path in sorted((Path(__file__).parent / "constructs").rglob("*.py"))
}
KNOWN = {name: path for name, path in _FILES.items() if sys.version_info >= (3, int(path.parent.name[2:]))}
TOO_NEW = {name: path for name, path in _FILES.items() if name not in KNOWN}

# Several times Python's default limit of recursion; 3.12 counts calls through C apart, by a limit that can't be raised.
_MANY = 150 if sys.version_info[:2] == (3, 12) else 1500
_ELIF = "".join(f"    elif a == {number}: return {number}\n" for number in range(1, _MANY))
DEEP = {
    "sum": "X = " + " + ".join(["1"] * _MANY),
    "names": "a = 1\ndef f(): return " + " + ".join(["a"] * _MANY) + "\nX = f()",
    "and": "X = " + " and ".join(["True"] * _MANY),
    "parentheses": "X = " + "(" * 150 + "1" + ")" * 150,
    "lists": "X = " + "[" * 90 + "1" + "]" * 90,
    "elif": f"def f(a):\n    if a == 0: return 0\n{_ELIF}X = f(4)",
    "attributes": "class A: b = 1\nA.a = A\ndef f(): return A" + ".a" * _MANY + ".b\nX = f()",
    "calls": "class A:\n    def a(self): return self\ndef f(): return A()" + ".a()" * (_MANY // 3) + "\nX = bool(f())",
    "subscripts": "def f(a): return a" + "[0]" * (_MANY // 2) + "\nX = 1",
    "minus": "X = " + "-" * (_MANY // 3) + "1",
    "choice": "X = " + "1 if 0 else " * (_MANY // 5) + "2",
    "comparison": "X = " + " < ".join(map(str, range(_MANY))),
    "decorators": "def d(f): return f\n" + "@d\n" * 300 + "def f(): return 1\nX = f()",
}


def project(code: str) -> str:
    """Return a project with the code in a step's module and in a flow's."""
    return (
        f"# file: app/steps.py\nfrom app.workflow import wf\n{code}\n@wf.step\ndef work(): return result()\n"
        f"# file: app/flows.py\nfrom app.steps import work\nfrom app.workflow import wf\n{code}\n"
        "@wf.workflow\nasync def flow():\n    result()\n    return await work()\n"
    )


def check(compile_text: Compile, code: str) -> None:
    """Build the code in a step and a flow, import both, and compare what it gives."""
    compiled = compile_text(project(code))
    compiled.load("flow")
    scope: dict[str, object] = {}
    exec(code, scope)
    result = scope["result"]
    assert callable(result)
    assert compiled.call("work") == result()


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore:invalid escape:DeprecationWarning")
def test_a_construct_survives(compile_text: Compile, name: str) -> None:
    """Step and flow build without an error, can be imported, and compute what the code computes."""
    check(compile_text, KNOWN[name].read_text("utf-8"))


@pytest.mark.parametrize("name", DEEP)
def test_depth_is_no_trouble(compile_text: Compile, name: str) -> None:
    """Expressions that are nested deeper than walks of a tree commonly bear go through every stage."""
    check(compile_text, f"{DEEP[name]}\ndef result(): return X\n")


@pytest.mark.skipif(not TOO_NEW, reason="this Python knows all of them")
@pytest.mark.parametrize("name", TOO_NEW)
def test_what_this_python_does_not_know_is_a_finding(compile_text: Compile, name: str) -> None:
    """Syntax of a later Python is a WFC014 in each file that has it."""
    assert compile_text(project(TOO_NEW[name].read_text("utf-8"))).codes == ["WFC014", "WFC014"]
