"""The values that the project stage hands on: source files, configuration, the project itself.

`discovery.load_project` makes them from a directory; `binder` turns each `SourceFile` and its
tree into a `Module`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..diagnostics import Span


@dataclass(frozen=True)
class SourceFile:
    """One first-party Python file.

    `relpath` is posix and relative to the project root; `module` is dotted (`app.steps.x`, for a
    package its own name); `text` is decoded after PEP 263, without a BOM, newlines as in the file.
    """

    path: Path
    relpath: str
    module: str
    is_package: bool
    data: bytes = field(repr=False)
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Return the lines as Python's tokenizer counts them, without their line ends."""
        return tuple(self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))

    @property
    def package(self) -> str:
        """Return the package that relative imports of this file start from."""
        return self.module if self.is_package else self.module.rpartition(".")[0]

    def column(self, line: int, utf8_offset: int) -> int:
        """Return the 1-based column in code points for `ast`'s 0-based byte offset."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return utf8_offset + 1
        return len(text.encode("utf-8")[:utf8_offset].decode("utf-8", "replace")) + 1

    def span(self, node: ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.alias | ast.pattern) -> Span:
        """Return where `node` stands."""
        end_line = node.end_lineno or node.lineno
        end_offset = node.end_col_offset if node.end_col_offset is not None else node.col_offset
        return Span(
            self.relpath,
            node.lineno,
            self.column(node.lineno, node.col_offset),
            end_line,
            self.column(end_line, end_offset),
        )

    def text_of(self, node: ast.expr, limit: int = 60) -> str:
        """Return an expression as written, for a message: one line, cut where it is long.

        Not `ast.unparse`, which recurses as deep as the expression.
        """
        span = self.span(node)
        line = self.lines[span.line - 1]
        text = line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]
        cut = len(text) > limit or span.end_line > span.line
        return f"{text[: limit - 3].rstrip()}..." if cut else text

    def name_span(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Span:
        """Return where the name of a definition stands (the parser keeps no position for it)."""
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            start = self.column(line, node.col_offset) - 1 if line == node.lineno else 0
            text = self.lines[line - 1]
            if line == node.lineno:  # skip the keywords, whose letters may occur in the name
                start = max(text.find("def ", start), text.find("class ", start), start) + 1
            index = _find_word(text, node.name, start)
            if index >= 0:
                end = index + len(node.name) + 1
                return Span(self.relpath, line, index + 1, line, end)
        return self.span(node)


def _find_word(text: str, word: str, start: int) -> int:
    index = text.find(word, start)
    while index >= 0:
        before = text[index - 1] if index else " "
        after = text[index + len(word) : index + len(word) + 1]
        if not (before.isidentifier() or before.isdigit()) and not (after and ("_" + after).isidentifier()):
            return index
        index = text.find(word, index + 1)
    return -1


@dataclass(frozen=True)
class Entrypoint:
    """Where the search for workflows starts: a module, and the registry in it if one is named."""

    text: str
    module: str
    attribute: str | None
    span: Span | None


@dataclass(frozen=True)
class Config:
    """`[tool.wfc]`, with defaults filled in. Paths are as written, relative to the project root."""

    src: tuple[str, ...] = ()
    entrypoints: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    out: str = ".wfc"
    store: str | None = None
    strict: bool = False
    ignore: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    decls: Mapping[str, str] = field(default_factory=dict)
    slice: str = "safe"
    python: str | None = None
    pin: bool = False
    isolate: bool = False
    retention: str | None = None
    app: str | None = None
    dispatch: str | None = None


@dataclass(frozen=True)
class Unimportable:
    """Why no import finds a file, and what to do; `folder` is that whose name is the reason, as in a dotted name."""

    reason: str
    remedy: str
    folder: str = ""


@dataclass(frozen=True)
class Project:
    """A project on disk, read once.

    `files` and `trees` hold the modules that the entrypoints reach by import, by dotted name;
    `unreached` holds other files of the project that mention a workflow API (for WFC013);
    `modules` names every first-party module, read or not, with its path, `extensions` the compiled ones;
    `unimportable` says of files that no import finds why that is, and what to do; `contents` holds
    what was read, by absolute path.
    """

    root: Path
    config: Config
    source_roots: tuple[Path, ...]
    entrypoints: tuple[Entrypoint, ...]
    files: Mapping[str, SourceFile]
    trees: Mapping[str, ast.Module]
    unreached: Mapping[str, SourceFile] = field(default_factory=dict)
    unreached_trees: Mapping[str, ast.Module] = field(default_factory=dict)
    modules: Mapping[str, Path] = field(default_factory=dict)
    extensions: frozenset[str] = frozenset()
    unimportable: Mapping[str, Unimportable] = field(default_factory=dict)
    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def is_compiled(self, dotted: str) -> bool:
        """Say whether a name is, or lies in, an extension module, whose names can't be read."""
        parts = dotted.split(".")
        return bool(self.extensions) and any(
            ".".join(parts[:end]) in self.extensions for end in range(1, len(parts) + 1)
        )

    @cached_property
    def packages(self) -> frozenset[str]:
        """Return the dotted names above all first-party modules, packages without a file included."""
        return frozenset(
            name[:index] for name in (*self.modules, *self.extensions) for index, char in enumerate(name) if char == "."
        )
