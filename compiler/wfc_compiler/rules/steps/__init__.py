"""What the bodies of steps do: the rules of the 6xx codes.

In: the functions that steps reach. Out: findings about code that works, and not as a step should.
"""

from ..base import Rule
from .blocking import BlockingStep
from .failures import FAILURE_RULES
from .repeating import RepeatedEffect

STEP_RULES: tuple[type[Rule], ...] = (RepeatedEffect, BlockingStep, *FAILURE_RULES)

__all__ = ["STEP_RULES"]
