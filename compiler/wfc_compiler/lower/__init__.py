"""Rewrite the code of a route: flows get guards and deterministic names, all get relative imports."""

from .listing import Change, list_changes
from .module import Lowered, ModuleLowering
from .resolve import resolver
from .surroundings import Surroundings

__all__ = ["Change", "Lowered", "ModuleLowering", "Surroundings", "list_changes", "resolver"]
