"""Awaiting, waiting and hooks: the rules of the 3xx codes.

In: the functions that workflows reach. Out: findings about calls that nothing runs, and about durable calls that stand
where they can't work.
"""

from ..base import Rule
from .cancellation import CANCELLATION_RULES
from .endless import ENDLESS_RULES
from .foreign import NotOfTheRun
from .held import HeldAcrossWait
from .lazy import LazyCall
from .misplaced import MISPLACED_RULES
from .tasks import HookLeftAlone, TaskLeftBehind
from .unawaited import NeverAwaited
from .undurable import NotDurable

WAITING_RULES: tuple[type[Rule], ...] = (
    NotDurable,
    NeverAwaited,
    TaskLeftBehind,
    *CANCELLATION_RULES,
    *ENDLESS_RULES,
    LazyCall,
    *MISPLACED_RULES,
    HookLeftAlone,
    NotOfTheRun,
    HeldAcrossWait,
)

__all__ = ["WAITING_RULES"]
