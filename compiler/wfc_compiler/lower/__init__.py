"""Rewrite the code of a route: flows get guards and deterministic names, all get relative imports."""

from .listing import Change, list_changes
from .module import Lowered, ModuleLowering
from .resolve import Resolver
from .surroundings import Surroundings

__all__ = ["Change", "Lowered", "ModuleLowering", "Resolver", "Surroundings", "list_changes"]
