"""Definitions that lead back to themselves: every pass of the compiler comes to an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ..conftest import Compile

HEAD = """\
# file: app/steps.py
from __future__ import annotations
import dataclasses, functools, pydantic, typing
from vercel.workflow import BaseHook
from app.workflow import wf
@wf.step
def work(): return use()
"""
CIRCLES = {
    "bases": "class A(B): ...\nclass B(A): ...\nclass C(C): ...\ndef use(): return A, C()",
    "models": """\
@dataclasses.dataclass
class A(B): x: B
class B(A): y: A
class P(Q, pydantic.BaseModel): a: int
class Q(P): b: int
@wf.step
def more(a: A, p: P) -> B: ...
def use(): return A, P
""",
    "aliases": "A = B\nB = A\nC = C\n@wf.step\ndef more(a: A) -> C: ...\ndef use(): return A.x(), C()",
    "type aliases": """\
T = list["U"]
U = dict[str, T]
V = typing.Optional["V"]
@wf.step
def more(t: T, v: V) -> U: ...
def use(): return T, V
""",
    "constants": "X = X + X\nY = X + Z\nZ = Y + Y\ndef use(): return X, Y",
    "calls": """\
def make(value): return wrap(value)
def wrap(value): return make(value)
a = make(b)
b = wrap(a)
a.b = b.a
def use(): return a
""",
    "hooks": """\
class H(K, BaseHook): a: int
class K(H): b: int
class Lost(Gone): ...
class Gone(Lost, Exception): ...
Both = (Lost, Both)
@wf.workflow
async def flow():
    try:
        await H.wait(token=f"{K}")
    except Lost: ...
    except Both: ...
def use(): return 1
""",
    "imports": """\
from app.steps import use as again
from app.b import *
def use(): return again, more
# file: app/b.py
from app.steps import *
from app.c import more, Base
Base = Base
# file: app/c.py
from app.b import more, Base
""",
}


@pytest.mark.parametrize("text", CIRCLES.values(), ids=CIRCLES)
def test_a_circle_ends(compile_text: Compile, text: str) -> None:
    """A circle of any kind is compiled, or refused with findings; it never breaks the compiler."""
    compiled = compile_text(HEAD + text)
    assert compiled.result.build is not None or compiled.codes


def test_a_constant_in_a_circle_is_no_literal(compile_text: Compile) -> None:
    """A decorator argument that leads back to itself is refused, and soon."""
    doubled = "Y = X + X + X + X\nX = Y + Y + Y + Y\n"
    compiled = compile_text(f"{HEAD}{doubled}def use(): ...\n@wf.step(max_retries=X)\ndef more(): ...\n")
    assert "WFC007" in compiled.codes
