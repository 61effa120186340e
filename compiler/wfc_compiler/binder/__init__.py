"""Bind names: scopes within a file, imports and re-exports across files."""

from .analysis import BUILTINS
from .names import Definition, Names
from .values import Binding, BindingKind, BoundTree, Module, Scope, ScopeKind, StarImport

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
]
