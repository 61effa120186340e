"""Arguments of steps are copies: what steps change in them, and who counts on it."""

from .changes import ChangedArguments
from .lost import COPY_RULES

__all__ = ["COPY_RULES", "ChangedArguments"]
