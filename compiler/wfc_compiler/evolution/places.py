"""Where in the source of a project to point: files are read and parsed when something is found in them.

In: the project's root. Out: spans, and the text of the files that they are in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..diagnostics import Diagnostic, Span
from ..discover import FunctionNode
from ..project import SourceFile
from ..syntax import parse_source


class Places:
    """The files of a project, as they are now; `sources` holds the text of those that were looked into.

    `known` are the bytes of files that have been read; others are read when somebody asks.
    """

    def __init__(self, root: Path, known: Mapping[str, bytes]) -> None:
        self._root = root
        self._known = known
        self._files: dict[str, tuple[SourceFile, ast.Module] | None] = {}

    @property
    def sources(self) -> dict[str, str]:
        """Return the text of the files that were looked into, by path."""
        return {path: known[0].text for path, known in self._files.items() if known is not None}

    def exists(self, path: str) -> bool:
        """Say whether a file is there and can be parsed."""
        return self._file(path) is not None

    def function(self, path: str, name: str) -> FunctionNode | None:
        """Return the last function of that name at the top level of a file, where `if` and `try` count as that."""
        known = self._file(path)
        found = [node for node in _definitions(known[1]) if node.name == name] if known is not None else []
        return found[-1] if found else None

    def name_span(self, path: str, name: str) -> Span:
        """Return where a function's name stands, else the first line of its file."""
        known, node = self._file(path), self.function(path, name)
        return known[0].name_span(node) if known is not None and node is not None else Span(path, 1, 1, 1, 1)

    def parameter_span(self, path: str, name: str, parameter: str) -> Span:
        """Return where a parameter of a function stands, else the function's name."""
        known, node = self._file(path), self.function(path, name)
        if known is not None and node is not None:
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                if argument.arg == parameter:
                    return known[0].span(argument)
        return self.name_span(path, name)

    def call_span(self, path: str, name: str, called: str) -> Span:
        """Return where a function calls another one, if it does so once and by that name; else the function's name."""
        known, node = self._file(path), self.function(path, name)
        if known is not None and node is not None:
            calls = [part for part in ast.walk(node) if isinstance(part, ast.Call) and _called(part) == called]
            if len(calls) == 1:
                return known[0].span(calls[0])
        return self.name_span(path, name)

    def _file(self, path: str) -> tuple[SourceFile, ast.Module] | None:
        if path not in self._files:
            self._files[path] = self._read(path)
        return self._files[path]

    def _read(self, path: str) -> tuple[SourceFile, ast.Module] | None:
        full = self._root / path
        try:
            data = self._known[path] if path in self._known else full.read_bytes()
        except OSError:
            return None
        parsed = parse_source(data, path)
        if isinstance(parsed, Diagnostic):
            return None
        text, tree = parsed
        return SourceFile(full, path, "", full.name == "__init__.py", data, text), tree


def _definitions(tree: ast.Module) -> Iterator[FunctionNode]:
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        elif isinstance(node, ast.If | ast.Try):
            waiting += [*node.body, *node.orelse, *getattr(node, "finalbody", [])]


def _called(call: ast.Call) -> str | None:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None
