"""Load a route's shadow tree, so that it runs as if it were the user's own source.

A route's directory becomes one package with a name of its own (`_r_<slug>_<hash>`), so that several routes, each with
its own `app.steps`, live in one process without touching `sys.modules["app"]`. Modules keep their shadow name as
`__name__` (dataclasses, typing and pickle look modules up by it); `original_name` gives the user's name back for ids,
messages and the codec. Trees that are loaded with `shares` have those modules in common that are the same in all of
them, with all that they import (`sharing.py`); these keep the name that the first tree gave them.

Each module is compiled under the user's file name and line numbers, by the route's `source_map.json`. So every
traceback, the interpreter's own included, and every debugger points at the source that a person wrote.
"""

from __future__ import annotations

import ast
import importlib
import json
import sys
import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from .sharing import Closures


class ShadowTree:
    """A route's directory under its package name, with its source map and the folder that user files are in."""

    def __init__(self, package: str, directory: Path, root: Path, *, shares: bool = False) -> None:
        self.package = package
        self.directory = directory
        self._root = root
        self._closures = Closures(directory, str(root)) if shares else None
        source_map = directory / "source_map.json"
        self._map: dict[str, Any] = json.loads(source_map.read_bytes()) if source_map.is_file() else {}

    def key_of(self, module: str) -> bytes | None:
        """Return what a module, by its name below the package, has in common with the same one of other trees."""
        return None if self._closures is None or module == "route" else self._closures.key_of(module)

    def closure_of(self, module: str) -> frozenset[str]:
        """Return the modules that come with a shared one; see Closures."""
        return frozenset() if self._closures is None else self._closures.closure_of(module)

    def source_of(self, path: str) -> tuple[str, list[list[int]]] | None:
        """Return the user's file behind an emitted one, and the line map; None for files that have none."""
        try:
            relative = Path(path).relative_to(self.directory).as_posix()
        except ValueError:
            return None
        entry = self._map.get(relative)
        if entry is None:
            return None
        original = self._root / entry["source"]
        return (str(original) if original.is_file() else entry["source"]), entry["lines"]


_trees: dict[str, ShadowTree] = {}
_shared: dict[bytes, ModuleType] = {}
_lock = threading.Lock()


def register_tree(package: str, directory: Path, root: Path | None = None, *, shares: bool = False) -> ModuleType:
    """Make `directory` importable as `package`; idempotent. `root` is the project that source paths are relative to.

    Without `root`, the directory is taken to lie in `<root>/.wfc/builds/<id>/<kind>/<slug>`. With `shares`, modules
    that other such trees have loaded already are taken from them, where they are the same.
    """
    with _lock:
        if package not in _trees:
            if not any(isinstance(finder, _ShadowFinder) for finder in sys.meta_path):
                sys.meta_path.insert(0, _ShadowFinder())
            _trees[package] = ShadowTree(package, directory, root or directory.parents[4], shares=shares)
    return importlib.import_module(package)


def package_of(module_name: str) -> str | None:
    """Return the route package that a module belongs to, None for modules outside every route."""
    root = module_name.partition(".")[0]
    return root if root in _trees else None


def original_name(module_name: str) -> str:
    """Return the user's name of a module: `_r_x_1a2b.app.steps` is `app.steps`; other names stay as they are."""
    package = package_of(module_name)
    return module_name if package is None else module_name[len(package) + 1 :]


def user_name_of(cls: type) -> str:
    """Return `module:Class` in the user's names, whichever route's tree the class was loaded in."""
    return f"{original_name(cls.__module__)}:{cls.__qualname__}"


class RouteNames:
    """Class names as the user knows them, whichever route's tree the class was loaded in."""

    def name_of(self, cls: type) -> str:
        """Return `module:qualname`."""
        return user_name_of(cls)


class _ShadowLoader(SourceFileLoader):
    """Compiles an emitted module under the name and lines of the source it was made from.

    Bytecode is not cached: CPython writes the emitted path over a cached code object's file name when it loads it.
    """

    def exec_module(self, module: ModuleType) -> None:
        """Run the module; other trees may have it once that has gone well."""
        super().exec_module(module)
        root, _, rest = module.__name__.partition(".")
        key = _trees[root].key_of(rest) if rest else None
        if key is not None:
            _shared.setdefault(key, module)

    def get_code(self, fullname: str) -> CodeType:
        """Compile the module; syntax errors can't happen here, the compiler has compiled it before."""
        path = self.get_filename(fullname)
        data = self.get_data(path)
        tree = _trees[fullname.partition(".")[0]]
        mapped = tree.source_of(path)
        if mapped is None:
            return compile(data, path, "exec", dont_inherit=True)
        source, lines = mapped
        try:
            return compile(_relocate(ast.parse(data), lines), source, "exec", dont_inherit=True)
        except RecursionError:
            # An expression too deep for a tree of Python objects, though not for the parser: tracebacks of this module
            # point at the emitted file instead.
            return compile(data, path, "exec", dont_inherit=True)


class _SharedLoader:
    """Gives a tree a module that another one has loaded, with what that one has loaded for it."""

    def __init__(self, module: ModuleType, tree: ShadowTree, name: str) -> None:
        self._module = module
        self._spec = module.__spec__
        self._tree = tree
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Put back what the import system has overwritten, by which the module's relative imports go."""
        module.__spec__ = self._spec
        other = module.__name__.partition(".")[0]
        for name in sorted(self._tree.closure_of(self._name)):
            if f"{other}.{name}" in sys.modules:  # its classes are looked up by the names that they have in this tree
                importlib.import_module(f"{self._tree.package}.{name}")


class _ShadowFinder:
    """Finds modules below registered route packages, and nothing else.

    Not derived from `importlib.abc`, which some Pythons take a tenth of a route's import to load.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        root, _, rest = fullname.partition(".")
        tree = _trees.get(root)
        if tree is None:
            return None
        shared = _shared.get(tree.key_of(rest) or b"") if rest else None
        if shared is not None:
            loader: Any = _SharedLoader(shared, tree, rest)
            spec = ModuleSpec(fullname, loader, origin=shared.__file__)
            spec.submodule_search_locations = getattr(shared, "__path__", None)
            return spec
        base = tree.directory.joinpath(*rest.split(".")) if rest else tree.directory
        if (base / "__init__.py").is_file():
            return self._spec(fullname, base / "__init__.py", [str(base)])
        if base.with_suffix(".py").is_file():
            return self._spec(fullname, base.with_suffix(".py"), None)
        return None  # an extension module or a namespace folder: the ordinary finders look on the package's path

    @staticmethod
    def _spec(fullname: str, path: Path, locations: list[str] | None) -> ModuleSpec | None:
        loader = _ShadowLoader(fullname, str(path))
        return spec_from_file_location(fullname, path, loader=loader, submodule_search_locations=locations)


def _relocate(tree: ast.Module, lines: list[list[int]]) -> ast.Module:
    """Move every node of an emitted module to the line that it came from."""
    table = _line_table(lines)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", None)
        if line is None:
            continue
        end = getattr(node, "end_lineno", None) or line
        moved = table(line)
        node.lineno = moved  # type: ignore[attr-defined]  # nodes with a line have it
        node.end_lineno = max(moved, table(end))  # type: ignore[attr-defined]  # nodes with a line have it
    return tree


def _line_table(lines: list[list[int]]) -> Callable[[int], int]:
    starts = [emitted for emitted, _ in lines]

    def lookup(line: int) -> int:
        index = bisect_right(starts, line) - 1
        if index < 0:
            return line
        emitted, source = lines[index]
        return source + (line - emitted)

    return lookup


def source_line(directory: Path, file: Path, line: int) -> tuple[str, int]:
    """Return the user's file, relative to the project, and line behind a line of an emitted file of a route."""
    source_map = directory / "source_map.json"
    entries: dict[str, Any] = json.loads(source_map.read_bytes()) if source_map.is_file() else {}
    relative = file.relative_to(directory).as_posix()
    entry = entries.get(relative)
    return (relative, line) if entry is None else (entry["source"], _line_table(entry["lines"])(line))


def first_party_names(package: str) -> frozenset[str]:
    """Return the top-level names that a route's tree provides: the user's own packages and modules."""
    entries = _trees[package].directory.iterdir()
    return frozenset(entry.name.removesuffix(".py") for entry in entries if not entry.name.startswith("__"))


def load_route(package: str, directory: Path, root: Path, *, shares: bool = False) -> Any:
    """Import a route directory's `route.py` under `package` and return its `route`; `shares` as in `register_tree`."""
    register_tree(package, directory, root, shares=shares)
    return importlib.import_module(f"{package}.route").route
