"""Rewrite the code of a route: flows get guards and deterministic names, all get relative imports."""

from .imports import Surroundings
from .module import Lowered, Parsed, lower_module, parse
from .references import Resolve
from .resolve import resolver

__all__ = ["Lowered", "Parsed", "Resolve", "Surroundings", "lower_module", "parse", "resolver"]
