"""Rewrite the code of a route: flows get guards and deterministic names, all get relative imports."""

from .imports import Surroundings
from .listing import Change, list_changes
from .module import Lowered, ModuleLowering
from .resolve import resolver

__all__ = ["Change", "Lowered", "ModuleLowering", "Surroundings", "list_changes", "resolver"]
