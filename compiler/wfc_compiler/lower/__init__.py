"""Rewrite the code of a route: flows get guards and deterministic names, all get relative imports."""

from .imports import Surroundings
from .module import Lowered, ModuleLowering
from .resolve import resolver

__all__ = ["Lowered", "ModuleLowering", "Surroundings", "resolver"]
