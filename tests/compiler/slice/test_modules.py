"""Slices across modules: re-exports, cycles, submodules, stars, changes made from elsewhere, data files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..conftest import Compile

# Each: the other files, the imports of app/steps.py, the expression that the step returns, its value,
# and `file: text` pairs that the route must not hold.
CASES: dict[str, tuple[str, str, str, Any, list[tuple[str, str]]]] = {
    "re-export through packages": (
        "# file: lib/__init__.py\nfrom .core import run, unused\n# file: lib/core.py\ndef run(): return 1\ndef unused(): return 2\n",
        "from lib import run",
        "run()",
        1,
        [("lib/__init__.py", "unused"), ("lib/core.py", "unused")],
    ),
    "alias of an alias": (
        "# file: lib/__init__.py\nfrom lib.a import f as g\n# file: lib/a.py\nfrom .b import h as f\n# file: lib/b.py\ndef h(): return 7\n",
        "from lib import g as k",
        "k()",
        7,
        [],
    ),
    "import a.b.c": (
        "# file: lib/__init__.py\n# file: lib/sub/__init__.py\nX = 1\n# file: lib/sub/deep.py\nY = 2\nZ = 3\n# file: lib/other.py\nW = 4\n",
        "import lib.sub.deep\nimport lib.other",
        "lib.sub.X + lib.sub.deep.Y",
        3,
        [("lib/sub/deep.py", "Z"), ("app/steps.py", "other")],
    ),
    "import a.b as c": ("# file: lib/b.py\nX = 1\nY = 2\n", "import lib.b as c", "c.X", 1, [("lib/b.py", "Y")]),
    "submodule by from": ("# file: lib/__init__.py\n# file: lib/b.py\nX = 1\n", "from lib import b", "b.X", 1, []),
    "submodule that the package binds otherwise": (
        "# file: lib/__init__.py\nfrom .b import b\n# file: lib/b.py\ndef b(): return 'function'\nX = 'module'\n",
        "import lib.b\nfrom lib import b",
        "b()",
        "function",
        [],
    ),
    "submodule imported by somebody else": (
        "# file: lib/__init__.py\nimport lib.loader\n# file: lib/loader.py\nimport lib.data\n# file: lib/data.py\nX = 9\n",
        "import lib",
        "lib.data.X",
        9,
        [],
    ),
    "relative imports": (
        "# file: lib/__init__.py\n# file: lib/a/__init__.py\nfrom ..b import X\nfrom . import c\n# file: lib/a/c.py\nfrom .. import b\nY = b.X + 1\n"
        "# file: lib/b.py\nX = 1\n",
        "from lib.a import X, c",
        "X + c.Y",
        3,
        [],
    ),
    "module as a value": (
        "# file: lib.py\nX = 1\nY = 2\n",
        "import lib",
        "sorted(n for n in vars(lib) if n in 'XY')",
        ["X", "Y"],
        [],
    ),
    "getattr on a module": ("# file: lib.py\nX = 1\nY = 2\n", "import lib", "getattr(lib, 'Y')", 2, []),
    "star import": (
        "# file: lib/__init__.py\nfrom .a import *\nfrom .b import *\n# file: lib/a.py\nX = 1\nY = 2\n_P = 3\n# file: lib/b.py\n__all__ = ['X', 'Q']\nX = 10\nQ = 5\nR = 6\n",
        "from lib import *",
        "X + Q",
        15,
        [("lib/a.py", "Y"), ("lib/b.py", "R =")],
    ),
    "star import with dynamic __all__": (
        "# file: lib.py\nX = 1\n__all__ = [n for n in ('X',)]\n# file: mid.py\nfrom lib import *\n",
        "from mid import X",
        "X",
        1,
        [],
    ),
    "star import from outside": (
        "# file: lib.py\nfrom os.path import *\n",
        "from lib import join",
        "join('a', 'b')",
        "a/b",
        [],
    ),
    "import inside a function": (
        "# file: lib/__init__.py\n# file: lib/a.py\ndef f():\n    from lib.b import X\n    import lib.c\n    import lib.d as d\n    return X + lib.c.Y + d.Z\n"
        "# file: lib/b.py\nX = 1\nN = 0\n# file: lib/c.py\nY = 2\n# file: lib/d.py\nZ = 3\n",
        "from lib.a import f",
        "f()",
        6,
        [("lib/b.py", "N")],
    ),
    "registered from another module": (
        "# file: lib/__init__.py\nfrom . import registry, plugins\n# file: lib/registry.py\nREG = []\ndef add(x):\n    REG.append(x)\n    return x\n"
        "# file: lib/plugins.py\nfrom .registry import add\nimport no_such_module_here as nothing\n".replace(
            "import no_such_module_here as nothing\n", ""
        )
        + "@add\ndef one(): return 1\n",
        "import lib\nfrom lib.registry import REG",
        "[f() for f in REG]",
        [1],
        [],
    ),
    "attribute set from another module": (
        "# file: config.py\nDEBUG = False\nLEVEL = 1\n# file: setup.py\nimport config\nconfig.DEBUG = True\nconfig.EXTRA = 5\n",
        "import setup, config",
        "[config.DEBUG, config.EXTRA]",
        [True, 5],
        [("config.py", "LEVEL")],
    ),
    "patched outside module": (
        "# file: patch.py\nimport json\njson.wfc_test_patch = lambda: 3\n",
        "import patch, json",
        "json.wfc_test_patch()",
        3,
        [],
    ),
    "cycle by functions": (
        "# file: a.py\nfrom b import g\ndef f(n): return n if n <= 0 else g(n - 1)\n# file: b.py\nimport a\ndef g(n): return a.f(n - 1)\n",
        "from a import f",
        "f(5)",
        -1,
        [],
    ),
    "cycle of classes": (
        "# file: a.py\nfrom __future__ import annotations\nimport b\nclass A:\n    def other(self) -> b.B: return b.B()\n"
        "# file: b.py\nfrom a import A\nclass B(A): pass\n",
        "import a\nimport b",
        "type(a.A().other()).__name__",
        "B",
        [],
    ),
    "cycle that begins elsewhere": (
        "# file: a.py\nLIMIT = 3\nfrom b import double\nX = double()\n# file: b.py\nfrom a import LIMIT\ndef double(): return LIMIT * 2\n",
        "import a\nfrom b import double",
        "double() + a.X",
        12,
        [],
    ),
    "package with effects": (
        "# file: lib/__init__.py\nimport os\nos.environ['WFC_TEST_EFFECT'] = 'set'\n# file: lib/a.py\nimport os\ndef f(): return os.environ['WFC_TEST_EFFECT']\n",
        "from lib.a import f",
        "f()",
        "set",
        [],
    ),
    "import_module by literal": (
        "# file: lib/__init__.py\n# file: lib/p.py\nX = 1\n",
        "import importlib",
        "importlib.import_module('lib.p').X",
        1,
        [],
    ),
    "import_module by relative name": (
        "# file: lib/__init__.py\nfrom importlib import import_module\ndef load(name): return import_module(f'.{name}', __package__).X\n# file: lib/p.py\nX = 1\n",
        "from lib import load",
        "load('p')",
        1,
        [],
    ),
    "module __getattr__": (
        "# file: lib.py\n_V = {'dyn': 4}\ndef __getattr__(name):\n    try: return _V[name]\n    except KeyError: raise AttributeError(name) from None\n",
        "import lib\nfrom lib import dyn",
        "lib.dyn + dyn",
        8,
        [],
    ),
    "one name of a parenthesised import": (
        "# file: lib.py\nA = 1\nB = 2\nC = 3\n",
        "from lib import (\n    A,  # the first\n    B,\n    C,\n)",
        "A + C",
        4,
        [("app/steps.py", "B"), ("lib.py", "B")],
    ),
    "try with first-party fallback": (
        "# file: lib.py\ntry:\n    from no_such_lib import go\nexcept ImportError:\n    from fallback import go\n# file: fallback.py\ndef go(): return 'fallback'\ndef more(): return 0\n",
        "from lib import go",
        "go()",
        "fallback",
        [("fallback.py", "more")],
    ),
    "data file beside the module": (
        "# file: lib/__init__.py\n# file: lib/texts/hello.txt\nhello\n# file: lib/a.py\nfrom pathlib import Path\nHERE = Path(__file__).parent\n"
        "def read(): return (HERE / 'texts' / 'hello.txt').read_text().strip()\n",
        "from lib.a import read",
        "read()",
        "hello",
        [],
    ),
    "data file by resources": (
        "# file: lib/__init__.py\n# file: lib/hello.txt\nhello\n# file: lib/a.py\nfrom importlib.resources import files\n"
        "def read(): return files(__package__).joinpath('hello.txt').read_text().strip()\n",
        "from lib.a import read",
        "read()",
        "hello",
        [],
    ),
    "dataclass default from another module": (
        "# file: a.py\nimport dataclasses\nfrom b import make, D\n@dataclasses.dataclass\nclass P:\n    x: list = dataclasses.field(default_factory=make)\n    y: int = D\n"
        "# file: b.py\ndef make(): return [1]\nD = 2\n",
        "from a import P",
        "[P().x, P().y]",
        [[1], 2],
        [],
    ),
}


@pytest.mark.parametrize(("files", "imports", "expression", "expected", "absent"), CASES.values(), ids=CASES)
def test_modules_keep_their_meaning(
    compile_text: Compile, files: str, imports: str, expression: str, expected: Any, absent: list[tuple[str, str]]
) -> None:
    """The step gives the original's result in its own tree, without what it doesn't reach."""
    step = f"# file: app/steps.py\nfrom app.workflow import wf\n{imports}\n@wf.step\ndef work(): return {expression}\n"
    compiled = compile_text(files + step)
    assert compiled.call("work") == expected
    assert [(path, text) for path, text in absent if text in compiled.text("work", path)] == []


def test_an_unneeded_import_of_a_package_stays_out(compile_text: Compile) -> None:
    """A step's route holds nothing of its neighbour's dependencies, not even modules of the project."""
    compiled = compile_text(
        "# file: app/heavy.py\nimport no_such_heavy\ndef go(): return no_such_heavy.go()\n"
        "# file: app/steps.py\nfrom app.workflow import wf\nfrom app.heavy import go\n"
        "@wf.step\ndef light(): return 1\n@wf.step\ndef heavy(): return go()\n"
    )
    assert "app/heavy.py" not in compiled.route("light").files
    assert compiled.call("light") == 1
    assert compiled.route("heavy").imports == ("no_such_heavy",)
