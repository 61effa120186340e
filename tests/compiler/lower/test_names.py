"""Names of LibCST's tree are paired with those of `ast`'s: over constructs and some of the standard library."""

from __future__ import annotations

import ast
import random
import sys
import sysconfig
from pathlib import Path

import libcst as cst
import pytest

from wfc_compiler.emit.deep_stack import with_deep_stack
from wfc_compiler.lower.names import pair_names
from wfc_compiler.lower.statements import small_statements

STDLIB = Path(sysconfig.get_path("stdlib"))
MODULES = sorted(path for path in STDLIB.glob("*.py") if not path.name.startswith("_"))
SAMPLE = [*random.Random(3).sample(MODULES, 40), STDLIB / "dataclasses.py", STDLIB / "typing.py"]

CONSTRUCTS = [
    pytest.param("a = b if c else d", "a b c d", id="conditional"),
    pytest.param("f(a, *b, k=c, **d)", "f a b c d", id="arguments"),
    pytest.param("f(k=a, *b)", "f a b", id="a star behind a keyword"),
    pytest.param("x.y.z[a:b:c].d", "x a b c", id="attributes and slices"),
    pytest.param("{a: b, **c, d: e}", "a b c d e", id="dict"),
    pytest.param(
        "def f(a: A = x, /, b: B = y, *c: C, d: D = z, **e: E) -> R: return a", "A x B y C D z E R a", id="def"
    ),
    pytest.param("@deco(x)\nclass C(A, B, metaclass=M):\n    y: Y = z", "deco x A B M y Y z", id="class"),
    pytest.param("lambda a, b=x: a", "x a", id="lambda"),
    pytest.param("[a for a, b in c if d for e in f]", "a a b c d e f", id="comprehension"),
    pytest.param("f'{a!r:>{b}} {c=}' f'{d}'", "a b c d", id="f-strings"),
    pytest.param("try: a\nexcept E as e: b\nelse: c\nfinally: d", "a E b c d", id="try"),
    pytest.param("with a as b, c as d.e: f", "a b c d f", id="with"),
    pytest.param("a.b, c[d] = (e := f)", "a c d e f", id="targets"),
    pytest.param("x = None, True, False, ...", "x", id="constants"),
    pytest.param("def f():\n    global a\n    a = b\n    nonlocal_ = c", "a b nonlocal_ c", id="declarations"),
    pytest.param(
        "match a:\n    case C(b, k=D.e) | {f.g: h, **rest} | [x, *y] | None | int() as z if w: v",
        "a C D f int w v",
        id="match",
    ),
    pytest.param("from a import b as c; import d.e", "", id="imports"),
]
if sys.version_info >= (3, 12):
    CONSTRUCTS.append(pytest.param("def f[T: A, *U, **V](a: T) -> T: ...\ntype X[W: B] = C", "A T T X B C", id="types"))


def paired(text: str) -> list[str]:
    module = cst.parse_module(text)
    statements = zip(small_statements(module.body), ast.parse(text).body, strict=True)
    return [name.value for node, twin in statements for name, _ in pair_names(node, twin)]


@pytest.mark.parametrize(("text", "names"), CONSTRUCTS)
def test_names_in_the_order_of_the_source(text: str, names: str) -> None:
    """What is a reference or a target is paired; what only looks like a name is left out."""
    assert paired(text) == names.split()


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name)
def test_the_standard_library(path: Path) -> None:
    """Both parsers see the same names in the same order, so that none is mistaken for another."""
    found = with_deep_stack(lambda: paired(path.read_text(encoding="utf-8")))
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    assert sorted(found) == sorted(node.id for node in nodes if isinstance(node, ast.Name))


def test_other_trees_are_noticed() -> None:
    """A twin of other code is refused, never paired wrongly."""
    (node,) = small_statements(cst.parse_module("a = b").body)
    with pytest.raises(ValueError, match="not the same name"):
        list(pair_names(node, ast.parse("a = c").body[0]))
    with pytest.raises(ValueError, match="argument 2"):
        list(pair_names(node, ast.parse("a").body[0]))
