"""The binder agrees with CPython's symtable, scope by scope and name by name (r8)."""

from __future__ import annotations

import sys
import sysconfig
import warnings
from pathlib import Path

import pytest

from wfc_compiler.binder import Module
from wfc_compiler.project import SourceFile
from wfc_compiler.syntax import parse_source

from .tables import differences, table_of_binder, table_of_symtable

STDLIB = Path(sysconfig.get_path("stdlib"))
# The grammar corpus of CPython's own tests, which not every installation has, and every third module.
_STRANGE = ("test_grammar", "test_patma", "test_scope", "test_named_expressions", "test_type_params", "test_listcomps")
_LEAST_FILES = 45
_LEAST_SWEPT = 400


def compare(data: bytes, path: str) -> list[str] | None:
    """Return what the two say differently about a file; None when it isn't Python of this version."""
    parsed = parse_source(data, path)
    if not isinstance(parsed, tuple):
        return None
    text, tree = parsed
    module = Module(SourceFile(Path(path), path, "m", False, data, text), tree)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = table_of_symtable(text)
    except SyntaxError:
        return None
    return list(differences(table_of_binder(module), theirs))


def stdlib_files() -> list[Path]:
    """Return every file of the standard library, CPython's own tests among them, but not what is installed into it."""
    return [path for path in sorted(STDLIB.rglob("*.py")) if "site-packages" not in path.relative_to(STDLIB).parts]


def sample_files() -> list[Path]:
    """Return the sample, the files with the strangest grammar first."""
    strange = [STDLIB / "test" / f"{name}.py" for name in _STRANGE]
    return [path for path in strange if path.exists()] + sorted(STDLIB.glob("*.py"))[::3]


def test_scopes_agree_over_a_sample_of_the_standard_library() -> None:
    """Every scope of the sample has the same names, bound and used alike, as CPython says."""
    compared = {path: compare(path.read_bytes(), str(path)) for path in sample_files()}
    assert {path: found for path, found in compared.items() if found} == {}
    assert len(compared) > _LEAST_FILES, f"only {len(compared)} files were compared"


@pytest.mark.sweep
def test_scopes_agree_over_the_whole_standard_library() -> None:
    """Every file that this Python parses is the same for the binder and for symtable."""
    compared = {path: compare(path.read_bytes(), str(path)) for path in stdlib_files()}
    assert {path: found for path, found in compared.items() if found} == {}
    seen = sum(found is not None for found in compared.values())
    assert seen > _LEAST_SWEPT, f"only {seen} files were compared"


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    global x\n    x += 1\n    del x",
        "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2",
        "def f():\n    def g():\n        def h(): return x\n    x = 1",
        "class C:\n    __x = 1\n    def f(self, __y): return __x, __y, [__x for __z in __y]",
        "class _:\n    __x = 1",
        "class C:\n    import __a.b, c.d as __e\n    from m import __f\n    def __g(self): global __h; __h = 1",
        "class C:\n    x = 1\n    y = [x for _ in x]\n    z = (x for _ in x)\n    w = lambda: x",
        "def f():\n    return [y := x for x in range(3) if (z := x)]",
        "def f():\n    global y\n    return [y := x for x in range(3)]",
        "def f():\n    return [[(y := x) for x in z] for z in ()]",
        "x = [y := 1 for _ in ()]\ndef f(): return (y := 2)",
        "def f():\n    return {x: y for x, y in ((x, y) for x in () for y in x)}",
        "match a:\n    case [b, *c] | {'k': b, **c}: pass\n    case D(e=f) as g: pass\n    case _: pass",
        "try:\n    pass\nexcept A as b:\n    del b\nexcept (C, D) as d: x = lambda: d",
        "try: pass\nexcept* A as b: pass",
        "with a as b, c() as (d, *e), f as g.h, i as j[k]: pass",
        "for a, (b, *c) in d: pass\nelse: e = 1",
        "async def f():\n    async for x in y: pass\n    async with z as w: pass",
        "from m import *\nx = y",
        "def f(a, /, b: c = d, *e: f, g=h, **i) -> j: k: l; m: n = o; p.q: r = s; (t): u = v",
        "class A(B, metaclass=C, **D):\n    E: F = G\n    def __init__(self): super().__init__(); __class__",
        "@a(lambda: x)\ndef f(y=lambda: z): pass\n@b\nclass C: pass",
        "x = lambda a, *b, c=d, **e: (a, f, lambda: a)",
        "import a.b.c, d.e as f\nfrom . import g\nfrom .h import i as j",
        "def f():\n    x: int\n    def g(): return x",
        "def f():\n    for x in y: pass\n    with y as x: pass\n    import x\n    def x(): pass\n    class x: pass",
        "class C:\n    def f(self):\n        class D:\n            x = __x\n            def g(self): return __y",
        "def f(x):\n    class C:\n        x = x\n        def g(self): return x",
        "def f():\n    x = 1\n    class C:\n        nonlocal x\n        x = 2",
        "class C:\n    global x\n    x = 1\n    def f(self): return x",
        "f'{a!r:{b}} {[c for c in d]} {(e := 1)} {(lambda: g)}'",
        "async def f(): return [a async for a in b if await c], {d async for d in e}, (await g for h in i)",
        "def top(a):\n    return a, b",
        "while (x := f()):\n    pass\nelse:\n    y = x",
        "def f():\n    x = 1\n    del x\n    return lambda: x",
        "def f():\n    import a.b\n    from c import d as e\n    return lambda: (a, e)",
        "def f():\n    if x: global_ = 1\n    else: y = global_\n    return [global_ for y in y]",
    ],
)
def test_scopes_agree_for_every_construct(text: str) -> None:
    """Each form that binds, declares or deletes a name is what CPython makes of it."""
    assert compare(f"{text}\n".encode(), "m.py") == []
    assert compare(f"from __future__ import annotations\n{text}\n".encode(), "m.py") == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is that of 3.12")
@pytest.mark.parametrize(
    "text",
    [
        "def f[T: (int, U), *Ts, **P](x: T, *a: *Ts, **k: P.kwargs) -> T: y: T = x",
        "class A[T: B](C[T], d=T):\n    x: T\n    def f[U](self, y: U, z: T) -> A: return T, U",
        "type A[T] = list[T] | B\ntype C = D\ntype E = lambda: E",
        "class A:\n    X = int\n    type Y = X\n    type Z[T] = dict[T, X]\n    def f[T: X](self, x: X) -> Y: return X",
        "class A:\n    def f[__T: B](self, x: __T): return __T\n    type __Y = __Y",
        "def f():\n    T = 1\n    def g[T](x=T): return T\n    type A[T] = lambda: T",
        "def f[T]():\n    def g[U: T](): return T\n    class B[V](list[T]): pass",
        "def f[T]():\n    def g():\n        nonlocal_ = T\n        return [T for U in T]",
        "class A[T]:\n    class B[U](A[T]):\n        x = T, U",
    ],
)
def test_scopes_agree_for_type_parameters(text: str) -> None:
    """PEP 695's scopes see the class around them, and nothing in a class body sees through it."""
    assert compare(f"{text}\n".encode(), "m.py") == []


@pytest.mark.skipif(sys.version_info < (3, 13), reason="the syntax is that of 3.13")
def test_scopes_agree_for_defaults_of_type_parameters() -> None:
    """The default of a type parameter is a scope of its own, as its bound is (PEP 696)."""
    assert compare(b"def f[T: int = str, *Ts = *tuple[T], **P = [T]](): pass\nclass A[T = B]: pass\n", "m.py") == []


@pytest.mark.skipif(sys.version_info < (3, 13), reason="3.12 mangles all names in the head of a generic class")
def test_a_private_type_parameter_is_mangled_with_its_class() -> None:
    """`__T` of `class A[__T]` is `_A__T` in the bases too, where other private names stay as they are."""
    assert compare(b"class A[__T: (int, __B)](C[__T], d=__D):\n    def f(self): return __T, __B\n", "m.py") == []
