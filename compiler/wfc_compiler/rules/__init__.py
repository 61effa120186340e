"""The rules: what is wrong with a program that can be read."""

from .base import Context, Rule, split_example
from .coverage import coverage
from .explanation import Explanation, explanation_of
from .run import RULES, context_of, facts_of_roots, run_rules
from .suppression import ABOUT_SUPPRESSIONS, FOUND_BY_SLICING, Suppressions, suppress

__all__ = [
    "ABOUT_SUPPRESSIONS",
    "FOUND_BY_SLICING",
    "RULES",
    "Context",
    "Explanation",
    "Rule",
    "Suppressions",
    "context_of",
    "coverage",
    "explanation_of",
    "facts_of_roots",
    "run_rules",
    "split_example",
    "suppress",
]
