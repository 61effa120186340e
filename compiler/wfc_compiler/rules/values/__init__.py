"""Values that cross a durable boundary: what steps, workflows and hooks take and give (4xx).

recordable   what the event log can hold           registered    classes that the project registers itself
annotations  what it can't hold (401, 402, 416)    boundaries    where values cross
serializable `@serializable` classes (421)
"""

from __future__ import annotations

from ..base import Rule
from .annotations import ANNOTATION_RULES
from .parameters import PARAMETER_RULES
from .serializable import SerializableClass

VALUE_RULES: tuple[type[Rule], ...] = (*ANNOTATION_RULES, *PARAMETER_RULES, SerializableClass)
