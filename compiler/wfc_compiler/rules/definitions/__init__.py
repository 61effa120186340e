"""Rules about how steps and workflows are defined: what is stacked on them, and what becomes of their names (0xx)."""

from __future__ import annotations

from ..base import Rule
from .rebound import ReboundName
from .stacked import StackedDecorator

DEFINITION_RULES: tuple[type[Rule], ...] = (StackedDecorator, ReboundName)
