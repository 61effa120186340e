"""Values that cross a durable boundary: what steps, workflows and hooks take and give (4xx).

recordable   what the event log can hold           registered    classes that the project registers itself
annotations  what it can't hold (401, 402)    boundaries    where values cross
serializable `@serializable` classes (421)
"""

from __future__ import annotations

from ..base import Rule
from .annotations import ANNOTATION_RULES
from .literals import WrongLiteral
from .lost_class import LostClass
from .parameters import PARAMETER_RULES
from .sent import UnrecordableArgument
from .serializable import SerializableClass
from .signatures import CallSignature
from .unknown_class import UnknownClass

VALUE_RULES: tuple[type[Rule], ...] = (
    CallSignature,
    UnrecordableArgument,
    *ANNOTATION_RULES,
    LostClass,
    WrongLiteral,
    *PARAMETER_RULES,
    SerializableClass,
    UnknownClass,
)
