"""The modules of a program that are read, parsed and bound when somebody asks for them.

In: the names and paths of all modules that the last build reached. Out: a mapping like that of a whole program, which
pays only for what is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..binder import Module
from ..diagnostics import Diagnostic
from ..project import SourceFile, read_regular
from ..syntax import parse_source


class UnreadableError(Exception):
    """A module that the last build read can't be read or parsed any more: the whole project has to be looked at."""


class ModulesOnDemand(Mapping[str, Module]):
    """All modules by dotted name. `loaded` holds those that have been asked for."""

    def __init__(self, root: Path, paths: Mapping[str, str]) -> None:
        self._root = root
        self._paths = paths
        self.loaded: dict[str, Module] = {}

    def __getitem__(self, name: str) -> Module:
        if name not in self.loaded:
            self.loaded[name] = self._load(name, self._paths[name])
        return self.loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def _load(self, name: str, relpath: str) -> Module:
        path = self._root / relpath
        try:
            data = read_regular(path)
        except OSError as error:
            raise UnreadableError(relpath) from error
        parsed = parse_source(data, relpath)
        if isinstance(parsed, Diagnostic):
            raise UnreadableError(relpath)
        text, tree = parsed
        return Module(SourceFile(path, relpath, name, path.name == "__init__.py", data, text), tree)
