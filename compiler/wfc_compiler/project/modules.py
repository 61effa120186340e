"""Which first-party modules there are: source roots, and the dotted name of every file below them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from itertools import chain
from pathlib import Path

from .reading import NO_BUFFERS, Buffers
from .values import Config, Unimportable

_NEVER = frozenset({"node_modules", "__pycache__", "site-packages", "__pypackages__"})
_BUILD = re.compile(r"[0-9a-f]{16}")
_SUFFIXES = (".py", ".so", ".pyd")
_DEEPEST = 60
_PROJECT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", "vercel.json")
_NEVER_UNLESS_PACKAGE = frozenset({"build", "dist", "venv", "env"})


def find_source_roots(root: Path, config: Config) -> tuple[Path, ...]:
    """Return the configured roots, else `src/` when it is no package, else the project root."""
    if config.src:
        return tuple((root / entry).resolve() for entry in config.src)
    src = root / "src"
    if src.is_dir() and not (src / "__init__.py").exists():
        return (src,)
    return (root,)


@dataclass(frozen=True)
class Scan:
    """What lies below the source roots, by dotted name: Python files in order of path, and compiled modules.

    `unimportable` are Python files that no import finds, by what their dotted name would be; `unreadable` are folders
    that may be packages and can't be listed.
    """

    modules: Mapping[str, Path]
    extensions: frozenset[str]
    unimportable: Mapping[str, tuple[Path, Unimportable]]
    unreadable: Mapping[Path, OSError]


def scan_modules(root: Path, roots: tuple[Path, ...], config: Config, buffers: Buffers = NO_BUFFERS) -> Scan:
    """Find every first-party module.

    A file that is only in `buffers` is found like one on disk. Where roots overlap in a name the first wins, as it
    would on `sys.path`; a package wins over a module of the same name, and a module over a folder without
    `__init__.py`.
    """
    out = (root / config.out).resolve()
    found: dict[str, Path] = {}
    extensions: set[str] = set()
    unimportable: dict[str, tuple[Path, Unimportable]] = {}
    unreadable: dict[Path, OSError] = {}
    is_project = cache(_is_project)
    for base in roots:
        here: dict[str, Path] = {}
        for path in chain(_walk_files(base, out, unreadable), _unsaved(buffers, base)):
            if path.suffix != ".py":
                name = module_name(path.with_name(path.name.partition(".")[0] + ".py"), (base,))
                extensions.update([name] if name else [])
                continue
            name = module_name(path, (base,))
            if name is None:
                unimportable.update(_misnamed(path, base, is_project))
            elif not _interpreter_wins(name, base) and (name not in here or path.name == "__init__.py"):
                here[name] = path
        found = here | found
    for name in [name for name in found if _hidden_by(name, found)]:
        unimportable[name] = _hidden(found[name], found[_hidden_by(name, found) or ""])
    importable = set(found.values())
    unimportable = {
        name: (path, why) for name, (path, why) in unimportable.items() if name in found or path not in importable
    }
    modules = {name: path for name, path in found.items() if name not in unimportable}
    in_order = dict(sorted(modules.items(), key=lambda item: item[1].as_posix()))
    return Scan(in_order, frozenset(extensions), unimportable, unreadable)


def _hidden_by(name: str, modules: Mapping[str, Path]) -> str | None:
    """Return the module `app.steps` that Python finds where `app.steps.draft` needs a folder."""
    while "." in name:
        name = name.rpartition(".")[0]
        if name in modules and modules[name].name != "__init__.py":
            return name
    return None


def _hidden(path: Path, module: Path) -> tuple[Path, Unimportable]:
    folder = f"{module.stem}/"
    return path, Unimportable(
        f"Python finds `{module.name}` first, beside the folder `{folder}`",
        f"rename one of the two, or move `{module.name}` to `{folder}__init__.py`",
    )


def _misnamed(
    path: Path, base: Path, is_project: Callable[[Path], bool]
) -> Iterator[tuple[str, tuple[Path, Unimportable]]]:
    """Yield a file that its own name keeps from being imported, `my-flow.py`, or that of a folder, `my-flows/`."""
    parts = path.relative_to(base).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    for depth, part in enumerate(parts[:-1], 1):
        better = _importable(part)
        if not part.isidentifier():
            folder = base.joinpath(*parts[:depth])
            if better and not any(is_project(above) for above in path.parents if above.is_relative_to(folder)):
                reason = f"`{part}/` is not a name that Python can import"
                why = Unimportable(reason, f"rename the folder to `{better}`", ".".join(parts[:depth]))
                yield name, (path, why)
            return
    better = _importable(parts[-1])
    if better:
        reason = f"`{path.name}` is not a name that Python can import"
        yield name, (path, Unimportable(reason, f"rename it to `{better}.py`"))


def _importable(name: str) -> str:
    """Return a name like it that can be imported, nothing for a template's."""
    better = re.sub(r"\W+", "_", name.removesuffix(".py"))
    better = better if better.isidentifier() else f"_{better}"
    return better if better.isidentifier() and "{" not in name else ""


def _is_project(folder: Path) -> bool:
    """Say whether a folder is a project of its own, with its own source roots."""
    return any((folder / marker).exists() for marker in _PROJECT_MARKERS)


def module_name(path: Path, roots: tuple[Path, ...]) -> str | None:
    """Return the dotted name of a file below a source root, None when it can't be imported."""
    for base in roots:
        if not path.is_relative_to(base):
            continue
        parts = list(path.relative_to(base).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        if parts and all(part.isidentifier() for part in parts):
            return ".".join(parts)
    return None


def is_excluded(relpath: str, config: Config) -> bool:
    """Say whether a pattern of `exclude` names the file or a directory above it."""
    parents = [relpath]
    while "/" in parents[-1]:
        parents.append(parents[-1].rpartition("/")[0])
    patterns = [pattern.rstrip("/").removesuffix("/**") for pattern in config.exclude]
    return any(fnmatch(path, pattern) for path in parents for pattern in patterns)


def _interpreter_wins(name: str, base: Path) -> bool:
    """Say whether Python would not find this module first.

    Modules built into the interpreter come before any path, and a folder without `__init__.py`
    comes after a regular package of the standard library.
    """
    first = name.partition(".")[0]
    if first in sys.builtin_module_names:
        return True
    folder = base / first
    namespace = folder.is_dir() and not (folder / "__init__.py").exists()
    return namespace and first in sys.stdlib_module_names and not (base / f"{first}.py").exists()


def _unsaved(buffers: Buffers, base: Path) -> Iterator[Path]:
    return (path for path in buffers if path.suffix == ".py" and path.is_relative_to(base) and not path.exists())


def _walk_files(base: Path, out: Path, unreadable: dict[Path, OSError]) -> Iterator[Path]:
    for _, files in walk_folders(base, out, unreadable):
        yield from (Path(entry.path) for entry in files)


def walk_folders(
    base: Path, out: Path, unreadable: dict[Path, OSError]
) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
    """Yield the folders that may hold modules, each with its Python files and compiled modules by name.

    Folders that can't be read, and that a module name could lead to, are put into `unreadable`.
    """
    # Each folder with those it lies in: a link to one of them would go round in circles, but one to a folder
    # beside it is a second name for that, as it is for Python.
    waiting: list[tuple[str, frozenset[tuple[int, int]]]] = [(str(base), frozenset())]
    while waiting:
        directory, around = waiting.pop()
        try:
            status = os.stat(directory)
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        except FileNotFoundError:  # gone since its parent was listed
            continue
        except OSError as error:
            name = os.path.basename(directory)
            if name.isidentifier() and name not in _NEVER | _NEVER_UNLESS_PACKAGE:
                unreadable[Path(directory)] = error
            continue
        if (status.st_dev, status.st_ino) in around or len(around) > _DEEPEST:
            continue
        inside = around | {(status.st_dev, status.st_ino)}
        names = {entry.name for entry in entries}
        if directory != str(base) and _is_foreign(directory, names, out):
            continue
        files = []
        for entry in entries:
            if entry.name.endswith(_SUFFIXES):
                if _leads_to(entry.is_file):
                    files.append(entry)
                elif _leads_to(entry.is_dir):  # a folder named `steps.py`
                    waiting.append((entry.path, inside))
            elif not entry.name.startswith(".") and _leads_to(entry.is_dir):
                waiting.append((entry.path, inside))
        yield directory, files


def _leads_to(kind: Callable[[], bool]) -> bool:
    """Ask an entry for its kind; a link to itself, or into a folder that can't be entered, has none."""
    try:
        return kind()
    except OSError:
        return False


def _is_foreign(directory: str, names: set[str], out: Path) -> bool:
    name = os.path.basename(directory)
    if _BUILD.fullmatch(name) and "manifest.json" in names and names & {"steps", "flows"}:
        return True  # what `--out` put among the sources
    if name in _NEVER or names & {"pyvenv.cfg", "conda-meta"} or directory == str(out):
        return True
    return name in _NEVER_UNLESS_PACKAGE and "__init__.py" not in names
