"""Paths that code makes of its own `__file__`: which of them lead out of the folder whose files a route has.

    Path(__file__).parent / "prices.json"                        beside the module
    Path(__file__).resolve().parents[1] / "prices.json"          above it
    os.path.join(os.path.dirname(__file__), "..", "app")         above it, and perhaps in again

In: a statement. Out: the longest expressions whose path is not below the module's folder.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..binder import Module, Names

_SAME = frozenset({"absolute", "resolve", "expanduser", "as_posix", "__fspath__"})
_SAME_CALLS = frozenset(
    {"os.fspath", "os.path.abspath", "os.path.normpath", "os.path.realpath", "builtins.str", "pathlib.Path"}
    | {f"pathlib.{name}" for name in ("PosixPath", "PurePath", "PurePosixPath")}
)
# What is asked of a path without reading from there.
_TEXT = frozenset({"name", "stem", "suffix", "suffixes", "parts"})
_SEARCH_PATH = frozenset({"sys.path.append", "sys.path.insert"})
_UNKNOWN = "*"

Parts = tuple[str, ...]


def leading_out(names: Names, module: Module, statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield the expressions of a statement that lead out of the module's folder, outermost first."""
    reader = _Reader(names, module)
    home = tuple(module.source.relpath.split("/")[:-1])
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Attribute) and node.attr in _TEXT and reader.parts(node.value) is not None:
            continue
        if isinstance(node, ast.Call) and names.canonical(module, node.func) in _SEARCH_PATH:
            continue  # where to look for modules, which a route has
        parts = reader.parts(node) if isinstance(node, ast.expr) else None
        if parts is None:
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))
        elif parts[: len(home)] != home or parts[:1] == ("..",):
            assert isinstance(node, ast.expr)
            yield node


class _Reader:
    """Works out paths, as the parts of one that is relative to the project's root."""

    def __init__(self, names: Names, module: Module) -> None:
        self._names = names
        self._module = module

    def parts(self, node: ast.expr) -> Parts | None:
        """Return the parts of a path made of `__file__`, None for any other expression."""
        match node:
            case ast.Name(id="__file__"):
                return tuple(self._module.source.relpath.split("/"))
            case ast.Attribute(value=value, attr="parent"):
                return self._above(self.parts(value))
            case ast.Subscript(value=ast.Attribute(value=value, attr="parents"), slice=ast.Constant(value=int(count))):
                found = self.parts(value)
                for _ in range(count + 1):
                    found = self._above(found)
                return found
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._joined(self.parts(left), [right])
            case ast.Call(args=arguments, keywords=[]):
                return self._called(node, arguments)
        return None

    def _called(self, node: ast.Call, arguments: list[ast.expr]) -> Parts | None:
        name = self._names.canonical(self._module, node.func)
        if name in _SAME_CALLS and arguments:
            return self._joined(self.parts(arguments[0]), arguments[1:])
        if name == "os.path.dirname" and len(arguments) == 1:
            return self._above(self.parts(arguments[0]))
        if name == "os.path.join" and arguments:
            return self._joined(self.parts(arguments[0]), arguments[1:])
        if isinstance(node.func, ast.Attribute):
            found = self.parts(node.func.value)
            if node.func.attr in _SAME and not arguments:
                return found
            if node.func.attr == "joinpath":
                return self._joined(found, arguments)
            if node.func.attr in ("with_name", "with_suffix", "with_stem"):
                return self._joined(self._above(found), [ast.Constant(_UNKNOWN)])
        return None

    def _above(self, parts: Parts | None) -> Parts | None:
        if parts is None:
            return None
        return (*parts, "..") if not parts or parts[-1] == ".." else parts[:-1]

    def _joined(self, parts: Parts | None, further: list[ast.expr]) -> Parts | None:
        if parts is None:
            return None
        for node in further:
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else _UNKNOWN
            for part in text.split("/"):
                if part == "..":
                    parts = self._above(parts) or ()
                elif part not in ("", "."):
                    parts = (*parts, part)
        return parts
