"""Values that cross a durable boundary: what steps, workflows and hooks take and give (4xx).

recordable      which types the event log can hold      registered      classes that the project registers itself
expected        what the runtime takes for a type       expressions     what an expression certainly gives
calling         the calls that record something         boundaries      the annotations where values cross
reachable       what a route may hold                   naive           datetimes without a zone

signatures      calls that don't fit (411)              wrong_literal   literals that don't fit (412)
annotations     what can't be recorded (401, 402)       sent            arguments that can't be (408)
unknown_class   nothing says how (416)                  serializable    or says it badly (421)
parameters      open, unresolvable (413, 418)           lost_class      models that arrive as dicts (404)
"""

from __future__ import annotations

from ..base import Rule
from .annotations import ANNOTATION_RULES
from .lost_class import LostClass
from .parameters import PARAMETER_RULES
from .sent import UnrecordableArgument
from .serializable import SerializableClass
from .signatures import CallSignature
from .unknown_class import UnknownClass
from .wrong_literal import WrongLiteral

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
