"""Awaiting, waiting and hooks: the rules of the 3xx codes.

In: the functions that workflows reach. Out: findings about calls that nothing runs, and about durable calls that stand
where they can't work.
"""

from ..base import Rule
from .misplaced import MISPLACED_RULES
from .unawaited import NeverAwaited

WAITING_RULES: tuple[type[Rule], ...] = (NeverAwaited, *MISPLACED_RULES)

__all__ = ["WAITING_RULES"]
