"""Code that reaches its module's names without naming them: why a module can't be cut.

globals()["LIMIT"], "LIMIT" in globals()       uses LIMIT, and nothing else
exec(code, {"x": 1})                           reaches what it is given, and nothing else
globals().update(TABLE), exec(code)            may reach any name: the module stays whole
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

NAMESPACES = ("globals", "vars", "locals")
_WORDS = frozenset({"globals", "exec", "eval", "locals", "vars", "modules", "sys"})


def why_dynamic(node: ast.stmt, names: frozenset[str]) -> str | None:
    """Say why a top-level statement may reach any name of its module; `names` are the global ones that it uses."""
    if not names & _WORDS:
        return None
    literal = {id(namespace) for namespace, _ in _literal_lookups(node)}
    inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    given = {id(call.func) for call in ast.walk(node) if isinstance(call, ast.Call) and _has_own_namespace(call)}
    for child in ast.walk(node):
        found: str | None = None
        match child:
            case ast.Call(func=ast.Name(id="vars" | "locals" as called), args=[]) if not inside:
                found = called if id(child) not in literal else None
            case ast.Call(func=ast.Name(id="globals"), args=[]) if id(child) in literal:
                given.add(id(child.func))
            case ast.Name(id="globals" | "exec" | "eval" as called) if called in names:
                found = called if id(child) not in given else None
            case ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Name(id="__name__")):
                if id(child) not in literal:
                    return "it looks itself up in sys.modules, which can reach any name of the module"
        if found is not None:
            return f"it uses {found}(), which can reach any name of the module"
    return None


def looked_up(node: ast.stmt, names: frozenset[str]) -> frozenset[str]:
    """Return the names that a statement looks up in its module's namespace by a literal."""
    return frozenset(name for _, name in _literal_lookups(node)) if names & _WORDS else frozenset()


def _literal_lookups(node: ast.stmt) -> Iterator[tuple[ast.AST, str]]:
    """Yield each look-up by a literal: the expression that gives the namespace, and the name."""
    for child in ast.walk(node):
        match child:
            case (
                ast.Subscript(value=namespace, slice=ast.Constant(value=str(name)), ctx=ast.Load())
                | ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()], comparators=[namespace])
                | ast.Call(func=ast.Attribute(value=namespace, attr="get"), args=[ast.Constant(value=str(name)), *_])
            ):
                if _is_namespace(namespace):
                    yield namespace, name
            case (
                ast.Attribute(value=module, attr=name, ctx=ast.Load())
                | ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[module, ast.Constant(value=str(name)), *_])
            ):
                if _is_own_module(module) and name != "__dict__":
                    yield module, name


def _is_namespace(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=called), args=[], keywords=[]):
            return called in NAMESPACES
    return False


def _is_own_module(node: ast.expr) -> bool:
    match node:
        case ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Name(id="__name__")):
            return True
    return False


def _has_own_namespace(call: ast.Call) -> bool:
    """Say whether `exec` or `eval` is given a namespace: what that holds is named where it is made."""
    match call:
        case ast.Call(func=ast.Name(id="exec" | "eval"), args=[_, namespace, *_]):
            return not (isinstance(namespace, ast.Constant) and namespace.value is None)
    return False
