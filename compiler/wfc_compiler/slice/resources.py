"""Which files beside the code a route needs: the data files of packages whose kept code reads files.

Code that uses `__file__` or importlib.resources reads from its package's folder. Inside a package
every file that is no Python source is copied; for a module outside packages only files that a string
in its code names, since its folder is the whole project. Where another package is named, its files are copied.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from ..discover import Program
from ..project import Project

READERS = frozenset(
    f"{library}.{name}"
    for library in ("importlib.resources", "importlib_resources")
    for name in ("contents", "files", "is_resource", "open_binary", "open_text", "path", "read_binary", "read_text")
) | {"pkgutil.get_data"}
"""What reads the files of the package that its first argument is, or names."""

LIMIT = 32 * 1024 * 1024
_SKIPPED = frozenset({"__pycache__", "node_modules"})


def data_files(program: Program, module: str) -> list[str]:
    """Return the data files that go with a module, relative to the project root."""
    source = program.modules[module].source
    folder = source.path.parent
    named = _files(folder) if source.package else _named_files(program.modules[module].tree, folder)
    root = program.project.root
    return sorted(path.relative_to(root).as_posix() for path in named if path.is_relative_to(root))


def packages_read(program: Program, module: str, index: int) -> list[str]:
    """Return the modules of the project whose files a statement reads by their names or through them."""
    bound, names = program.modules[module], program.names
    found: dict[str, None] = {}
    for node in ast.walk(bound.tree.body[index]):
        if isinstance(node, ast.Call) and node.args and names.canonical(bound, node.func) in READERS:
            first = node.args[0]
            name = first.value if isinstance(first, ast.Constant) else names.canonical(bound, first)
            if name in program.modules:
                found[str(name)] = None
    return list(found)


def extension_files(project: Project, modules: Iterable[str]) -> list[str]:
    """Return the compiled modules (`_speedups.cpython-311-x86_64-linux-gnu.so`) among some dotted names."""
    found: set[str] = set()
    for module in project.extensions.intersection(modules):
        for root in project.source_roots:
            path = root / module.replace(".", "/")
            for suffix in EXTENSION_SUFFIXES:
                file = path.with_name(path.name + suffix)
                if file.is_file() and file.is_relative_to(project.root):
                    found.add(file.relative_to(project.root).as_posix())
    return sorted(found)


def included_files(project: Project) -> list[str]:
    """Return the files that `include` of the configuration names, relative to the project root."""
    found = {path for pattern in project.config.include for path in project.root.glob(pattern)}
    files = {file for path in found for file in (_files(path) if path.is_dir() else [path])}
    return sorted(path.relative_to(project.root).as_posix() for path in files)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _SKIPPED or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix not in (".py", ".pyc", ".pyo") and path.stat().st_size <= LIMIT:
            yield path


def _named_files(tree: ast.Module, folder: Path) -> Iterator[Path]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        text = node.value
        if not text or len(text) > 200 or "\n" in text or "\0" in text or text.startswith(("/", ".")):
            continue
        path = folder / text
        if path.is_file() and path.suffix != ".py":
            yield path
        elif path.is_dir() and not any(path.glob("*.py")):
            yield from _files(path)
