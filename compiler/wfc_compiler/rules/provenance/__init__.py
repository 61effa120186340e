"""Where values come from and where they go: uncertain ones that reach durable calls, branches, tokens, results."""

from ..base import Rule
from .identity import ObjectIdentity
from .order import SetOrder
from .provenance import Meeting, Provenance
from .weighing import WEIGHING_RULES, weigh

PROVENANCE_RULES: tuple[type[Rule], ...] = (SetOrder, ObjectIdentity, *WEIGHING_RULES)

__all__ = ["PROVENANCE_RULES", "Meeting", "Provenance", "weigh"]
