"""Bind names: scopes within a file, imports and re-exports across files."""

from .conditions import fold_test, is_main_block
from .exports import declared_exports, makes_names
from .names import Definition, Names, that_count
from .uses import BUILTINS
from .values import Binding, BindingKind, BoundTree, Module, Scope, ScopeKind, StarImport
from .watched import WatchedNames

__all__ = [
    "BUILTINS",
    "Binding",
    "BindingKind",
    "BoundTree",
    "Definition",
    "Module",
    "Names",
    "Scope",
    "ScopeKind",
    "StarImport",
    "WatchedNames",
    "declared_exports",
    "fold_test",
    "is_main_block",
    "makes_names",
    "that_count",
]
