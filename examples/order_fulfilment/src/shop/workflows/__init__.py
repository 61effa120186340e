"""The shop's workflows; `[tool.wfc] entrypoints` names this module."""

from ..registry import wf
from .fulfilment import fulfil_order
from .reviews import ask_for_review

__all__ = ["ask_for_review", "fulfil_order", "wf"]
