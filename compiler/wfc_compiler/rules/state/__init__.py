"""State that outlives a run: WFC110 to 112 and 117.

In: what workflow code writes, keeps and shares. Out: findings where one run finds what another has left behind.
"""

from ..base import Rule
from .caches import CacheAcrossRuns
from .module_globals import SharedState
from .mutable_defaults import MutableDefault
from .primitives import SharedPrimitive

STATE_RULES: tuple[type[Rule], ...] = (SharedState, CacheAcrossRuns, MutableDefault, SharedPrimitive)

__all__ = ["STATE_RULES"]
