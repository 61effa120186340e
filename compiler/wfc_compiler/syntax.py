"""Bytes of a Python file in; its text and `ast` tree out, or CPython's own syntax error (WFC014).

LibCST's positions for broken code are unreliable, so every syntax error that a user sees comes from
the interpreter that runs wfc. Beside it: questions about a tree that every stage asks.
"""

from __future__ import annotations

import ast
import codecs
import gc
import io
import sys
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from .diagnostics import Diagnostic, Span

_WIDE_MARKS = {codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}
_HELP = "correct the syntax; nothing else in this file was checked"


# The parser allows three levels of nesting per unit of the limit: some 5,000 terms of `a + a + ...`,
# more than CPython compiles by default, and little enough for walks in Python to follow.
_PARSE_LIMIT = 1_700
WALK_LIMIT = 40_000


@contextmanager
def recursion_limit(limit: int, *, exactly: bool = False) -> Iterator[None]:
    """Raise the recursion limit for the time of a walk, or set it for that of a parse."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit if exactly else max(before, limit))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector from walking millions of syntax nodes that all stay alive."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def decode_source(data: bytes) -> str:
    """Decode after PEP 263, without a BOM; raises SyntaxError or UnicodeDecodeError."""
    for mark, name in _WIDE_MARKS.items():
        if data.startswith(mark):
            raise SyntaxError(f"the file is {name}, which Python does not read")
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise
    except (LookupError, UnicodeError) as error:  # rot13 is no encoding of text, punycode fails in its own way
        raise SyntaxError(f"the encoding {encoding} can't be used for source code") from error


def parse_source(data: bytes, path: str) -> tuple[str, ast.Module] | Diagnostic:
    """Return the text and tree of a file; `path` is relative to the project root."""
    try:
        text = decode_source(data)
        if "\0" in text:  # CPython names no line, or the wrong one
            line = text.count("\n", 0, text.index("\0")) + 1
            return Diagnostic("WFC014", "the file holds a null byte", Span(path, line, 1, line, 1), help=_HELP)
        with warnings.catch_warnings(), recursion_limit(_PARSE_LIMIT, exactly=True):
            warnings.simplefilter("ignore")  # of the user's code: their interpreter tells them
            tree = compile(data, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        return syntax_diagnostic(error, path)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = f"the file is not valid {error.encoding}: byte {data[error.start]:#04x}"
        help_text = "save the file as UTF-8, or name its encoding in a `# -*- coding: -*-` line"
        return Diagnostic("WFC014", message, Span(path, line, 1, line, 1), help=help_text)
    except (RecursionError, MemoryError):
        message = "the file is nested too deeply to be parsed"
        return Diagnostic("WFC014", message, Span(path, 1, 1, 1, 1), help="split the expression")
    assert isinstance(tree, ast.Module)
    return text, tree


BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""The fields of a statement that hold other statements, directly or in handlers and cases."""


def all_statements(nodes: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """Yield statements at any depth, in source order; expressions, which hold none, aren't looked at."""
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        for name in reversed(BLOCKS):
            block = getattr(node, name, None)
            if type(block) is list:
                waiting.extend(reversed(block))


def own_statements(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.stmt]:
    """Yield the statements of a function in source order, those of functions and classes inside it left out."""
    waiting: list[ast.AST] = [*reversed(function.body)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name in reversed(BLOCKS):
                waiting.extend(reversed(getattr(node, name, None) or ()))


_LEAVES = frozenset({"ctx", "op", "ops", "id", "attr", "kind", "type_comment", "conversion"})
_child_fields: dict[type[ast.AST], tuple[str, ...]] = {}


def children(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right below a node, in the order of its fields, operators and contexts left out.

    Walks go over every node of a project several times: this takes half as long as `ast.iter_child_nodes`.
    """
    kind = type(node)
    fields = _child_fields.get(kind)
    if fields is None:
        fields = _child_fields[kind] = tuple(name for name in kind._fields if name not in _LEAVES)
    found: list[ast.AST] = []
    for name in fields:
        value = getattr(node, name, None)
        if type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def start_line(statement: ast.stmt) -> int:
    """Return the line a statement starts on, its decorators counted."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def is_none(node: ast.expr | None) -> bool:
    """Say whether an expression is the literal `None`; the absence of one isn't."""
    return isinstance(node, ast.Constant) and node.value is None


def caught_names(handler: ast.ExceptHandler) -> Iterator[str]:
    """Yield the last part of each exception name that a handler catches."""
    if handler.type is None:
        yield "BaseException"
        return
    elements = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    for element in elements:
        yield ast.unparse(element).rpartition(".")[2]


def all_parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Return every parameter of a function, `*args` and `**kwargs` last."""
    extra = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def defaults_of(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    """Yield the parameters that have defaults, with these."""
    positional = [*arguments.posonlyargs, *arguments.args]
    yield from zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)
    for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield parameter, default


def check_compiles(data: bytes, path: str) -> Diagnostic | None:
    """Return the error that only CPython's compiler finds (`return` outside a function ...)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return syntax_diagnostic(error, path)
    except (RecursionError, MemoryError, ValueError):
        return None  # `parse_source` has the say about these
    return None


def syntax_diagnostic(error: SyntaxError, path: str) -> Diagnostic:
    """Turn CPython's error into a finding with the same words and the same caret."""
    line, column = error.lineno or 1, error.offset or 1
    end_line, end_column = error.end_lineno or line, error.end_offset or 0
    if end_line < line or (end_line == line and end_column <= column):
        end_line, end_column = line, column + 1
    span = Span(path, line, max(column, 1), end_line, max(end_column, 1))
    return Diagnostic("WFC014", f"syntax error: {error.msg}", span, label=error.msg, help=_HELP)
