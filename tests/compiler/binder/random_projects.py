"""Small projects at random, run for real: what the names in them are, to hold the binder's answers against.

Each module is a list of statements that import, alias, re-export, rebind and delete a handful of names.
A statement that raises is taken out and the project run again, so that what remains works.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

NAMES = ("f", "g", "x", "open", "a", "c")
FILES = {
    "app": "app/__init__.py",
    "app.a": "app/a.py",
    "app.b": "app/b.py",
    "app.sub": "app/sub/__init__.py",
    "app.sub.c": "app/sub/c.py",
    "flat": "flat.py",
}
_PREAMBLE = (
    "import contextlib, sys, time",
    "from typing import TYPE_CHECKING",
    "_SEEN = {}",
    "_PROBES = []",
    "NO = bool(_SEEN)",
)
_MODULES = (*FILES, "time")
_RELATIVE = {"app": ".", "app.a": ".a", "app.b": ".b", "app.sub": ".sub", "app.sub.c": ".sub.c"}
_TESTS = ("TYPE_CHECKING", "sys.version_info >= (3, 8)", "not TYPE_CHECKING", "NO", "not NO", "sys.version_info < (3,)")

_name = st.sampled_from(NAMES)
_module = st.sampled_from(_MODULES)
_expression = st.one_of(
    _name,
    _name,
    _name,
    st.just("time.time"),
    st.builds("{}.{}".format, st.sampled_from((*NAMES, "app", "app.a", "app.b", "app.sub", "flat")), _name),
    st.builds("app.sub.c.{}".format, _name),
)
_names = st.lists(_name, max_size=3).map(repr)


def _source(module: str) -> st.SearchStrategy[str]:
    """Draw what `from` may name in a module."""
    relative = [text for text in _RELATIVE.values() if module == "app"]
    relative += [".", ".c"] if module == "app.sub" else []
    relative += ["..", "..a", "."] if module == "app.sub.c" else []
    relative += [".", ".b", ".sub", ".sub.c"] if module in ("app.a", "app.b") else []
    return st.sampled_from((*_MODULES, *relative))


def _simple(module: str) -> st.SearchStrategy[str]:
    source = _source(module)
    return st.one_of(
        st.builds("def {}(): pass".format, _name),
        st.builds("class {}: {} = {}".format, _name, _name, _expression),
        st.builds("{} = object()".format, _name),
        st.builds("{} = None".format, _name),
        st.builds("{} = {}".format, _name, _expression),
        st.builds("{} = {} = {}".format, _name, _name, _expression),
        st.builds("{}, {} = {}, {}".format, _name, _name, _expression, _expression),
        st.builds("{}: object = {}".format, _name, _expression),
        st.builds("import {}".format, _module),
        st.builds("import {} as {}".format, _module, _name),
        st.builds("from {} import {}".format, source, _name),
        st.builds("from {} import {} as {}".format, source, _name, _name),
        st.builds("from {} import *".format, source),
        st.builds("del {}".format, _name),
        st.builds("[{} := {} for _ in (1, 2)]".format, _name, _expression),
    )


def _compound(module: str) -> st.SearchStrategy[str]:
    simple = _simple(module)
    return st.one_of(
        st.builds("try:\n    {}\nexcept Exception:\n    {}".format, simple, simple),
        st.builds("if {}:\n    {}\nelse:\n    {}".format, st.sampled_from(_TESTS), simple, simple),
        st.builds("if {}:\n    {}".format, st.sampled_from(_TESTS), simple),
        st.builds("for {} in ({},): pass".format, _name, _expression),
        st.builds("with contextlib.nullcontext({}) as {}:\n    {}".format, _expression, _name, simple),
        st.builds("match {}:\n    case {}: pass".format, _expression, _name),
        st.builds("def setter():\n    global {0}\n    {0} = {1}\nsetter()".format, _name, _expression),
        st.builds("__all__ = {}".format, _names),
        st.builds("__all__ = ['f']\n__all__ += {}\n__all__.append({!r})".format, _names, _name),
        st.builds("__all__ = [*{}.__all__, 'g']".format, st.sampled_from(NAMES)),
    )


def _probe(module: str) -> st.SearchStrategy[str]:
    """Draw a look at an expression, in the module itself, a function, a class or a comprehension."""
    simple = _simple(module).filter(lambda text: "*" not in text and ":=" not in text)
    look = st.builds("try: _SEEN[KEY] = {}\nexcept Exception: pass".format, _expression)
    inner = look.map(lambda text: text.replace("\n", "\n    "))
    method = inner.map(lambda text: text.replace("\n", "\n    "))
    function = "def probe():\n    {}\n_PROBES.append(probe)"
    return st.one_of(
        look,
        st.builds(function.format, inner),
        st.builds(function.replace("{}", "{}\n    {}").format, simple, inner),
        st.builds("class Probe:\n    {}\n    {}".format, simple, inner),
        st.builds(
            "class Probe:\n    {}\n    def probe():\n        {}\n_PROBES.append(Probe.probe)".format, simple, method
        ),
        st.builds("try: _SEEN[KEY] = [{} for _ in (1,)]\nexcept Exception: pass".format, _expression),
    )


def _text(module: str) -> st.SearchStrategy[list[str]]:
    """Draw the statements of a module; what it defines comes first, so that there is something to import."""
    simple, probe = _simple(module), _probe(module)
    defined = st.lists(st.builds("def {}(): pass".format, _name), max_size=2)
    rest = st.lists(st.one_of(simple, simple, _compound(module), probe), min_size=1, max_size=5)
    return st.builds(
        lambda *parts: [text for part in parts for text in part], defined, rest, st.lists(probe, max_size=2)
    )


@dataclass
class Drawn:
    """The statements of each module, and the order in which the modules are imported."""

    statements: dict[str, list[str]]
    order: list[str]


drawn_projects = st.builds(
    Drawn, st.fixed_dictionaries({module: _text(module) for module in FILES}), st.permutations(list(FILES))
)


@dataclass
class Outcome:
    """What ran: the text of each module, the modules, and what each probe of a module saw."""

    texts: dict[str, str]
    modules: dict[str, ModuleType] = field(default_factory=dict)
    seen: dict[str, dict[int, Any]] = field(default_factory=dict)


def run_project(drawn: Drawn) -> Outcome:
    """Import the modules of a project, without the statements that raise."""
    statements = drawn.statements
    while True:
        numbered = {
            module: [text.replace("KEY", str(index)) for index, text in enumerate(lines)]
            for module, lines in statements.items()
        }
        outcome = Outcome({module: "\n".join([*_PREAMBLE, *lines, ""]) for module, lines in numbered.items()})
        with _Importer(numbered) as importer:
            for module in drawn.order:
                importlib.import_module(module)
            if not importer.failed:
                outcome.modules = {name: sys.modules[name] for name in FILES}
                _call_probes(outcome)
                return outcome
        statements = {
            module: [text for index, text in enumerate(lines) if (module, index) not in importer.failed]
            for module, lines in statements.items()
        }


class _Importer(MetaPathFinder, Loader):
    """Lets a project be imported from memory, statement by statement; `failed` holds those that raised."""

    def __init__(self, statements: Mapping[str, list[str]]) -> None:
        self.statements = statements
        self.failed: set[tuple[str, int]] = set()

    def __enter__(self) -> _Importer:
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)
        for name in self.statements:
            sys.modules.pop(name, None)

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname not in self.statements:
            return None
        return ModuleSpec(fullname, self, is_package=FILES[fullname].endswith("__init__.py"))

    def exec_module(self, module: ModuleType) -> None:
        exec("\n".join(_PREAMBLE), module.__dict__)
        for index, text in enumerate(self.statements[module.__name__]):
            try:
                exec(text, module.__dict__)
            except Exception:  # noqa: BLE001 (whatever the drawn statements raise)
                self.failed.add((module.__name__, index))


def _call_probes(outcome: Outcome) -> None:
    for name, module in outcome.modules.items():
        for probe in module._PROBES:
            with suppress(Exception):  # of the drawn statements in it
                probe()
        outcome.seen[name] = {key: value[0] if type(value) is list else value for key, value in module._SEEN.items()}


def probes(tree: ast.Module) -> Iterator[tuple[int, ast.expr]]:
    """Yield the number of each probe with the expression that it looks at."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id="_SEEN"), slice=ast.Constant(value=int(key)))]):
                value = node.value
                yield key, value.elt if isinstance(value, ast.ListComp) else value
