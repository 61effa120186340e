"""The rules: what is wrong with a program that can be read."""

from .base import Context, Rule, split_example
from .run import RULES, run_rules
from .suppression import FOUND_BY_SLICING, suppress

__all__ = ["FOUND_BY_SLICING", "RULES", "Context", "Rule", "run_rules", "split_example", "suppress"]
