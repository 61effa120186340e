"""Canonical names across modules: every way to import, alias and re-export."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from wfc_compiler.binder import Module, Names
from wfc_compiler.project import SourceFile

FILES = {
    "app": "from .workflow import wf as registry\n",
    "app.workflow": "from vercel import workflow\nwf = workflow.Workflows()\nwf2 = wf\n",
    "app.steps": "from .charge import *\nfrom .refund import refund as give_back\n",
    "app.steps.charge": "__all__ = ['charge']\ndef charge(): ...\ndef hidden(): ...\n",
    "app.steps.refund": "def refund(): ...\n",
    "app.loop_a": "from app.loop_b import x\n",
    "app.loop_b": "from app.loop_a import x\n",
    "app.public": "def shown(): ...\ndef _private(): ...\nimport json\n",
    "app.dynamic": "__all__ = make()\ndef maybe(): ...\n",
}
FILES |= {
    "app.pair": "from .one import one\ndef two(): ...\n",
    "app.pair.one": "class one:\n    def x(self): ...\n",
    "app.facade": "from . import listed, public\nfrom .steps import *\nfrom .public import *\n"
    "__all__ = ['charge', *listed.__all__]\n__all__ += ['shown']\n__all__.append('added')\ndef added(): ...\n",
    "app.listed": "__all__ = ['other']\n",
    "app.ring_a": "from app.ring_b import *\ndef f(): ...\n",
    "app.ring_b": "from app.ring_a import *\ndef g(): ...\n",
    "app.computed": "__all__ = [name for name in ('maybe',)]\ndef maybe(): ...\n",
    "app.changed": "__all__ = ['maybe']\nif x:\n    __all__.remove('maybe')\ndef maybe(): ...\n",
    "app.filled": "def shown(): ...\nglobals()['maybe'] = 1\n",
    "app.clash": "import json as inner\n",
    "app.clash.inner": "def x(): ...\n",
}
PACKAGES = {"app", "app.steps", "app.pair", "app.clash"}

EITHER = "\n    from time import time as t\nelse:\n    from json import dumps as t\nUSE(t)"


def modules_with(name: str, text: str) -> dict[str, Module]:
    """Bind the shared files and one more."""
    modules = {}
    for module, content in {**FILES, name: text}.items():
        package = module in PACKAGES
        path = module.replace(".", "/") + ("/__init__.py" if package else ".py")
        source = SourceFile(Path(path), path, module, package, content.encode(), content)
        modules[module] = Module(source, ast.parse(content))
    return modules


def canonical(text: str, module: str = "app.flows.main") -> str | None:
    """Return the canonical name of the expression in the last `USE(...)` of a module's text."""
    modules = modules_with(module, text)
    uses = [
        node
        for node in ast.walk(modules[module].tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "USE"
    ]
    return Names(modules).canonical(modules[module], uses[-1].args[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from vercel import workflow\nUSE(workflow.sleep)", "wfc.sleep"),
        ("from vercel import workflow as w\nUSE(w.sleep)", "wfc.sleep"),
        ("import vercel.workflow as w\nUSE(w.sleep)", "wfc.sleep"),
        ("import vercel.workflow\nUSE(vercel.workflow.sleep)", "wfc.sleep"),
        ("from vercel.workflow import sleep as s\nUSE(s)", "wfc.sleep"),
        ("import wfc\nUSE(wfc.sleep)", "wfc.sleep"),
        ("import wfc as w\nUSE(w)", "wfc"),
        ("try:\n    from vercel import workflow as w\nexcept ImportError:\n    import wfc as w\nUSE(w.now)", "wfc.now"),
    ],
)  # fmt: skip
def test_all_spellings_of_the_sdk_are_one_name(text: str, expected: str) -> None:
    """`vercel.workflow.X` and `wfc.X` are canonical `wfc.X`."""
    assert canonical(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from app.workflow import wf\nUSE(wf.step)", "app.workflow.wf.step"),
        ("from app import registry\nUSE(registry)", "app.workflow.wf"),
        ("from ..workflow import wf\nUSE(wf)", "app.workflow.wf"),
        ("from .. import workflow\nUSE(workflow.wf)", "app.workflow.wf"),
        ("from app.workflow import wf2\nUSE(wf2.step)", "app.workflow.wf.step"),
        ("import app.workflow\nUSE(app.workflow.wf)", "app.workflow.wf"),
        ("import app.workflow as x\nUSE(x.wf)", "app.workflow.wf"),
        ("import app\nUSE(app.registry)", "app.workflow.wf"),
        ("from app.steps import charge\nUSE(charge)", "app.steps.charge.charge"),
        ("from app.steps import give_back\nUSE(give_back)", "app.steps.refund.refund"),
        ("from app.public import *\nUSE(shown)", "app.public.shown"),
        ("from app.public import *\nUSE(json.dumps)", "json.dumps"),
        ("from app.steps import *\nUSE(charge)", "app.steps.charge.charge"),
        ("def f():\n    from app.workflow import wf\n    USE(wf)", "app.workflow.wf"),
        ("import time\nnow = time.time\nUSE(now)", "time.time"),
        ("import time\ndef f():\n    now = time.time\n    USE(now)", "time.time"),
        ("from datetime import datetime as d\nUSE(d.now)", "datetime.datetime.now"),
        ("def f(): ...\nUSE(f)", "app.flows.main.f"),
        ("class C:\n    def m(self): ...\nUSE(C.m)", "app.flows.main.C.m"),
        ("USE(open)", "builtins.open"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import httpx\nUSE(httpx.get)", "httpx.get"),
        ("from datetime import date\nclass C:\n    date: date = USE(date)", "datetime.date"),
        ("import time\nnow, day = time.time, 1\nUSE(now)", "time.time"),
        ("import time\n[now, [day]] = time.time, [1]\nUSE(now)", "time.time"),
        ("import time\nclock = now = time.time\nUSE(now)", "time.time"),
        ("import time\nt = time\nnow = t.time\ndef f(): USE(now)", "time.time"),
        ("import time\nclass C:\n    now = time.time\n    USE(now)", "time.time"),
        ("import app.pair as p\nUSE(p.one.x)", "app.pair.one.one.x"),
        ("from app.pair import *\nUSE(two)", "app.pair.two"),
        ("from app.facade import *\nUSE(charge)", "app.steps.charge.charge"),
        ("from app.facade import *\nUSE(shown)", "app.public.shown"),
        ("from app.facade import *\nUSE(added)", "app.facade.added"),
        ("from app.ring_a import *\nUSE(f)", "app.ring_a.f"),
        ("from app.ring_a import *\nUSE(g)", "app.ring_b.g"),
        (f"import sys\nif sys.version_info >= (3, 8):{EITHER}", "time.time"),
        (f"import sys\nif sys.version_info[0] < 3:{EITHER}", "json.dumps"),
        ("try:\n    import httpx\nexcept ImportError:\n    httpx = None\nUSE(httpx.get)", "httpx.get"),
        ("from __future__ import annotations\ndef f(x: list['a']): USE(open)", "builtins.open"),
        ("print(USE(open))\nfrom time import time as open", "builtins.open"),
        ("from app.public import *\nUSE(shown)\ndef shown(): ...", "app.public.shown"),
    ],
)  # fmt: skip
def test_names_are_followed_to_where_they_are_defined(text: str, expected: str) -> None:
    """Imports, re-exports, star imports and simple aliases lead to one canonical name."""
    assert canonical(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(wf):\n    USE(wf.step)", None),
        ("def f():\n    open = 1\n    USE(open)", None),
        ("USE(nowhere)", None),
        ("from app.steps.charge import *\nUSE(hidden)", None),
        ("from app.public import *\nUSE(_private)", None),
        ("for time in range(3):\n    USE(time.time)", "app.flows.main.time.time"),
        ("try:\n    import orjson as j\nexcept Exception:\n    import json as j\nUSE(j.x)", "app.flows.main.j.x"),
        ("import time\nnow = time.time\nnow = print\nUSE(now)", "app.flows.main.now"),
        ("import time\nwith time as t:\n    USE(t.time)", "app.flows.main.t.time"),
        ("def open(): ...\nUSE(open)", "app.flows.main.open"),
        ("from app.loop_a import x\nUSE(x)", "app.loop_a.x"),
        ("x = y\ny = x\nUSE(x)", "app.flows.main.x"),
        ("import time\nmatch 1:\n    case time:\n        USE(time.time)", "app.flows.main.time.time"),
        ("import time\n[time := 1 for _ in ()]\nUSE(time.time)", "app.flows.main.time.time"),
        ("import time\ndef f():\n    global time\n    time += 1\n    USE(time.x)", "app.flows.main.time.x"),
        ("import time\n*now, x = time.time, 1\nUSE(now)", "app.flows.main.now"),
        ("import time\nif x:\n    open = time.time\ndef f(): USE(open)", "app.flows.main.open"),
        ("import time\nclass C:\n    if x:\n        now = time.time\n    USE(now)", None),
        ("import time\nnow = time.time\nold = now\nnow = print\ndef f(): USE(old)", "app.flows.main.old"),
        ("from app.public import *\nimport time as shown\ndef f(): USE(shown)", "app.flows.main.shown"),
        ("if x:\n    from app.public import *\nfrom app.pair import *\ndef f(): USE(hidden)", None),
        (f"import sys\nif sys.platform == 'win32':{EITHER}", "app.flows.main.t"),
        ("import app.clash\nUSE(app.clash.inner.x)", None),
    ],
)  # fmt: skip
def test_what_depends_on_run_time_is_not_guessed(text: str, expected: str | None) -> None:
    """A rebound, shadowed or unknown name is the variable itself, or nothing."""
    assert canonical(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from app.dynamic import *\nUSE(maybe)", "app.dynamic.maybe"),
        ("from app.computed import *\nUSE(maybe)", "app.computed.maybe"),
        ("from app.changed import *\nUSE(maybe)", "app.changed.maybe"),
        ("from app.dynamic import *\nUSE(other)", None),
        ("from app.dynamic import *\nUSE(open)", "builtins.open"),
        ("from app.filled import *\nUSE(maybe)", None),
        ("from app.filled import *\nUSE(open)", None),
        ("from app.filled import *\nUSE(shown)", "app.filled.shown"),
        ("from time import *\nUSE(sleep)", "time.sleep"),
        ("from time import *\nUSE(_sleep)", None),
        ("from time import *\nfrom json import *\nUSE(sleep)", None),
        ("from time import *\nfrom app.public import *\nUSE(shown)", "app.public.shown"),
        ("from app.public import *\nfrom time import *\nUSE(shown)", None),
        ("from time import *\nfrom app.public import *\nUSE(other)", "time.other"),
        ("from time import *\nUSE(open)", "builtins.open"),
        ("from gzip import *\nUSE(open)", None),
        ("from somewhere import *\nUSE(open)", "builtins.open"),
        ("from somewhere import *\nUSE(sum)", None),
        ("from app.workflow import wf\nfrom somewhere import *\nUSE(wf.step)", "app.workflow.wf.step"),
        ("from app.workflow import wf\nfrom app.filled import *\nUSE(wf.step)", "app.flows.main.wf.step"),
        ("from app.workflow import wf\nfrom app.dynamic import *\nUSE(wf.step)", "app.workflow.wf.step"),
        ("from time import time\nfrom somewhere import *\nUSE(time)", "app.flows.main.time"),
        ("from vercel.workflow import *\nUSE(sleep)", "wfc.sleep"),
        ("from wfc import *\nUSE(print)", "builtins.print"),
        ("from time import sleep\nfrom wfc import *\nUSE(sleep)", "app.flows.main.sleep"),
    ],
)  # fmt: skip
def test_names_that_star_imports_may_bring(text: str, expected: str | None) -> None:
    """What only one of them can bring is its; what several may bring, or run time makes, is nobody's."""
    assert canonical(text) == expected


def test_a_definition_is_found_through_re_exports() -> None:
    """`definition` gives the module, name and node that define a name, and what follows it."""
    modules = modules_with("main", "")
    found = Names(modules).definition("app.registry.step")
    assert found is not None
    assert (found.module.name, found.name, found.rest) == ("app.workflow", "wf", ("step",))
    assert Names(modules).definition("app.workflow") is None
    assert Names(modules).definition("app.nothing") is None
    assert Names(modules).definition("json.dumps") is None


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("def f(x: 'Draft') -> list['Other']: ...", {"f", "list", "Draft", "Other"}),
        ("def f(x: Literal['Draft']): ...", {"f", "Literal"}),
        ("def f(x: Annotated[int, 'Draft']): ...", {"f", "Annotated", "int"}),
        ("def f():\n    global Draft\n    Draft = 1", {"f", "Draft"}),
        ("Alias = list['Draft']", {"Alias", "list", "Draft"}),
        ("T = TypeVar('T', bound='Draft')", {"T", "TypeVar", "Draft"}),
        ("class C:\n    Draft: Draft = Draft", {"C", "Draft"}),
        ("def f(Draft): return Draft", {"f"}),
        ("x = [Draft for Draft in y]", {"x", "y"}),
        ("@Draft\ndef f(a=Other): ...", {"f", "Draft", "Other"}),
    ],
)
def test_what_a_statement_uses(statement: str, names: set[str]) -> None:
    """Strings in annotations, `global` and class bodies count; what is bound inside does not."""
    text = f"class Draft: ...\nclass Other: ...\n{statement}\n"
    module = modules_with("main", text)["main"]
    assert module.globals_used(2) == names
