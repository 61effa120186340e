"""State that outlives a run or is shared by routes: WFC110 to 112, 117 and 504.

In: what workflow code writes, keeps and shares, and what steps write. Out: findings where one run finds what another
has left behind, or doesn't find what it counts on.
"""

from ..base import Rule
from .caches import CacheAcrossRuns
from .memory import Memory
from .module_globals import SharedState
from .mutable_defaults import MutableDefault
from .other_routes import WriteForOthers
from .primitives import SharedPrimitive

STATE_RULES: tuple[type[Rule], ...] = (
    SharedState,
    CacheAcrossRuns,
    MutableDefault,
    SharedPrimitive,
    WriteForOthers,
)

__all__ = ["STATE_RULES", "Memory"]
