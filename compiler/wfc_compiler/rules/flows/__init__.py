"""Where values come from and where they go: uncertain ones that reach durable calls, branches, tokens, results."""

from ..base import Rule
from .flows import Flows, Meeting
from .identity import ObjectIdentity
from .order import SetOrder
from .weighing import WEIGHING_RULES, weigh

FLOW_RULES: tuple[type[Rule], ...] = (SetOrder, ObjectIdentity, *WEIGHING_RULES)

__all__ = ["FLOW_RULES", "Flows", "Meeting", "weigh"]
