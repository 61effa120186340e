"""Which modules the step routes of a process have in common, so that each is loaded once.

An engine, a pool or a loaded model that a module makes would otherwise exist once for every step that imports the
module. A module is common to two routes where its text, and that of every module of the project that it imports,
directly or not, is the same in both; a package counts with all that lies below it, since submodules become its
attributes. So whatever such a module does, it does the same in each route.

    app/db.py     imports .settings     the same two files in both routes: one `app.db` for both
    app/bank.py   `charge` in one route, `refund` in the other: two

Comes in: the directory of a route. Goes out: per module a key, equal where it may be shared, None where nobody can
tell what it reads: it imports by a name that is made at run time, or looks at where it lies. Flows share nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

# What a module that depends on its name, its place or its route mentions.
_PERSONAL = frozenset(
    {"__file__", "__path__", "__spec__", "__loader__", "__import__"}
    | {"import_module", "find_spec", "modules", "resources", "pkgutil"}
)


@dataclass(frozen=True, slots=True)
class _Import:
    """`from ..models import Order, prices`: level 2, module `models`, both names."""

    level: int
    module: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """What a file says, by its digest; no imports where they can't be told."""

    digest: bytes
    imports: tuple[_Import, ...] | None


class Closures:
    """The modules of one route and what they import of each other; read when first asked for."""

    def __init__(self, directory: Path, origin: str) -> None:
        self._directory = directory
        self._origin = origin
        self._keys: dict[str, bytes | None] = {}
        self._closures: dict[str, frozenset[str]] = {}
        self._texts: dict[str, _Text | None] = {}

    def key_of(self, module: str) -> bytes | None:
        """Return what is equal for modules that may be one, by the module's dotted name; see the module."""
        if module not in self._keys:
            self._keys[module] = self._key_of(module)
        return self._keys[module]

    def closure_of(self, module: str) -> frozenset[str]:
        """Return the names of the modules that a module which has a key imports, directly or not, and its own."""
        return self._closures.get(module, frozenset())

    def _key_of(self, module: str) -> bytes | None:
        found: dict[str, _Text] = {}
        waiting = [module]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            text = self._text(name)
            if text is None or text.imports is None:
                return None
            found[name] = text
            waiting += self._below(name)
            waiting += self._imported(name, text.imports)
        parents = {parent for name in found for parent in _parents(name)} - found.keys()
        above = {name: text for name in parents if (text := self._text(name)) is not None}
        key = sha256(f"{self._origin}\0{module}".encode())
        for name, text in sorted({**found, **above}.items(), key=lambda item: item[0]):
            key.update(f"\0{name}\0".encode() + text.digest)
        self._closures[module] = frozenset(found)
        return key.digest()

    def _imported(self, name: str, imports: tuple[_Import, ...]) -> Iterator[str]:
        package = name if self._is_package(name) else name.rpartition(".")[0]
        for item in imports:
            base = package.split(".")[: len(package.split(".")) - item.level + 1] if package else []
            target = ".".join([*base, *filter(None, [item.module])])
            for imported in item.names:
                below = f"{target}.{imported}" if target else imported
                yield below if self._exists(below) else target

    def _below(self, name: str) -> Iterator[str]:
        """Yield the modules in a package, nothing for a plain module."""
        folder = self._path(name)
        if not (folder / "__init__.py").is_file():
            return
        for entry in sorted(folder.iterdir()):
            if entry.name not in ("__init__.py", "__pycache__") and (entry.is_dir() or entry.suffix == ".py"):
                yield f"{name}.{entry.stem}"

    def _exists(self, name: str) -> bool:
        path = self._path(name)
        return path.is_dir() or any(path.parent.glob(f"{path.name}.*"))

    def _is_package(self, name: str) -> bool:
        return (self._path(name) / "__init__.py").is_file()

    def _path(self, name: str) -> Path:
        return self._directory.joinpath(*name.split("."))

    def _text(self, name: str) -> _Text | None:
        """Return what a module says; None for anything but a module of Python source in this route."""
        if name not in self._texts:
            path = self._path(name)
            file = path / "__init__.py" if self._is_package(name) else path.with_suffix(".py")
            self._texts[name] = _read(file.read_bytes()) if name and file.is_file() else None
        return self._texts[name]


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


_read_before: dict[bytes, _Text] = {}


def _read(data: bytes) -> _Text:
    """Read a file; many routes have the same one."""
    digest = sha256(data).digest()
    if digest not in _read_before:
        try:
            imports = _imports_in(ast.parse(data))
        except RecursionError:
            imports = None
        _read_before[digest] = _Text(digest, imports)
    return _read_before[digest]


def _imports_in(tree: ast.Module) -> tuple[_Import, ...] | None:
    """Return what a module imports of its own route, which is relative there; None where that can't be told."""
    imports = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _PERSONAL:
                return None
            case ast.alias(name=str(name)) | ast.ImportFrom(level=0, module=str(name)) if _is_personal(name):
                return None
            case ast.ImportFrom(level=level, module=module, names=names) if level:
                imports.append(_Import(level, module or "", tuple(alias.name for alias in names)))
    return tuple(imports)


def _is_personal(dotted: str) -> bool:
    return not _PERSONAL.isdisjoint(dotted.split("."))
