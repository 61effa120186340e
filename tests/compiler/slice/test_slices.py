"""What a route holds: the names that a step reaches, what changes them, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..conftest import Compile

STEP = "from app.workflow import wf\n"

# Each: the project, the result of step `work`, names that its route must not hold.
CASES = {
    "assignments in order": (
        "X = 1\nX = X + 1\nY = 5\nX += 1\n@wf.step\ndef work(): return X",
        3,
        ["Y = 5"],
    ),
    "chained and unpacked": (
        "(A, B), *C = (1, 2), 3, 4\nD = E = 7\n@wf.step\ndef work(): return [A, B, C, E]",
        [1, 2, [3, 4], 7],
        [],
    ),
    "loop with else": (
        "T = 0\nfor i in range(4):\n    T += i\nelse:\n    T += 100\n@wf.step\ndef work(): return T",
        106,
        [],
    ),
    "with target": (
        "import contextlib\nwith contextlib.nullcontext(4) as V: W = V + 1\n@wf.step\ndef work(): return V + W",
        9,
        [],
    ),
    "walrus and comprehension": (
        "if (N := 3) > 2: M = [N * k for k in range(2)]\n@wf.step\ndef work(): return [N, M]",
        [3, [0, 3]],
        [],
    ),
    "match capture": (
        "match {'a': [1, 2]}:\n    case {'a': [P, *Q]}: pass\n@wf.step\ndef work(): return [P, Q]",
        [1, [2]],
        [],
    ),
    "except as and import error": (
        "try:\n    import no_such_module_at_all as fast\nexcept ImportError:\n    fast = None\n@wf.step\ndef work(): return fast is None",
        True,
        [],
    ),
    "deleted and bound again": ("Z = 1\ndel Z\nZ = 2\n@wf.step\ndef work(): return Z", 2, []),
    "global writer": (
        "COUNT = 0\ndef bump():\n    global COUNT\n    COUNT += 1\n@wf.step\ndef work():\n    bump(); bump()\n    return COUNT",
        2,
        [],
    ),
    "subscript change": (
        "L = {'a': 1}\nL['b'] = 2\nU = {}\nU['c'] = 3\n@wf.step\ndef work(): return L",
        {"a": 1, "b": 2},
        ["U"],
    ),
    "method change": (
        "L = []\nL.append(1)\nL.extend([2])\nOTHER = []\nOTHER.append(9)\n@wf.step\ndef work(): return L",
        [1, 2],
        ["OTHER"],
    ),
    "attribute change": (
        "class K: a = 1\nK.b = 2\nclass J: a = 1\nJ.b = 2\n@wf.step\ndef work(): return K.a + K.b",
        3,
        ["J"],
    ),
    "registering function": (
        "REG = {}\ndef register(f):\n    REG[f.__name__] = f\n    return f\n@register\ndef one(): return 1\n"
        "@register\ndef two(): return 2\nNOISE = 3\n@wf.step\ndef work(): return sorted(REG)",
        ["one", "two"],
        ["NOISE"],
    ),
    "registering decorator factory": (
        "REG = {}\ndef register(name):\n    def deco(f):\n        REG[name] = f\n        return f\n    return deco\n"
        "@register('a')\ndef one(): return 1\n@wf.step\ndef work(): return [k + str(v()) for k, v in REG.items()]",
        ["a1"],
        [],
    ),
    "subclass registry": (
        "class Base:\n    kinds = []\n    def __init_subclass__(cls): Base.kinds.append(cls.__name__)\n"
        "class A(Base): pass\nclass B(A): pass\nclass Lone: pass\n@wf.step\ndef work(): return Base.kinds",
        ["A", "B"],
        ["Lone"],
    ),
    "singledispatch": (
        "import functools\n@functools.singledispatch\ndef show(x): return 'any'\n@show.register\ndef _(x: int): return 'int'\n"
        "@show.register(str)\ndef _(x): return 'str'\n@wf.step\ndef work(): return [show(1), show(''), show(b'')]",
        ["int", "str", "any"],
        [],
    ),
    "class hierarchy and super": (
        "class A:\n    def f(self): return ['A']\nclass B(A):\n    def f(self): return [*super().f(), 'B']\n"
        "class C(B): pass\nclass D(A): pass\n@wf.step\ndef work(): return C().f()",
        ["A", "B"],
        ["class D"],
    ),
    "overloads and redefinition": (
        "from typing import overload\n@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\ndef f(x): return x\n"
        "@wf.step\ndef work(): return f(4)",
        4,
        [],
    ),
    "string annotations": (
        "from __future__ import annotations\nimport dataclasses, typing\n@dataclasses.dataclass\nclass Leaf: n: int\n"
        "@dataclasses.dataclass\nclass Tree: leaf: Leaf; more: list['Tree']\n@wf.step\n"
        "def work(): return sorted(typing.get_type_hints(Tree))",
        ["leaf", "more"],
        [],
    ),
    "nested functions and lambdas": (
        "A = 1\nB = 2\nC = 3\ndef outer(B):\n    def inner(): return (lambda: A + B)()\n    return inner()\n@wf.step\ndef work(): return outer(10)",
        11,
        ["B = 2", "C = 3"],
    ),
    "default and decorator": (
        "import functools\nD = 4\ndef deco(f):\n    @functools.wraps(f)\n    def w(*a): return f(*a) + 1\n    return w\n"
        "@deco\ndef f(x=D): return x\n@wf.step\ndef work(): return f()",
        5,
        [],
    ),
    "dunder name": (
        'import logging\nlog = logging.getLogger(__name__)\n@wf.step\ndef work(): return [log.name, __name__, f"{__name__}", f\'{f"{__name__}"}\']',
        ["app.steps", "app.steps", "app.steps", "app.steps"],
        [],
    ),
    "main guard": ("V = 1\nif __name__ == '__main__':\n    V = 2\n@wf.step\ndef work(): return V", 1, ["__main__"]),
    "type checking": (
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import no_such_thing\n"
        "def f(x: no_such_thing.T): return 1\n@wf.step\ndef work(): return f(0)",
        1,
        ["TYPE_CHECKING"],
    ),
    "globals keep the module": ("A1 = 1\nB1 = 2\n@wf.step\ndef work(): return globals()['B1']", 2, []),
    "conditional definition": (
        "import sys\nif sys.version_info > (3,):\n    def f(): return 3\nelse:\n    def f(): return 2\n@wf.step\ndef work(): return f()",
        3,
        [],
    ),
    "private class names": (
        "class A:\n    __x = 5\n    def f(self): return self.__x\n@wf.step\ndef work(): return A().f()",
        5,
        [],
    ),
    "enum identity": (
        "import enum\nclass E(enum.Enum):\n    A = 1\n    B = 2\nMAP = {E.A: 'a'}\n@wf.step\ndef work(): return MAP[E(1)]",
        "a",
        [],
    ),
    "lines of several statements": ("A = 1; B = 2; C = A + 1\n@wf.step\ndef work(): return C", 2, ["B = 2"]),
    "class body uses globals": (
        "size = 3\nclass C:\n    size = size + 1\n    half = [size for _ in range(2)]\n@wf.step\ndef work(): return [C.size, C.half]",
        [4, [3, 3]],
        [],
    ),
    "pydantic forward references": (
        "from __future__ import annotations\nimport pydantic\nclass A(pydantic.BaseModel):\n    b: B | None = None\n"
        "class B(pydantic.BaseModel):\n    a: list[A] = []\nA.model_rebuild()\n@wf.step\ndef work(): return A(b={'a': [{}]}).model_dump()",
        {"b": {"a": [{"b": None}]}},
        [],
    ),
    "unused client": (
        "import no_such_client\nclient = no_such_client.Client(key='x')\n@wf.step\ndef work(): return 1\n@wf.step\ndef other(): return client.go()",
        1,
        ["no_such_client"],
    ),
}


@pytest.mark.parametrize(("body", "expected", "absent"), CASES.values(), ids=CASES)
def test_a_step_computes_what_it_did(compile_text: Compile, body: str, expected: Any, absent: list[str]) -> None:
    """The sliced step gives the original's result, without what it doesn't reach."""
    head = body.splitlines()[0] + "\n" if body.startswith("from __future__") else ""
    compiled = compile_text(f"# file: app/steps.py\n{head}{STEP}{body.removeprefix(head)}\n")
    assert compiled.call("work") == expected
    text = compiled.text("work", "app/steps.py")
    assert [name for name in absent if name in text] == []
