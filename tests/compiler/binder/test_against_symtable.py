"""The binder agrees with CPython's symtable on a sample of the standard library."""

from __future__ import annotations

import ast
import symtable
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from wfc_compiler.binder import Module, Scope, ScopeKind
from wfc_compiler.project import SourceFile

STDLIB = Path(sysconfig.get_path("stdlib"))
# The test-suite's grammar corpus, which not every installation has, and every third module.
_FIRST = (
    "test/test_grammar.py",
    "test/test_patma.py",
    "test/test_scope.py",
    "test/test_named_expressions.py",
)
_LEAST_FILES = 60

_TYPES = {
    ScopeKind.MODULE: "module",
    ScopeKind.CLASS: "class",
    ScopeKind.FUNCTION: "function",
    ScopeKind.LAMBDA: "function",
    ScopeKind.COMPREHENSION: "function",
}


def module_of(text: str, name: str = "m") -> Module:
    """Bind a piece of text."""
    source = SourceFile(Path(f"{name}.py"), f"{name}.py", name, False, text.encode(), text)
    return Module(source, ast.parse(text))


Described = tuple[str, frozenset[str], frozenset[str]]


def describe_ours(scope: Scope, strings: frozenset[ast.AST]) -> Described:
    """Return a scope as (type, locally bound names, names that reach a module or builtin).

    symtable does not read string annotations and files names that nested functions declare
    `global` under the module too; both are evened out.
    """
    local: set[str] = set()
    outer: set[str] = set()
    used = {name for name, nodes in scope.uses.items() if not strings.issuperset(nodes)}
    for name in {*used, *scope.bindings} - {"__class__"}:  # implicit in symtable
        owner = scope.owner(name)
        if owner is scope:
            local.add(name)
        elif (owner is None or owner.kind is ScopeKind.MODULE) and name in used:
            outer.add(name)
    for inner in _inlined(scope):
        _, more, beyond = describe_ours(inner, strings)
        local |= more
        outer |= beyond - {name for name in beyond if scope.owner(name) is scope}
    if scope.kind is ScopeKind.MODULE:
        local.update(outer, *(inner.globals for inner in scope.walk()))
        outer.clear()
    return _TYPES[scope.kind], frozenset(local), frozenset(outer)


def _inlined(scope: Scope) -> Iterator[Scope]:
    """Yield the comprehensions that Python 3.12 and later compile into the scope around them."""
    if sys.version_info < (3, 12) or scope.kind is ScopeKind.CLASS:
        return
    for inner in scope.children:
        if isinstance(inner.node, ast.ListComp | ast.SetComp | ast.DictComp):
            yield inner


def describe_symtable(table: symtable.SymbolTable) -> Described:
    """Return a symbol table in the terms of `describe_ours`."""
    local: set[str] = set()
    outer: set[str] = set()
    kind = str(table.get_type()).rpartition(".")[2].lower()
    for symbol in table.get_symbols():
        name = symbol.get_name()
        if name.startswith(".") or name in ("__class__", "__conditional_annotations__"):
            continue
        if kind == "module" or symbol.is_local():
            local.add(name)
        elif symbol.is_global():
            outer.add(name)
    return kind, frozenset(local), frozenset(outer)


def flatten_symtable(table: symtable.SymbolTable) -> Counter[Described]:
    """Return the descriptions of a table and all tables inside it."""
    found = Counter([describe_symtable(table)])
    for child in table.get_children():
        found += flatten_symtable(child)
    return found


def differences(text: str) -> list[str]:
    """Return what the two say differently, innermost scopes included."""
    theirs = flatten_symtable(symtable.symtable(text, "m.py", "exec"))
    module = module_of(text)
    strings = frozenset(node for parsed in module.bound.annotations.values() for node in ast.walk(parsed))
    scopes = list(module.scope.walk())
    if any(scope.kind is ScopeKind.TYPE_PARAMETERS for scope in scopes):
        return []  # symtable's tables for these differ from version to version
    inlined = {inner for scope in scopes for inner in _inlined(scope)}
    ours = Counter(describe_ours(scope, strings) for scope in scopes if scope not in inlined)
    return [f"only symtable: {item}" for item in theirs - ours] + [f"only wfc: {item}" for item in ours - theirs]


def sample_files() -> list[Path]:
    """Return the sample, the files with the strangest grammar first."""
    rest = sorted(STDLIB.glob("*.py"))[::3] + sorted(STDLIB.glob("asyncio/*.py"))
    return [STDLIB / name for name in _FIRST if (STDLIB / name).exists()] + rest


def test_scopes_agree_with_symtable_over_the_standard_library() -> None:
    """Every scope of the sample binds and borrows the same names as CPython says."""
    seen = 0
    for path in sample_files():
        text = path.read_text("utf-8", "surrogateescape")
        # symtable hides postponed annotations in a table of their own; wfc counts their names.
        if "from __future__ import annotations" in text:
            continue
        assert differences(text) == [], path
        seen += 1
    assert seen > _LEAST_FILES, f"only {seen} files were compared"
